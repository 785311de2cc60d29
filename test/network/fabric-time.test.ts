import {
  type AlgorithmName,
  algorithmsOf,
  buildFabricGraph,
  type ClosFabric,
  type Cluster,
  type CollectiveOp,
  collectiveCost,
  collectiveFabricOf,
  collectiveOps,
  countable,
  type Dealing,
  DisconnectedError,
  dealtBytes,
  distances,
  fabricTime,
  graphBisection,
  LinkTally,
  packedGroupLayout,
  Router,
  type Routing,
  StalledError,
  secondsOnFabric,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { smallCluster, smallGraph, testCluster } from '../platform/clusters.js';

const clos = (nodes: number, oversubscription: number, more: Partial<ClosFabric> = {}): Cluster =>
  testCluster(
    {
      kind: 'clos',
      tiers: 2,
      rails: 8,
      nicGbps: 400,
      oversubscription,
      nodesPerLeaf: 4,
      routing: 'spray',
      ...more,
    },
    nodes,
    8,
  );

const torus = (...dims: number[]): Cluster =>
  testCluster(
    { kind: 'torus', dims, linkGbps: 400, routing: 'dimension-order' },
    dims.reduce((a, b) => a * b, 1),
    1,
  );
const linkRate = 5e10;

/** Links of the fabric at their whole rate: what is left to compare with arithmetic. */
const plain = (cluster: Cluster): Cluster => ({ ...cluster, device: { ...cluster.device, nicMax: 1, nvlinkMax: 1 } });

/** Seconds over those of NICs alone, for one byte. */
const stretch = (cluster: Cluster, op: CollectiveOp, algorithm: string, ranks = cluster.nodes * 8): number => {
  const group = packedGroupLayout(cluster, ranks);
  const fabric = { ...collectiveFabricOf(cluster), nicBytesPerSecond: linkRate };
  const cost = collectiveCost(
    op,
    2 ** 40,
    group,
    fabric,
    algorithmsOf(op).find((name) => name === algorithm) ?? 'ring',
  );
  const nics = cost.nicBytes / 2 ** 40 / (linkRate * cluster.device.nicMax);
  return fabricTime(cluster, group, op, algorithm).secondsPerByte / nics;
};

/** Seconds of a collective on its fabric; undefined where the algorithm cannot run on the group. */
function secondsOf(
  cluster: Cluster,
  op: CollectiveOp,
  algorithm: AlgorithmName,
  ranks: number,
  bytes: number,
  links: Parameters<typeof fabricTime>[4] = [],
): number | undefined {
  const group = packedGroupLayout(cluster, ranks);
  try {
    const cost = collectiveCost(op, bytes, group, collectiveFabricOf(cluster), algorithm);
    return secondsOnFabric(cost, bytes, fabricTime(cluster, group, op, algorithm, links));
  } catch (error) {
    if (error instanceof StalledError) throw error;
    expect(String(error)).toMatch(/cannot run|powers of two/);
    return undefined;
  }
}

const choices = fc
  .constantFrom(...collectiveOps)
  .chain((op) => fc.record({ op: fc.constant(op), algorithm: fc.constantFrom(...algorithmsOf(op)) }));

describe('how much longer a collective takes than its NICs alone', () => {
  test('one domain, and a Clos that carries all that its NICs send: no longer', () => {
    expect(fabricTime(clos(1, 8), packedGroupLayout(clos(1, 8), 8), 'all_reduce', 'ring').secondsPerByte).toBe(0);
    expect(stretch(clos(8, 1), 'all_reduce', 'ring')).toBe(0);
  });

  test('all-to-all over two leaves of 4 nodes: 4 of the 7 other nodes are beyond the uplinks', () => {
    // Of what a NIC sends to 7 nodes, 4/7 crosses; at k : 1 the uplinks carry 1/k of what the NICs could send.
    for (const k of [2, 4, 8]) {
      expect(stretch(clos(8, k), 'all_to_all', 'posted')).toBeCloseTo(Math.max(1, (k * 4) / 7), 9);
    }
  });

  test('a ring over rails crosses each leaf with one flow: four uplinks in one carry it', () => {
    expect(stretch(clos(8, 4), 'all_reduce', 'ring')).toBeCloseTo(1, 9);
  });

  test('uneven groups: a lone GPU of a node has one NIC for what the others send over eight', () => {
    const even = secondsOf(clos(8, 1), 'all_reduce', 'ring', 16, 2 ** 30) ?? 0;
    const lone = secondsOf(clos(8, 1), 'all_reduce', 'ring', 17, 2 ** 30) ?? 0;
    expect(lone / even).toBeGreaterThan(6);
    expect(lone / even).toBeLessThan(9);
  });

  test('hashed flows collide where sprayed ones do not, and adaptive ones go round each other', () => {
    const at = (routing: Routing, op: CollectiveOp, algorithm: string): number =>
      stretch(clos(16, 1, { routing }), op, algorithm);
    // One flow a NIC, as many uplinks: some hash onto one another.
    expect(at('ecmp', 'all_reduce', 'halving-doubling')).toBeGreaterThan(1.1);
    expect(at('adaptive', 'all_reduce', 'halving-doubling')).toBeLessThan(at('ecmp', 'all_reduce', 'halving-doubling'));
    expect(at('adaptive', 'all_to_all', 'posted')).toBeLessThan(1.2);
    expect(at('ecmp', 'all_to_all', 'posted')).toBeLessThan(1.2);
  });

  test('switches that no cable joins: an error that names the GPUs', () => {
    const apart = testCluster(
      {
        kind: 'graph',
        routing: 'spray',
        nicGbps: 400,
        switches: ['a', 'b'],
        cables: [0, 1, 2, 3].map((node) => ({ from: `node${node}.nic0`, to: node < 2 ? 'a' : 'b', gbps: 400 })),
      },
      4,
      8,
    );
    expect(() => stretch(apart, 'all_reduce', 'ring', 32)).toThrow(DisconnectedError);
    expect(() => stretch(apart, 'all_reduce', 'ring', 32)).toThrow(/no way leads from GPU \d+ to GPU \d+/);
  });

  test('a host cable slower than the others holds all of a ring back', () => {
    const graph = (gbps: number): Cluster =>
      testCluster(
        {
          kind: 'graph',
          routing: 'spray',
          nicGbps: 400,
          switches: ['a'],
          cables: [0, 1, 2, 3].map((node) => ({ from: `node${node}`, to: 'a', gbps: node === 2 ? gbps : 400 })),
        },
        4,
        1,
      );
    const apart = (gbps: number): Cluster => {
      const cluster = graph(gbps);
      return { ...cluster, device: { ...cluster.device, scaleUp: { ...cluster.device.scaleUp, domain: 1 } } };
    };
    const ring = (gbps: number): number => secondsOf(apart(gbps), 'all_reduce', 'ring', 4, 2 ** 33) ?? 0;
    expect(ring(100) / ring(400)).toBeGreaterThan(3.9);
  });

  test('two PCIe switches of four: an all-to-all pays for the links that it shares', () => {
    const node = {
      kind: 'pcie',
      gpusPerPcieSwitch: 4,
      pcieBytesPerSecond: 25e9,
      interSocketBytesPerSecond: 20e9,
    } as const;
    const cluster = plain({ ...clos(1, 1), node });
    // 4 x 4 pairs of S/8 cross between the sockets each way.
    const { secondsPerByte } = fabricTime(cluster, packedGroupLayout(cluster, 8), 'all_to_all', 'posted');
    expect(secondsPerByte).toBeCloseTo(2 / 20e9, 20);
  });
});

describe('a torus', () => {
  test('a ring on all of it takes every link of every chip both ways', () => {
    for (const dims of [
      [4, 4],
      [4, 4, 4],
      [6, 6],
    ]) {
      const cluster = plain(torus(...dims));
      const n = dims.reduce((a, b) => a * b, 1);
      const { secondsPerByte } = fabricTime(cluster, packedGroupLayout(cluster, n), 'all_reduce', 'ring');
      expect(secondsPerByte * 2 * dims.length * linkRate).toBeCloseTo((2 * (n - 1)) / n, 9);
    }
  });

  test('all-to-all: (k + 2) S / 8 on the busier direction of a dimension of even extent k', () => {
    for (const dims of [
      [4, 4],
      [8, 8],
      [4, 4, 4],
    ]) {
      const cluster = plain(torus(...dims));
      const n = dims.reduce((a, b) => a * b, 1);
      const { secondsPerByte } = fabricTime(cluster, packedGroupLayout(cluster, n), 'all_to_all', 'posted');
      expect(secondsPerByte * linkRate).toBeCloseTo(((dims[0] ?? 0) + 2) / 8, 9);
    }
  });

  test('counted line by line, on all of its chips or the first of them: the same as pair by pair', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 3 }),
        fc.integer({ min: 1, max: 125 }),
        (dims, most) => {
          const graph = buildFabricGraph(torus(...dims));
          const members = Math.min(most, graph.gpus);
          const [counted, all] = [new LinkTally(graph, new Router(graph)), new LinkTally(graph, new Router(graph))];
          counted.countTorus(members, 1);
          for (let from = 0; from < members; from++) {
            for (let to = 0; to < members; to++) if (from !== to) all.add({ from, to, bytes: 1 });
          }
          for (let link = 0; link < graph.links; link++)
            expect(counted.loads[link]).toBeCloseTo(all.loads[link] ?? 0, 9);
          expect(counted.longest).toBe(all.longest);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('pairwise exchanges pay for every hop that they cross, and no exchange beats the bisection', () => {
    const cluster = torus(8, 8);
    const ring = secondsOf(cluster, 'all_reduce', 'ring', 64, 2 ** 30) ?? 0;
    const doubling = secondsOf(cluster, 'all_reduce', 'halving-doubling', 64, 2 ** 30) ?? 0;
    expect(doubling).toBeGreaterThan(1.5 * ring);
    const posted = secondsOf(cluster, 'all_to_all', 'posted', 64, 2 ** 30) ?? 0;
    const pairwise = secondsOf(cluster, 'all_to_all', 'pairwise', 64, 2 ** 30) ?? 0;
    expect(pairwise).toBeGreaterThan(posted);
    // 32 x 32 pairs of S/64 over 16 cables between the halves.
    expect(posted).toBeGreaterThan(((32 * 32) / 64) * (2 ** 30 / (16 * linkRate)));
  });

  test('of a pairwise exchange too large for all of its steps, hops stand for those of the others', () => {
    const cluster = torus(16, 16, 9);
    const time = fabricTime(cluster, packedGroupLayout(cluster, 2304), 'all_to_all', 'pairwise');
    expect(time.countedShare).toBeLessThan(0.25);
    // The longest way of a step is no shorter than the mean of all ways: 4 + 4 + 20/9 links, of which the first is in the closed form.
    const hopSeconds = 5e-7;
    expect(time.latencySeconds).toBeGreaterThan(2303 * (4 + 4 + 20 / 9 - 1) * hopSeconds);
    expect(time.latencySeconds).toBeLessThan(2303 * (8 + 8 + 4 - 1) * hopSeconds);
  });

  test('switches do not reduce where there are none', () => {
    const cluster = torus(4, 4);
    for (const algorithm of ['nvls', 'sharp'] as const) {
      expect(() =>
        collectiveCost('all_reduce', 8, packedGroupLayout(cluster, 16), collectiveFabricOf(cluster), algorithm),
      ).toThrow(/cannot run all_reduce on this group/);
    }
  });
});

describe('all-to-all by counting', () => {
  test('puts on every link what its pairs put there one by one', () => {
    fc.assert(
      fc.property(smallCluster, fc.integer({ min: 2, max: 40 }), fc.boolean(), (cluster, most, railsOnly) => {
        if (cluster.fabric.kind !== 'clos' && cluster.fabric.kind !== 'dragonfly') return;
        const graph = buildFabricGraph(cluster);
        const ranks = Math.min(most, graph.gpus);
        const { ranksPerDomain } = packedGroupLayout(cluster, ranks);
        const places = {
          members: ranks,
          domainOf: (member: number) => Math.floor(member / ranksPerDomain),
          localOf: (member: number) => member % ranksPerDomain,
        };
        const router = new Router(graph, { routing: 'spray' });
        const counted = new LinkTally(graph, router);
        counted.count(places, railsOnly, 1);
        counted.pour();
        const each = new Float64Array(graph.links);
        for (let from = 0; from < ranks; from++) {
          for (let to = 0; to < ranks; to++) {
            if (places.domainOf(from) === places.domainOf(to)) continue;
            if (railsOnly && places.localOf(from) !== places.localOf(to)) continue;
            const way = router.route(from, to);
            if (way.kind !== 'route') throw new Error(way.kind);
            way.links.forEach((link, i) => {
              each[link] = (each[link] ?? 0) + (way.weights[i] ?? 0);
            });
          }
        }
        each.forEach((load, link) => {
          expect(Math.abs((counted.loads[link] ?? 0) - load)).toBeLessThanOrEqual(1e-9 * Math.max(1, load));
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('bytes that members deal out', () => {
  /** Loads of all links and the longest way, counted where that can be, or pair by pair. */
  const dealt = (cluster: Cluster, among: Dealing, ranks: number, counts: boolean): [number[], number] => {
    const graph = buildFabricGraph(cluster);
    const layout = packedGroupLayout(cluster, ranks);
    const router = new Router(graph, { pxnOver: (gpu) => gpu < ranks });
    const counted = countable(graph, router, new Set());
    const { kind, routing } = cluster.fabric;
    const tables = routing === 'static-rail' && graph.nics <= graph.gpus;
    expect(counted).toBe(kind === 'torus' || routing === 'spray' || tables);
    const tally = new LinkTally(graph, router);
    const domainOf = (member: number): number => Math.floor(member / layout.ranksPerDomain);
    const share = dealtBytes(among, {
      tally,
      layout,
      counted: counted && counts,
      inside: true,
      reach: 0.9,
      add: ({ from, to, bytes }) => {
        const reach = cluster.fabric.kind !== 'torus' && domainOf(from) === domainOf(to) ? 1 : 0.9;
        tally.add({ from, to, bytes: bytes / reach });
      },
    });
    expect(share).toBe(1);
    tally.pour();
    return [Array.from(tally.loads), cluster.fabric.kind === 'torus' ? tally.longest : 0];
  };

  test('are on every link what they are pair by pair, on even groups and uneven ones', () => {
    fc.assert(
      fc.property(
        fc.oneof(smallCluster, smallGraph),
        fc.boolean(),
        fc.constantFrom('all', 'inside', 'rails'),
        fc.integer({ min: 2, max: 60 }),
        (drawn, tables, among, most) => {
          const { fabric } = drawn;
          const cluster: Cluster =
            fabric.kind === 'torus' || !tables ? drawn : { ...drawn, fabric: { ...fabric, routing: 'static-rail' } };
          const ranks = Math.min(most, cluster.nodes * cluster.gpusPerNode);
          if (ranks < 2 || (among === 'rails' && packedGroupLayout(cluster, ranks).domains === 1)) return;
          const [counted, longest] = dealt(cluster, among, ranks, true);
          const [each, longestOfEach] = dealt(cluster, among, ranks, false);
          each.forEach((load, link) => {
            expect(Math.abs((counted[link] ?? 0) - load)).toBeLessThanOrEqual(1e-9 * Math.max(1e-3, load));
          });
          expect(longest).toBe(longestOfEach);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('of too many pairs, distances that meet all places of a node of 2, 4 or 8 equally often', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 65_536 }), (places) => {
        const taken = distances(places);
        taken.forEach((distance, i) => {
          expect(distance).toBeGreaterThan(i === 0 ? 0 : (taken[i - 1] ?? 0));
          expect(distance).toBeLessThan(places);
        });
        if (places <= 2048) expect(taken).toHaveLength(places - 1);
        else {
          expect(taken.length * places).toBeLessThanOrEqual(2 ** 22);
          expect(taken.length * places).toBeGreaterThan(2 ** 22 - 9 * places);
          for (const size of [2, 4, 8]) {
            const met = Array.from({ length: size }, (_, at) => taken.filter((one) => one % size === at).length);
            expect(new Set(met).size).toBe(1);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test('a graph whose switches are not all joined, or whose nodes have unlike NICs, is not counted', () => {
    const cable = (from: string, to: string) => ({ from, to, gbps: 400 });
    const of = (...cables: ReturnType<typeof cable>[]): boolean => {
      const fabric = { kind: 'graph', routing: 'spray', nicGbps: 400, switches: ['a', 'b'], cables } as const;
      const graph = buildFabricGraph(testCluster(fabric, 2, 2));
      return countable(graph, new Router(graph), new Set());
    };
    const [up, down] = [cable('node0.nic0', 'a'), cable('node1.nic0', 'b')];
    expect(of(up, down, cable('a', 'b'))).toBe(true);
    expect(of(up, down)).toBe(false);
    expect(of(up, down, cable('a', 'b'), cable('node0.nic1', 'b'))).toBe(false);
    expect(of(cable('node0.nic0', 'node1.nic0'))).toBe(false);
  });
});

/** Forces every link to be looked at where a shortcut would know that none binds. */
const looked = [{ link: 'node0.gpu0', capacityFactor: 1 }];
const power = fc.constantFrom(1, 2, 4, 8);

describe('on an idle fabric', () => {
  test('activities on all links take what the closed form says', () => {
    const composed: [CollectiveOp, AlgorithmName][] = [
      ['all_to_all', 'posted'],
      ['all_to_all', 'pairwise'],
      ['all_to_all', 'hierarchical-all-to-all'],
      ['all_reduce', 'hierarchical'],
      ['reduce_scatter', 'hierarchical'],
      ['all_reduce', 'halving-doubling'],
      ['all_gather', 'halving-doubling'],
      ['all_reduce', 'recursive-doubling'],
      ['send_recv', 'posted'],
      ['all_reduce', 'ring'],
      ['all_gather', 'ring'],
      ['broadcast', 'ring'],
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...composed),
        power,
        fc.integer({ min: 1, max: 30 }),
        ([op, algorithm], nodes, log) => {
          const cluster = clos(nodes, 1);
          const group = packedGroupLayout(cluster, nodes * 8);
          const bytes = 2 ** log * 2 ** 10;
          const cost = collectiveCost(op, bytes, group, collectiveFabricOf(cluster), algorithm);
          const time = fabricTime(cluster, group, op, algorithm, looked);
          expect(secondsOnFabric(cost, bytes, time) / cost.secondsAlone).toBeCloseTo(1, 9);
          // And for messages that bandwidth alone decides the links take all of it, not less.
          if (log < 28) return;
          const bandwidth = cost.secondsAlone - cost.latencySeconds;
          const onLinks = bytes * time.secondsPerByte;
          // A broadcast's ring has an end, which leaves one port of each channel idle.
          expect(onLinks / bandwidth).toBeGreaterThan(op === 'broadcast' ? 0.85 : 0.95);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('nothing beats the bisection of the cluster', () => {
    fc.assert(
      fc.property(smallCluster, choices, (cluster, { op, algorithm }) => {
        const ranks = cluster.nodes * cluster.gpusPerNode;
        const below = Math.floor(cluster.nodes / 2);
        if (below === 0 || ranks > 64 || cluster.fabric.kind === 'torus') return;
        const graph = buildFabricGraph(cluster);
        const { ranksPerDomain, domains } = packedGroupLayout(cluster, ranks);
        if (domains < 2 || (below * cluster.gpusPerNode) % ranksPerDomain !== 0) return;
        const bytes = 2 ** 32;
        const seconds = secondsOf(cluster, op, algorithm, ranks, bytes);
        if (seconds === undefined) return;
        const part = below * cluster.gpusPerNode;
        // Least bytes that must leave the lower half.
        const least = {
          all_reduce: 1,
          reduce_scatter: (ranks - part) / ranks,
          all_gather: part / ranks,
          broadcast: 1,
          reduce: 0,
          all_to_all: (part * (ranks - part)) / ranks,
          send_recv: 1,
        }[op];
        expect(seconds).toBeGreaterThanOrEqual(((bytes * least) / graphBisection(graph)) * (1 - 1e-9));
      }),
      { numRuns: 300 },
    );
  });

  test('nothing beats the NICs of the domain that has fewest members', () => {
    const cluster = clos(8, 1);
    fc.assert(
      fc.property(choices, fc.integer({ min: 9, max: 64 }), ({ op, algorithm }, ranks) => {
        const bytes = 2 ** 32;
        const seconds = secondsOf(cluster, op, algorithm, ranks, bytes);
        if (seconds === undefined) return;
        for (const part of [8, ranks % 8 || 8]) {
          // The busier direction of what must cross between these members and the others.
          const halves = Math.max(part, ranks - part) / ranks;
          const least = {
            all_reduce: 1,
            reduce_scatter: halves,
            all_gather: halves,
            broadcast: 1,
            reduce: 1,
            all_to_all: (part * (ranks - part)) / ranks,
            // One member sends to the next domain, over its own NIC.
            send_recv: part,
          }[op];
          expect(seconds).toBeGreaterThanOrEqual(((bytes * least) / (part * linkRate)) * (1 - 1e-9));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('more bytes never take less, of any algorithm over any protocol', () => {
    fc.assert(
      fc.property(smallCluster, choices, fc.integer({ min: 0, max: 33 }), (cluster, { op, algorithm }, log) => {
        const ranks = Math.min(48, cluster.nodes * cluster.gpusPerNode);
        const group = packedGroupLayout(cluster, ranks);
        const on = collectiveFabricOf(cluster);
        try {
          const time = fabricTime(cluster, group, op, algorithm);
          const [small, big] = [2 ** log, 2 ** (log + 1)].map((bytes) => {
            const cost = collectiveCost(op, bytes, group, on, algorithm);
            return secondsOnFabric(cost, bytes, time);
          });
          expect(big).toBeGreaterThanOrEqual((small ?? 0) * (1 - 1e-12));
        } catch (error) {
          expect(String(error)).toMatch(/cannot run|powers of two/);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test('leaving out what cannot bind changes nothing: nodes beyond the group, ports of pipelined algorithms', () => {
  fc.assert(
    fc.property(
      choices,
      fc.constantFrom(2, 7, 9, 16, 24, 40, 64),
      fc.constantFrom<Routing>('spray', 'ecmp', 'static-rail', 'adaptive'),
      fc.constantFrom(1, 2, 4),
      fc.integer({ min: 10, max: 33 }),
      ({ op, algorithm }, ranks, routing, oversubscription, log) => {
        const cluster = clos(8, oversubscription, { nodesPerLeaf: 2, routing });
        const part = secondsOf(cluster, op, algorithm, ranks, 2 ** log);
        const whole = secondsOf(cluster, op, algorithm, ranks, 2 ** log, looked);
        if (part === undefined || whole === undefined) return;
        expect(Math.abs(part / whole - 1)).toBeLessThanOrEqual(1e-9);
      },
    ),
    { numRuns: 200 },
  );
});

describe('worse fabrics', () => {
  const sizes = fc.constantFrom(7, 9, 16, 24, 64);

  test('more oversubscription is never faster', () => {
    fc.assert(
      fc.property(choices, sizes, fc.boolean(), ({ op, algorithm }, ranks, three) => {
        let last = 0;
        for (const k of [1, 2, 4, 8]) {
          const tiers = three ? ({ tiers: 3, leavesPerPod: 2 } as const) : {};
          const now = secondsOf(clos(8, k, { nodesPerLeaf: 2, ...tiers }), op, algorithm, ranks, 2 ** 30);
          if (now === undefined) return;
          expect(now).toBeGreaterThanOrEqual(last * (1 - 1e-12));
          last = now;
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a link that is slow or down is never faster', () => {
    const cluster = clos(8, 2, { nodesPerLeaf: 2 });
    const names = ['node0.nic0', 'node1.nic3.up', 'rail0.leaf0.spine0', 'rail3.leaf1.spine0.down', 'node2.gpu1'];
    fc.assert(
      fc.property(
        choices,
        sizes,
        fc.subarray(names, { minLength: 1 }),
        fc.constantFrom(0, 0.25, 0.5, 1),
        ({ op, algorithm }, ranks, broken, capacityFactor) => {
          const links = broken.map((link) => ({ link, capacityFactor }));
          const well = secondsOf(cluster, op, algorithm, ranks, 2 ** 30);
          if (well === undefined) return;
          try {
            const ill = secondsOf(cluster, op, algorithm, ranks, 2 ** 30, links) ?? 0;
            expect(ill).toBeGreaterThanOrEqual(well * (1 - 1e-12));
            expect(ill).toBeLessThan(Number.POSITIVE_INFINITY);
          } catch (error) {
            if (!(error instanceof StalledError)) throw error;
            // What a switch would reduce has no other way than its own port, and no tree goes round a cable in one direction.
            expect(['sharp', 'nvls', 'nvls-tree']).toContain(algorithm);
            expect([capacityFactor, broken.some((link) => error.link.startsWith(link))]).toEqual([0, true]);
          }
        },
      ),
      { numRuns: 120 },
    );
  });
});
