import {
  aggregateCapacity,
  aggregatesBetween,
  buildFabricGraph,
  closShape,
  type FabricGraph,
  FlowNetwork,
  leafDown,
  leafOf,
  leafUp,
  nicOfGpu,
  podDown,
  podOf,
  podUp,
  Router,
  type RouterOptions,
  scaleUpDomainGpus,
  scaleUpDomainOf,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallClos, smallCluster, testCluster } from './clusters.js';

const routings: RouterOptions['routing'][] = [undefined, 'spray', 'ecmp', 'static-rail', 'adaptive'];

/** Net outflow of a route at each vertex. */
function divergence(graph: FabricGraph, links: readonly number[], weights: readonly number[]): Map<number, number> {
  const net = new Map<number, number>();
  links.forEach((link, i) => {
    const [from = 0, to = 0] = [graph.from[link], graph.to[link]];
    net.set(from, (net.get(from) ?? 0) + (weights[i] ?? 0));
    net.set(to, (net.get(to) ?? 0) - (weights[i] ?? 0));
  });
  return net;
}

describe('routes', () => {
  it('join every pair on every fabric, conserving the traffic at every vertex', () => {
    fc.assert(
      fc.property(
        smallCluster,
        fc.nat(),
        fc.nat(),
        fc.nat(3),
        fc.constantFrom(...routings),
        (cluster, a, b, qp, routing) => {
          const graph = buildFabricGraph(cluster);
          const [from, to] = [a % graph.gpus, b % graph.gpus];
          const route = new Router(graph, routing ? { routing } : {}).route(from, to, qp);
          expect(route.kind).toBe('route');
          if (route.kind !== 'route' || from === to) return;
          for (const [vertex, net] of divergence(graph, route.links, route.weights)) {
            expect(net).toBeCloseTo(vertex === from ? 1 : vertex === to ? -1 : 0, 9);
          }
          expect(new Set(route.links).size).toBe(route.links.length);
          expect(route.latencySeconds).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('follow one way, link by link, unless they are sprayed', () => {
    fc.assert(
      fc.property(
        smallCluster,
        fc.nat(),
        fc.nat(),
        fc.constantFrom('ecmp' as const, 'adaptive' as const),
        (cluster, a, b, routing) => {
          const graph = buildFabricGraph(cluster);
          const [from, to] = [a % graph.gpus, b % graph.gpus];
          const route = new Router(graph, { routing }).route(from, to);
          if (route.kind !== 'route') throw new Error(route.kind);
          let at = from;
          for (const link of route.links) {
            expect(graph.from[link]).toBe(at);
            at = graph.to[link] ?? -1;
          }
          expect(at).toBe(to);
          expect(route.weights.every((weight) => weight === 1)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('agree with the arithmetic of the Clos: the same aggregate links, capacities and latency', () => {
    fc.assert(
      fc.property(smallClos, fc.nat(), fc.nat(), (cluster, a, b) => {
        const graph = buildFabricGraph(cluster);
        const shape = closShape(cluster);
        const [from, to] = [a % graph.gpus, b % graph.gpus];
        if (scaleUpDomainOf(cluster, from) === scaleUpDomainOf(cluster, to)) return;
        const route = new Router(graph, { pxn: true }).route(from, to);
        if (route.kind !== 'route') throw new Error(route.kind);
        // Sum of the weights on the cables of each aggregate link.
        const sums = new Map<number, number>();
        route.links.forEach((link, i) => {
          const match = /^rail(\d+)\.(?:leaf(\d+)|pod(\d+)\.spine\d+)\.\w+\.(up|down)$/.exec(graph.linkName(link));
          if (!match) return;
          const rail = Number(match[1]);
          const up = match[4] === 'up';
          const id = match[2]
            ? (up ? leafUp : leafDown)(shape, rail * shape.leavesPerRail + Number(match[2]))
            : (up ? podUp : podDown)(shape, rail * shape.podsPerRail + Number(match[3]));
          sums.set(id, (sums.get(id) ?? 0) + (route.weights[i] ?? 0));
        });
        // With PXN the traffic of each arriving NIC leaves on that NIC's rail.
        const perGpu = Math.max(1, shape.nicsPerNode / shape.gpusPerNode);
        const node = (gpu: number): number => Math.floor(gpu / shape.gpusPerNode);
        const expected = new Map<number, number>();
        for (let i = 0; i < perGpu; i++) {
          const nic = nicOfGpu(shape, to % shape.gpusPerNode) + i;
          const crossed = aggregatesBetween(shape, leafOf(shape, node(from), nic), leafOf(shape, node(to), nic));
          for (const id of crossed ?? []) expected.set(id, (expected.get(id) ?? 0) + 1 / perGpu);
        }
        expect([...sums.keys()].sort()).toEqual([...expected.keys()].sort());
        for (const [id, sum] of sums) expect(sum).toBeCloseTo(expected.get(id) ?? 0, 9);
      }),
      { numRuns: 300 },
    );
  });

  it('sum the cables of each aggregate to its capacity', () => {
    fc.assert(
      fc.property(smallClos, (cluster) => {
        const graph = buildFabricGraph(cluster);
        const shape = closShape(cluster);
        const sums = new Map<number, number>();
        for (let link = 0; link < graph.links; link++) {
          const match = /^rail(\d+)\.(?:leaf(\d+)|pod(\d+)\.spine\d+)\.(?:spine|core)\d+\.up$/.exec(
            graph.linkName(link),
          );
          if (!match) continue;
          const rail = Number(match[1]);
          const id = match[2]
            ? leafUp(shape, rail * shape.leavesPerRail + Number(match[2]))
            : podUp(shape, rail * shape.podsPerRail + Number(match[3]));
          sums.set(id, (sums.get(id) ?? 0) + (graph.capacity[link] ?? 0));
        }
        expect(sums.size).toBe(shape.leaves + (shape.tiers === 3 ? shape.pods : 0));
        for (const [id, sum] of sums) expect(sum / aggregateCapacity(shape, id)).toBeCloseTo(1, 9);
        for (let leaf = 0; leaf < shape.leaves; leaf++) expect(podOf(shape, leaf)).toBeLessThan(shape.pods);
      }),
    );
  });

  it('do not change their form when nodes of one leaf are swapped', () => {
    fc.assert(
      fc.property(smallClos, fc.nat(), fc.nat(), (cluster, a, b) => {
        const graph = buildFabricGraph(cluster);
        const shape = closShape(cluster);
        const router = new Router(graph);
        const [from, to] = [a % graph.gpus, b % graph.gpus];
        const g = cluster.gpusPerNode;
        const leaf = Math.floor(from / g / shape.nodesPerLeaf);
        const [x, y] = [leaf * shape.nodesPerLeaf, Math.min((leaf + 1) * shape.nodesPerLeaf, shape.nodes) - 1];
        const swap = (gpu: number): number => {
          const node = Math.floor(gpu / g);
          return (node === x ? y : node === y ? x : node) * g + (gpu % g);
        };
        if (scaleUpDomainOf(cluster, x * g) !== scaleUpDomainOf(cluster, y * g)) return;
        const [one, two] = [router.route(from, to), router.route(swap(from), swap(to))];
        if (one.kind !== 'route' || two.kind !== 'route') throw new Error('no route');
        expect(two.hops).toBeCloseTo(one.hops, 12);
        expect(two.latencySeconds).toBeCloseTo(one.latencySeconds, 15);
        expect([...two.weights].sort()).toEqual([...one.weights].sort());
      }),
    );
  });

  it('keep traffic of one rail on its leaf and change the rail inside the node first', () => {
    const cluster = testCluster(
      { kind: 'clos', tiers: 2, rails: 8, nicGbps: 400, oversubscription: 1, routing: 'spray' },
      64,
      8,
    );
    const graph = buildFabricGraph(cluster);
    const names = (options: RouterOptions, from: number, to: number): string[] => {
      const route = new Router(graph, options).route(from, to);
      return route.kind === 'route' ? route.links.map((link) => graph.linkName(link)) : [route.kind];
    };
    expect(names({}, 3, 8 + 3)).toEqual([
      'node0.gpu3.pcie.up',
      'node0.nic3.up',
      'node1.nic3.down',
      'node1.gpu3.pcie.down',
    ]);
    expect(names({}, 3, 8 + 5)).toEqual([
      'node0.gpu3.up',
      'node0.gpu5.down',
      'node0.gpu5.pcie.up',
      'node0.nic5.up',
      'node1.nic5.down',
      'node1.gpu5.pcie.down',
    ]);
    expect(names({ pxn: false }, 3, 8 + 5)).toHaveLength(4 + 2 * 32);
    expect(names({}, 3, 5)).toEqual(['node0.gpu3.up', 'node0.gpu5.down']);
  });

  it('of a rail-only fabric need the scale-up domain to change the rail', () => {
    const cluster = testCluster(
      { kind: 'clos', tiers: 2, rails: 8, nicGbps: 400, oversubscription: 1, routing: 'spray', railOnly: true },
      64,
      8,
    );
    const graph = buildFabricGraph(cluster);
    expect(new Router(graph).route(0, 40 * 8 + 1).kind).toBe('route');
    expect(new Router(graph, { pxn: false }).route(0, 40 * 8 + 1)).toEqual({
      kind: 'disconnected',
      from: 'node0.gpu0',
      to: 'node40.gpu1',
    });
  });

  it('cross an NVL72 rack without the network', () => {
    const cluster = testCluster(
      { kind: 'clos', tiers: 2, rails: 4, nicGbps: 400, oversubscription: 1, routing: 'spray' },
      36,
      4,
      { kind: 'nvswitch' },
      72,
    );
    const graph = buildFabricGraph(cluster);
    const router = new Router(graph);
    const inside = router.route(0, 71);
    expect(inside.kind === 'route' && inside.links.map((link) => graph.linkName(link))).toEqual([
      'node0.gpu0.up',
      'node17.gpu3.down',
    ]);
    const outside = router.route(0, 72);
    expect(outside.kind === 'route' && outside.links.map((link) => graph.linkName(link))).toContain('node18.nic0.down');
  });
});

describe('links that are down', () => {
  it('are on no route, and a route is missing only where no way is left', () => {
    fc.assert(
      fc.property(smallClos, fc.nat(), fc.nat(), fc.array(fc.nat(), { maxLength: 30 }), (cluster, a, b, broken) => {
        const graph = buildFabricGraph(cluster);
        const [from, to] = [a % graph.gpus, b % graph.gpus];
        const network = Array.from({ length: graph.links }, (_, link) => link).filter((link) =>
          ['nic', 'fabric'].includes(graph.linkKind(link)),
        );
        const down = new Set(broken.map((i) => network[i % network.length] ?? 0));
        const route = new Router(graph, { down }).route(from, to);
        if (route.kind === 'route') {
          expect(route.links.filter((link) => down.has(link))).toEqual([]);
          return;
        }
        const flow = new FlowNetwork(graph.vertices + 2);
        for (const link of network) if (!down.has(link)) flow.edge(graph.from[link] ?? 0, graph.to[link] ?? 0, 1);
        for (let nic = 0; nic < graph.nics; nic++) {
          const node = graph.nodeOfNic(nic);
          if (node === Math.floor(from / cluster.gpusPerNode)) flow.edge(graph.vertices, graph.gpus + nic, 1);
          if (node === Math.floor(to / cluster.gpusPerNode)) flow.edge(graph.gpus + nic, graph.vertices + 1, 1);
        }
        expect(flow.maximum(graph.vertices, graph.vertices + 1)).toBe(0);
      }),
      { numRuns: 400 },
    );
  });

  it('of a rail-only fabric send a GPU over another rail', () => {
    const clos = {
      kind: 'clos',
      tiers: 2,
      rails: 8,
      nicGbps: 400,
      oversubscription: 1,
      routing: 'spray',
      railOnly: true,
    } as const;
    const railOnly = buildFabricGraph(testCluster(clos, 4, 8));
    const route = new Router(railOnly, { down: new Set(railOnly.linksNamed('node0.nic0')) }).route(0, 8);
    if (route.kind !== 'route') throw new Error(route.kind);
    expect(route.links.map((link) => railOnly.linkName(link))).toEqual([
      'node0.gpu0.up',
      'node0.gpu1.down',
      'node0.gpu1.pcie.up',
      'node0.nic1.up',
      'node1.nic1.down',
      'node1.gpu1.pcie.down',
      'node1.gpu1.up',
      'node1.gpu0.down',
    ]);
  });

  const cluster = testCluster(
    { kind: 'clos', tiers: 2, rails: 8, nicGbps: 400, oversubscription: 8, routing: 'spray' },
    64,
    8,
  );
  const graph = buildFabricGraph(cluster);
  const between = [0, 40 * 8] as const;

  it('are avoided, and the rest is spread over what is left', () => {
    const down = new Set(graph.linksNamed('rail0.leaf0.spine1'));
    expect(down.size).toBe(2);
    const route = new Router(graph, { down }).route(...between);
    if (route.kind !== 'route') throw new Error(route.kind);
    const names = route.links.map((link) => graph.linkName(link));
    expect(names.filter((name) => name.startsWith('rail0.leaf0.')).sort()).toEqual([
      'rail0.leaf0.spine0.up',
      'rail0.leaf0.spine2.up',
      'rail0.leaf0.spine3.up',
    ]);
  });

  it('stall a flow when the policy says so, but no other', () => {
    const down = new Set(graph.linksNamed('rail0.leaf0.spine1.up'));
    const router = new Router(graph, { down, onDown: 'stall' });
    expect(router.route(...between)).toEqual({ kind: 'stalled', down: [...down] });
    expect(router.route(1, 41 * 8 + 1).kind).toBe('route');
  });

  it('of a NIC hand its traffic to the next NIC of the node', () => {
    const down = new Set(graph.linksNamed('node0.nic0'));
    const route = new Router(graph, { down, pxn: false }).route(0, 8);
    if (route.kind !== 'route') throw new Error(route.kind);
    expect(route.links.slice(0, 4).map((link) => graph.linkName(link))).toEqual([
      'node0.gpu0.up',
      'node0.gpu1.down',
      'node0.gpu1.pcie.up',
      'node0.nic1.up',
    ]);
  });

  it('disconnect a node only when all its NICs are down', () => {
    const down = new Set(Array.from({ length: 8 }, (_, i) => graph.linksNamed(`node0.nic${i}`)).flat());
    const router = new Router(graph, { down });
    expect(router.route(0, 8)).toEqual({ kind: 'disconnected', from: 'node0.gpu0', to: 'node1.gpu0' });
    expect(router.route(0, 1).kind).toBe('route');
  });
});

describe('scale-up domains', () => {
  it('of a board stay in their node, those of a rack span nodes', () => {
    const gpus = fc.integer({ min: 1, max: 16 });
    const kinds = fc.constantFrom({ kind: 'nvswitch' as const }, { kind: 'pcie' as const });
    fc.assert(
      fc.property(gpus, gpus, kinds, (gpusPerNode, domain, node) => {
        const fabric = {
          kind: 'clos',
          tiers: 2,
          rails: 1,
          nicGbps: 400,
          oversubscription: 1,
          routing: 'spray',
        } as const;
        const cluster = testCluster(fabric, 4, gpusPerNode, node, domain);
        const spans = node.kind === 'nvswitch' && domain > 8 && domain > gpusPerNode;
        expect(scaleUpDomainGpus(cluster)).toBe(spans ? domain : gpusPerNode);
        expect(scaleUpDomainOf(cluster, 0) === scaleUpDomainOf(cluster, gpusPerNode)).toBe(spans);
      }),
    );
  });
});
