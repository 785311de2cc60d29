import {
  buildFabricGraph,
  closBisection,
  closShape,
  type DragonflyFabric,
  FlowNetwork,
  graphBisection,
  linkKinds,
  Router,
  ShortestPaths,
  torusBisection,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallClos, smallCluster, testCluster } from './clusters.js';

describe('fabric graph', () => {
  it('names every link once, and finds it by that name', () => {
    fc.assert(
      fc.property(smallCluster, (cluster) => {
        const graph = buildFabricGraph(cluster);
        const names = new Set<string>();
        for (let link = 0; link < graph.links; link++) {
          const name = graph.linkName(link);
          names.add(name);
          expect(graph.linksNamed(name)).toEqual([link]);
          expect(graph.capacity[link]).toBeGreaterThan(0);
          expect(graph.latency[link]).toBeGreaterThanOrEqual(0);
          expect(linkKinds).toContain(graph.linkKind(link));
        }
        expect(names.size).toBe(graph.links);
        expect(graph.linksNamed('node99.nic99')).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('gives each GPU two NICs, or two GPUs one, evenly', () => {
    for (const [gpus, nics] of [
      [4, 8],
      [8, 4],
      [8, 8],
    ] as const) {
      const cluster = testCluster(
        { kind: 'clos', tiers: 2, rails: 1, nicGbps: 400, oversubscription: 1, nicsPerNode: nics, routing: 'spray' },
        2,
        gpus,
      );
      const graph = buildFabricGraph(cluster);
      const router = new Router(graph);
      const used = new Map<string, number>();
      for (let local = 0; local < gpus; local++) {
        const route = router.route(local, gpus + local);
        if (route.kind !== 'route') throw new Error(route.kind);
        route.links.forEach((link, i) => {
          const name = graph.linkName(link);
          if (/^node0\.nic\d\.up$/.test(name)) used.set(name, (used.get(name) ?? 0) + (route.weights[i] ?? 0));
        });
      }
      expect(used.size).toBe(nics);
      for (const load of used.values()) expect(load).toBeCloseTo(gpus / nics, 12);
    }
  });

  it('takes PCIe traffic over switch, host bridge and socket as far as it must', () => {
    const cluster = testCluster(
      { kind: 'clos', tiers: 2, rails: 1, nicGbps: 100, oversubscription: 1, nicsPerNode: 2, routing: 'spray' },
      2,
      8,
      { kind: 'pcie', gpusPerPcieSwitch: 2, pcieBytesPerSecond: 25e9, interSocketBytesPerSecond: 20e9 },
    );
    const graph = buildFabricGraph(cluster);
    const router = new Router(graph);
    const names = (from: number, to: number): string[] => {
      const route = router.route(from, to);
      return route.kind === 'route' ? route.links.map((link) => graph.linkName(link)) : [];
    };
    expect(names(0, 1)).toEqual(['node0.gpu0.up', 'node0.gpu1.down']);
    expect(names(0, 2)).toEqual(['node0.gpu0.up', 'node0.pcie0.up', 'node0.pcie1.down', 'node0.gpu2.down']);
    expect(names(0, 4)).toContain('node0.sockets.down');
    expect(names(4, 0)).toContain('node0.sockets.up');
    expect(names(0, 8).slice(0, 3)).toEqual(['node0.gpu0.up', 'node0.nic0.pcie.up', 'node0.nic0.up']);
    expect(names(6, 8 + 6).slice(0, 3)).toEqual(['node0.gpu6.up', 'node0.pcie3.up', 'node0.pcie2.down']);
  });

  it('reads any cables: switches, several NICs, parallel cables, node to node', () => {
    const cluster = testCluster(
      {
        kind: 'graph',
        nicGbps: 200,
        switches: ['left', 'right'],
        cables: [
          { from: 'left', to: 'node0', gbps: 400 },
          { from: 'node1.nic0', to: 'right', gbps: 100 },
          { from: 'left', to: 'right', gbps: 400 },
          { from: 'left', to: 'right', gbps: 400 },
          { from: 'node0', to: 'node1.nic1', gbps: 200 },
        ],
        routing: 'spray',
      },
      2,
      2,
    );
    const graph = buildFabricGraph(cluster);
    expect(graph.nics).toBe(4);
    expect(graph.linksNamed('left.right')).toHaveLength(2);
    expect(graph.linksNamed('left.right.1')).toHaveLength(2);
    expect(graph.capacity[graph.linksNamed('node0.nic0.up')[0] ?? 0]).toBe(25e9);
    expect(graph.capacity[graph.linksNamed('node1.nic0.up')[0] ?? 0]).toBe(12.5e9);
    const router = new Router(graph);
    const across = router.route(0, 2);
    if (across.kind !== 'route') throw new Error(across.kind);
    expect(Object.fromEntries(across.links.map((link, i) => [graph.linkName(link), across.weights[i]]))).toEqual({
      'node0.gpu0.pcie.up': 1,
      'node0.nic0.up': 1,
      'left.right.up': 0.5,
      'left.right.1.up': 0.5,
      'node1.nic0.down': 1,
      'node1.gpu0.pcie.down': 1,
    });
    const direct = router.route(1, 3);
    if (direct.kind !== 'route') throw new Error(direct.kind);
    expect(direct.links.map((link) => graph.linkName(link))).toEqual([
      'node0.gpu1.pcie.up',
      'node0.nic1.node1.nic1.up',
      'node1.gpu1.pcie.down',
    ]);
  });
});

describe('dragonfly', () => {
  const dragonfly: fc.Arbitrary<DragonflyFabric> = fc
    .record({
      groups: fc.integer({ min: 2, max: 9 }),
      routersPerGroup: fc.integer({ min: 2, max: 4 }),
      hostsPerRouter: fc.integer({ min: 1, max: 2 }),
      globalLinksPerRouter: fc.integer({ min: 2, max: 4 }),
    })
    .filter((f) => f.routersPerGroup * f.globalLinksPerRouter >= f.groups - 1)
    .map((f) => ({ kind: 'dragonfly', nicGbps: 200, routing: 'spray', ...f }));
  const size = (f: DragonflyFabric): number => f.groups * f.routersPerGroup * f.hostsPerRouter;

  it('goes at most local, global, local when minimal, and over at most two global links with Valiant', () => {
    fc.assert(
      fc.property(dragonfly, fc.nat(), fc.nat(), fc.nat(99), (fabric, a, b, seed) => {
        const graph = buildFabricGraph(testCluster(fabric, size(fabric), 1));
        const [from, to] = [a % graph.gpus, b % graph.gpus];
        if (from === to) return;
        for (const routing of ['spray', 'ecmp', 'static-rail', 'adaptive', 'valiant'] as const) {
          const route = new Router(graph, { routing, seed }).route(from, to);
          if (route.kind !== 'route') throw new Error(route.kind);
          const tiers = route.links.map((link) => graph.tier[link] ?? 0);
          const share = (tier: number): number =>
            route.links.reduce((sum, _, i) => sum + (tiers[i] === tier ? (route.weights[i] ?? 0) : 0), 0);
          expect(share(2)).toBeLessThanOrEqual((routing === 'valiant' ? 3 : 2) + 1e-9);
          expect(share(3)).toBeLessThanOrEqual((routing === 'valiant' ? 2 : 1) + 1e-9);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('joins every two groups with about equally many global cables', () => {
    fc.assert(
      fc.property(dragonfly, (fabric) => {
        const graph = buildFabricGraph(testCluster(fabric, size(fabric), 1));
        const counts: number[] = [];
        for (let i = 0; i < fabric.groups; i++) {
          for (let j = 0; j < fabric.groups; j++) {
            if (i !== j) counts.push(graph.dragonfly?.global[i * fabric.groups + j]?.length ?? 0);
          }
        }
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('takes the detour when the minimal way is full and the detour is not (adaptive)', () => {
    const fabric: DragonflyFabric = {
      kind: 'dragonfly',
      groups: 5,
      routersPerGroup: 4,
      hostsPerRouter: 1,
      globalLinksPerRouter: 1,
      nicGbps: 200,
      routing: 'adaptive',
    };
    const graph = buildFabricGraph(testCluster(fabric, 20, 1));
    const full = new Set(graph.dragonfly?.global[1]?.map(({ link }) => link));
    const load = (link: number): number => (full.has(link) ? 20e9 : 1e9);
    const idle = new Router(graph).route(0, 4);
    const busy = new Router(graph, { load }).route(0, 4);
    const globals = (route: typeof idle): number =>
      route.kind === 'route' ? route.links.filter((link) => graph.tier[link] === 3).length : -1;
    expect(globals(idle)).toBe(1);
    expect(globals(busy)).toBe(2);
  });
});

describe('torus', () => {
  const torus = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 3 });

  it('goes dimension by dimension, each the shorter way round, so that its ways are shortest', () => {
    fc.assert(
      fc.property(torus, fc.nat(), fc.nat(), (dims, a, b) => {
        const chips = dims.reduce((x, y) => x * y, 1);
        const graph = buildFabricGraph(
          testCluster({ kind: 'torus', dims, linkGbps: 800, routing: 'dimension-order' }, chips, 1),
        );
        const [from, to] = [a % chips, b % chips];
        const route = new Router(graph).route(from, to);
        if (route.kind !== 'route') throw new Error(route.kind);
        expect(route.links.length).toBe(new ShortestPaths(graph).count(from, to)?.hops);
        const axes = route.links.map((link) => 'xyz'.indexOf(graph.linkName(link).split('.')[1] ?? ''));
        expect(axes).toEqual([...axes].sort());
      }),
    );
  });

  it('goes round the positive way when both are equally long', () => {
    const graph = buildFabricGraph(
      testCluster({ kind: 'torus', dims: [4, 4], linkGbps: 800, routing: 'dimension-order' }, 16, 1),
    );
    const route = new Router(graph).route(0, 2);
    expect(route.kind === 'route' && route.links.map((link) => graph.linkName(link))).toEqual([
      'chip0.x.up',
      'chip1.x.up',
    ]);
    const back = new Router(graph).route(0, 12);
    expect(back.kind === 'route' && back.links.map((link) => graph.linkName(link))).toEqual(['chip12.y.down']);
  });

  it('goes round a broken link', () => {
    const graph = buildFabricGraph(
      testCluster({ kind: 'torus', dims: [4, 4], linkGbps: 800, routing: 'dimension-order' }, 16, 1),
    );
    const down = new Set(graph.linksNamed('chip0.x'));
    const route = new Router(graph, { down }).route(0, 1);
    expect(route.kind === 'route' && route.links.length).toBe(3);
  });

  it('has the bisection that a maximum flow finds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }),
        fc.constantFrom(4, 6),
        (front, last) => {
          const dims = [...front, last];
          const chips = dims.reduce((x, y) => x * y, 1);
          const fabric = { kind: 'torus' as const, dims, linkGbps: 8, routing: 'dimension-order' as const };
          const graph = buildFabricGraph(testCluster(fabric, chips, 1));
          const network = new FlowNetwork(chips + 2);
          for (let link = 0; link < graph.links; link++) {
            network.edge(graph.from[link] ?? 0, graph.to[link] ?? 0, graph.capacity[link] ?? 0);
          }
          for (let chip = 0; chip < chips; chip++) {
            if (chip < chips / 2) network.edge(chips, chip, Number.POSITIVE_INFINITY);
            else network.edge(chip, chips + 1, Number.POSITIVE_INFINITY);
          }
          expect(network.maximum(chips, chips + 1) / torusBisection(fabric)).toBeCloseTo(1, 9);
        },
      ),
    );
  });
});

describe('bisection of a Clos', () => {
  it('by arithmetic is the maximum flow over its graph', () => {
    fc.assert(
      fc.property(smallClos, fc.nat(), (cluster, cut) => {
        const below = cut % (cluster.nodes + 1);
        const byFormula = closBisection(closShape(cluster), below);
        const byFlow = graphBisection(buildFabricGraph(cluster), below);
        expect(byFlow).toBeGreaterThanOrEqual(byFormula * (1 - 1e-9));
        expect(byFlow).toBeLessThanOrEqual(byFormula * (1 + 1e-9));
      }),
      { numRuns: 200 },
    );
  });

  it('is full without oversubscription and a quarter at 4:1', () => {
    const cluster = (oversubscription: number) =>
      testCluster({ kind: 'clos', tiers: 2, rails: 8, nicGbps: 400, oversubscription, routing: 'spray' }, 64, 8);
    expect(closBisection(closShape(cluster(1)))).toBe(32 * 8 * 50e9);
    expect(closBisection(closShape(cluster(4)))).toBe(8 * 8 * 50e9);
  });
});
