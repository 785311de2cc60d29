import {
  buildFabricGraph,
  type Cluster,
  closShape,
  clusterProblems,
  defaultPlacement,
  type GraphFabric,
  listedPlacement,
  nodeListPlacement,
  Router,
  topologySummary,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallClos, smallCluster, testCluster } from './clusters.js';

describe('topology summary', () => {
  it('counts the switches and cables that the graph of the Clos has', () => {
    fc.assert(
      fc.property(smallClos, (cluster) => {
        const graph = buildFabricGraph(cluster);
        const summary = topologySummary(cluster);
        const switches = Array.from({ length: graph.vertices }, (_, v) => graph.kindOfVertex(v)).filter(
          (k) => k === 'switch',
        );
        expect(summary.tiers.reduce((sum, tier) => sum + tier.count, 0)).toBe(switches.length);
        const cables = Array.from({ length: graph.links / 2 }, (_, c) => graph.linkKind(2 * c));
        expect(summary.cables.reduce((sum, tier) => sum + tier.cables, 0)).toBe(
          cables.filter((kind) => kind === 'nic' || kind === 'fabric').length,
        );
        const total = summary.cables.reduce((sum, tier) => sum + tier.totalBytesPerSecond, 0);
        let capacity = 0;
        for (let link = 0; link < graph.links; link += 2) {
          if (graph.linkKind(link) === 'nic' || graph.linkKind(link) === 'fabric')
            capacity += graph.capacity[link] ?? 0;
        }
        expect(total / capacity).toBeCloseTo(1, 9);
      }),
      { numRuns: 60 },
    );
  });

  it('states the longest way: no route between two GPUs has a longer latency, and one has it', () => {
    fc.assert(
      fc.property(smallClos, (cluster) => {
        const graph = buildFabricGraph(cluster);
        const shape = closShape(cluster);
        const summary = topologySummary(cluster);
        const router = new Router(graph, { pxn: false });
        let most = 0;
        for (let from = 0; from < graph.gpus; from += shape.gpusPerNode) {
          for (let to = 0; to < graph.gpus; to++) {
            const route = router.route(from, to);
            if (route.kind === 'route' && route.links.some((link) => graph.linkKind(link) === 'nic')) {
              most = Math.max(most, route.latencySeconds);
            }
          }
        }
        expect(most).toBeLessThanOrEqual(summary.diameter.latencySeconds * (1 + 1e-9));
        const apart = cluster.nodes > 1 && cluster.device.scaleUp.domain === 1;
        if (apart && shape.nicsPerNode <= shape.gpusPerNode) {
          expect(most).toBeCloseTo(summary.diameter.latencySeconds, 15);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is there for every fabric', () => {
    fc.assert(
      fc.property(smallCluster, (cluster) => {
        const summary = topologySummary(cluster, defaultPlacement(cluster.gpusPerNode, cluster.gpusPerNode));
        expect(summary.gpus).toBe(cluster.nodes * cluster.gpusPerNode);
        expect(summary.job?.nodes).toBe(1);
        if (cluster.nodes > 1) expect(summary.bisectionBytesPerSecond).toBeGreaterThan(0);
        expect(summary.bisectionShare).toBeLessThanOrEqual(cluster.fabric.kind === 'torus' ? 4 : 1 + 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  it('of 131,072 nodes takes no graph', () => {
    const cluster = testCluster(
      {
        kind: 'clos',
        tiers: 3,
        rails: 8,
        nicGbps: 400,
        oversubscription: 1,
        spineOversubscription: 7,
        routing: 'spray',
      },
      131_072,
      8,
    );
    const summary = topologySummary(cluster, defaultPlacement(8, 1_048_576));
    expect(summary.tiers[0]?.count).toBe(32_768);
    expect(summary.diameter.switches).toBe(5);
    expect(summary.bisectionShare).toBeCloseTo(1 / 7, 9);
    expect(summary.job?.leaves).toBe(32_768);
    expect(summary.paths.map((path) => path.paths)).toEqual([1, 32, 32 * 5]);
  });

  it('says what a job occupies', () => {
    const cluster = testCluster(
      { kind: 'clos', tiers: 2, rails: 8, nicGbps: 400, oversubscription: 1, nodesPerLeaf: 4, routing: 'spray' },
      16,
      8,
    );
    const packed = topologySummary(cluster, defaultPlacement(8, 32)).job;
    expect(packed).toMatchObject({
      gpus: 32,
      nodes: 4,
      partialNodes: 0,
      leaves: 8,
      fewestLeaves: 8,
      shareOfGpus: 0.25,
    });
    const spread = topologySummary(cluster, nodeListPlacement(8, [0, 4, 8, 12], 30)).job;
    expect(spread).toMatchObject({ gpus: 30, nodes: 4, partialNodes: 1, leaves: 32, fewestLeaves: 8 });
  });
});

describe('placement', () => {
  it('puts rank r on node r / G by default, and anywhere by a list', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 16 }), fc.uniqueArray(fc.nat(999), { minLength: 1 }), (g, gpus) => {
        const listed = listedPlacement(g, gpus);
        gpus.forEach((gpu, rank) => {
          expect(listed.gpuOf(rank)).toBe(gpu);
          expect(listed.nodeOf(rank) * g + listed.localOf(rank)).toBe(gpu);
        });
        const own = defaultPlacement(g, gpus.length);
        const same = listedPlacement(
          g,
          gpus.map((_, rank) => rank),
        );
        for (let rank = 0; rank < gpus.length; rank++) {
          expect([own.gpuOf(rank), own.nodeOf(rank), own.localOf(rank)]).toEqual([
            same.gpuOf(rank),
            same.nodeOf(rank),
            same.localOf(rank),
          ]);
        }
      }),
    );
    expect(() => listedPlacement(8, [1, 1])).toThrow('listed twice');
    expect(() => nodeListPlacement(8, [3], 9)).toThrow('9 ranks on 1 nodes');
  });
});

describe('cluster problems', () => {
  const good = testCluster(
    { kind: 'clos', tiers: 2, rails: 8, nicGbps: 400, oversubscription: 1, routing: 'spray' },
    4,
    8,
  );
  const paths = (cluster: Cluster): string[] => clusterProblems(cluster).map((problem) => problem.path);
  const graph = (fabric: Partial<GraphFabric>): Cluster =>
    testCluster(
      {
        kind: 'graph',
        nicGbps: 400,
        switches: ['s', 't'],
        cables: [
          { from: 'node0', to: 's', gbps: 400 },
          { from: 'node1', to: 't', gbps: 400 },
          { from: 's', to: 't', gbps: 400 },
        ],
        routing: 'spray',
        ...fabric,
      },
      2,
      1,
    );

  it('are none for clusters that can be built', () => {
    fc.assert(
      fc.property(smallCluster, (cluster) => {
        expect(clusterProblems(cluster)).toEqual([]);
      }),
    );
    expect(paths(graph({}))).toEqual([]);
  });

  it('name every field that is wrong, in one pass', () => {
    const bad: Cluster = {
      ...good,
      device: { ...good.device, scaleUp: { bandwidthBytesPerSecond: 0, latencySeconds: -1, domain: 8 } },
      deviceRanges: [{ first: 3, count: 2, device: good.device }],
      fabric: {
        kind: 'clos',
        tiers: 2,
        rails: 3,
        nicGbps: Number.NaN,
        oversubscription: 0,
        nicsPerNode: 5,
        nodesPerLeaf: 0.5,
        routing: 'spray',
      },
    };
    expect(paths(bad)).toEqual([
      'device.scaleUp.bandwidthBytesPerSecond',
      'device.scaleUp.latencySeconds',
      'deviceRanges.0',
      'fabric.nicGbps',
      'fabric.oversubscription',
      'fabric.nodesPerLeaf',
      'fabric.rails',
      'fabric.nicsPerNode',
    ]);
    expect(paths({ ...good, nodes: -1, gpusPerNode: 0 })).toEqual(['nodes', 'gpusPerNode']);
    expect(paths({ ...good, nodes: Number.POSITIVE_INFINITY })).toEqual(['nodes']);
  });

  it('of a torus and a dragonfly', () => {
    expect(paths(testCluster({ kind: 'torus', dims: [4, 4], linkGbps: 0, routing: 'dimension-order' }, 4, 8))).toEqual([
      'fabric.linkGbps',
      'fabric.dims',
    ]);
    const dragonfly = {
      kind: 'dragonfly',
      groups: 9,
      routersPerGroup: 2,
      hostsPerRouter: 1,
      globalLinksPerRouter: 2,
      nicGbps: 1,
    } as const;
    expect(paths(testCluster({ ...dragonfly, routing: 'spray' }, 19, 1))).toEqual([
      'fabric.globalLinksPerRouter',
      'nodes',
    ]);
  });

  it('say that a way is missing exactly when some two GPUs have none', () => {
    const end = fc.constantFrom('s', 't', 'u', 'node0', 'node1', 'node2');
    const cable = fc.record({ from: end, to: end, gbps: fc.constant(100) }).filter(({ from, to }) => from !== to);
    fc.assert(
      fc.property(fc.array(cable, { maxLength: 8 }), (cables) => {
        const fabric: GraphFabric = {
          kind: 'graph',
          nicGbps: 100,
          switches: ['s', 't', 'u'],
          cables,
          routing: 'spray',
        };
        const cluster = testCluster(fabric, 3, 1);
        const said = clusterProblems(cluster).some(({ message }) => /no way leads|has no cable/.test(message));
        const router = new Router(buildFabricGraph(cluster));
        const apart = [0, 1, 2].some((from) => [0, 1, 2].some((to) => router.route(from, to).kind === 'disconnected'));
        expect(said).toBe(apart);
      }),
      { numRuns: 500 },
    );
  });

  it('of a graph: unknown ends, loops, no capacity, nodes that no way reaches', () => {
    const [a, b] = [
      { from: 'node0', to: 's', gbps: 400 },
      { from: 'node1', to: 't', gbps: 400 },
    ];
    expect(clusterProblems(graph({ cables: [a, b] })).map((p) => p.message)).toEqual([
      'no way leads from node0 to node1',
    ]);
    expect(clusterProblems(graph({ cables: [a] })).map((p) => p.message)).toEqual(['node1 has no cable']);
    expect(paths(graph({ cables: [a, b, { from: 's', to: 's', gbps: 0 }, { from: 's', to: 'x', gbps: 1 }] }))).toEqual([
      'fabric.cables.2.gbps',
      'fabric.cables.2',
      'fabric.cables.3.to',
    ]);
    expect(paths(graph({ cables: [a, { from: 'node7', to: 's', gbps: 1 }] }))).toEqual(['fabric.cables.1.from']);
    expect(paths(graph({ switches: ['s', 't', 's', 'node3'] }))).toEqual(['fabric.switches.2', 'fabric.switches.3']);
    const route = new Router(buildFabricGraph(graph({ cables: [a, b] }))).route(0, 1);
    expect(route).toEqual({ kind: 'disconnected', from: 'node0.gpu0', to: 'node1.gpu0' });
  });
});
