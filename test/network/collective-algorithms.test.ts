import {
  type AlgorithmName,
  buildFabricGraph,
  type CollectiveAlgorithm,
  type CollectiveOp,
  type CollectiveStep,
  collectiveActivities,
  collectiveAlgorithm,
  doubleBinaryTree,
  idleSeconds,
  inSwitch,
  linkBytes,
  type RouteOf,
  Router,
  ringOrders,
  ringTransfers,
  routesOfGpus,
  runActivities,
  runMessages,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterOf } from '../../examples/support/flows.js';

const close = (a: number, b: number, tolerance = 1e-9): void => {
  expect(Math.abs(a - b)).toBeLessThanOrEqual(tolerance * Math.max(Math.abs(a), Math.abs(b), 1e-30));
};
const algorithm = (name: AlgorithmName, local = 1): CollectiveAlgorithm => {
  const found = collectiveAlgorithm(name, local);
  if (!found) throw new Error(name);
  return found;
};

/** Members on one switch: a port up (2r) and down (2r + 1) each; the switch itself never binds. */
const star: RouteOf = (from, to) => {
  const links = [...(from === inSwitch ? [] : [2 * from]), ...(to === inSwitch ? [] : [2 * to + 1])];
  return { links, weights: links.map(() => 1) };
};
const ports = (ranks: number, bandwidth: number): number[] => new Array<number>(2 * ranks).fill(bandwidth);

/** What each member sends. */
function sent(ranks: number, steps: readonly CollectiveStep[]): number[] {
  const bytes = new Array<number>(ranks).fill(0);
  for (const { from, bytes: part } of steps.flat()) if (from !== inSwitch) bytes[from] = (bytes[from] ?? 0) + part;
  return bytes;
}

const ranksOf = fc.integer({ min: 2, max: 26 });
const bytesOf = fc.integer({ min: 1, max: 2 ** 34 });
const bandwidthOf = fc.integer({ min: 1e9, max: 9e11 });
const alphaOf = fc.integer({ min: 1, max: 40 }).map((microseconds) => microseconds * 1e-6);

describe('bytes that each algorithm sends', () => {
  const reductions: CollectiveOp[] = ['reduce_scatter', 'all_gather'];

  it('ring: 2(n-1)/n S of each member for all-reduce, half of it for its two halves', () => {
    fc.assert(
      fc.property(ranksOf, bytesOf, (n, S) => {
        for (const bytes of sent(n, algorithm('ring').steps('all_reduce', n, S))) close(bytes, (2 * S * (n - 1)) / n);
        for (const op of reductions) {
          for (const bytes of sent(n, algorithm('ring').steps(op, n, S))) close(bytes, (S * (n - 1)) / n);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('pat and halving-doubling send no more than the ring', () => {
    fc.assert(
      fc.property(ranksOf, bytesOf, (n, S) => {
        for (const op of reductions) {
          for (const bytes of sent(n, algorithm('pat').steps(op, n, S))) close(bytes, (S * (n - 1)) / n);
        }
        if (Number.isInteger(Math.log2(n))) {
          const steps = algorithm('halving-doubling').steps('all_reduce', n, S);
          for (const bytes of sent(n, steps)) close(bytes, (2 * S * (n - 1)) / n);
          expect(steps).toHaveLength(2 * Math.log2(n));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('all-to-all: each pair S/n, in any algorithm that goes straight', () => {
    fc.assert(
      fc.property(ranksOf, bytesOf, (n, S) => {
        for (const name of ['pairwise', 'posted'] as const) {
          const pairs = new Map<number, number>();
          for (const { from, to, bytes } of algorithm(name).steps('all_to_all', n, S).flat()) {
            expect(from).not.toBe(to);
            pairs.set(from * n + to, (pairs.get(from * n + to) ?? 0) + bytes);
          }
          expect(pairs.size).toBe(n * (n - 1));
          for (const bytes of pairs.values()) close(bytes, S / n);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('trees: every member in both, S up and S down in all, nobody sends more than 2 S, no member is inner in both', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), bytesOf, (n, S) => {
        const trees = doubleBinaryTree(n);
        const inner = trees.map((edges) => new Set(edges.map(([, parent]) => parent)));
        for (const edges of trees) {
          expect(edges).toHaveLength(n - 1);
          expect(new Set(edges.map(([child]) => child)).size).toBe(n - 1);
          const parents = new Map(edges);
          for (let rank = 0; rank < n; rank++) {
            let at: number | undefined = rank;
            let depth = 0;
            while (at !== undefined && depth <= 2 * Math.ceil(Math.log2(n))) {
              at = parents.get(at);
              depth++;
            }
            expect(at).toBeUndefined();
          }
        }
        const both = [...(inner[0] ?? [])].filter((rank) => inner[1]?.has(rank));
        expect(both.length).toBeLessThanOrEqual(n % 2 === 0 ? 0 : 2);
        const steps = algorithm('tree').steps('all_reduce', n, S);
        close(
          sent(n, steps).reduce((a, b) => a + b, 0),
          2 * (n - 1) * S,
        );
        for (const bytes of sent(n, steps))
          expect(bytes).toBeLessThanOrEqual(2 * S * (n % 2 === 0 ? 1 : 1.5) * (1 + 1e-12));
      }),
      { numRuns: 60 },
    );
  });

  it('reduce-scatter and all-gather really deliver: every member ends with every block', () => {
    fc.assert(
      fc.property(ranksOf, (n) => {
        // One byte a block: a member can pass on no more blocks than it holds, and must end with all n.
        for (const name of ['ring', 'pat'] as const) {
          const held = new Array<number>(n).fill(1);
          for (const step of algorithm(name).steps('all_gather', n, n)) {
            const before = [...held];
            for (const { from, to, bytes } of step) {
              expect(bytes).toBeLessThanOrEqual(before[from] ?? 0);
              held[to] = (held[to] ?? 0) + bytes;
            }
          }
          for (const blocks of held) close(blocks, n);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('two ways to one number', () => {
  const straight: [AlgorithmName, CollectiveOp][] = [
    ['ring', 'all_reduce'],
    ['ring', 'reduce_scatter'],
    ['ring', 'all_gather'],
    ['halving-doubling', 'all_reduce'],
    ['recursive-doubling', 'all_reduce'],
    ['pat', 'all_gather'],
    ['pat', 'reduce_scatter'],
    ['pairwise', 'all_to_all'],
    ['posted', 'all_to_all'],
  ];

  it('closed form = messages with their latencies, on any number of ranks', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...straight),
        ranksOf,
        bytesOf,
        bandwidthOf,
        alphaOf,
        ([name, op], n, S, beta, alpha) => {
          const it = algorithm(name);
          const closed = it.seconds(op, n, S, { alphaSeconds: alpha, bandwidthBytesPerSecond: beta });
          // Members that wait for nobody outside the power of two start early and share ports: there only the activities,
          // which keep the steps apart, are the form.
          const folded = name.endsWith('doubling') && !Number.isInteger(Math.log2(n));
          const seconds = folded
            ? runActivities(ports(n, beta), collectiveActivities(it, op, n, S, star), alpha)
            : runMessages(ports(n, beta), it.steps(op, n, S), star, alpha);
          close(seconds, closed);
        },
      ),
      { numRuns: 120 },
    );
  });

  it('closed form = activities = messages with zero latency, on a symmetric ring of direct links', () => {
    fc.assert(
      fc.property(
        ranksOf,
        bytesOf,
        bandwidthOf,
        fc.constantFrom<CollectiveOp>('all_reduce', 'all_gather'),
        (n, S, beta, op) => {
          const links = new Array<number>(n).fill(beta);
          const next: RouteOf = (from) => ({ links: [from], weights: [1] });
          const it = algorithm('ring');
          const closed = it.seconds(op, n, S, { alphaSeconds: 0, bandwidthBytesPerSecond: beta });
          const activities = collectiveActivities(it, op, n, S, next);
          expect(activities).toHaveLength(1);
          close(runActivities(links, activities), closed);
          close(idleSeconds(activities, links), closed);
          close(runMessages(links, it.steps(op, n, S), next), closed);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('activities on one switch = closed form, all algorithms but the tree, which never exceeds its form', () => {
    const all: [AlgorithmName, CollectiveOp][] = [
      ...straight,
      ['nvls', 'all_reduce'],
      ['nvls', 'all_gather'],
      ['nvls', 'reduce_scatter'],
      ['sharp', 'all_reduce'],
      ['ring', 'broadcast'],
      ['ring', 'reduce'],
      ['posted', 'send_recv'],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...all), ranksOf, bytesOf, bandwidthOf, ([name, op], n, S, beta) => {
        const it = algorithm(name);
        const closed = it.seconds(op, n, S, { alphaSeconds: 0, bandwidthBytesPerSecond: beta });
        close(runActivities(ports(n, beta), collectiveActivities(it, op, n, S, star)), closed);
        if (n % 2 === 0) {
          const trees = algorithm('tree');
          const fluid = runActivities(ports(n, beta), collectiveActivities(trees, 'all_reduce', n, S, star));
          expect(fluid).toBeLessThanOrEqual(
            trees.seconds('all_reduce', n, S, { alphaSeconds: 0, bandwidthBytesPerSecond: beta }) * (1 + 1e-12),
          );
        }
      }),
      { numRuns: 150 },
    );
  });

  it('two levels on domains of any size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        bytesOf,
        bandwidthOf,
        alphaOf,
        (domains, local, S, beta, alpha) => {
          const n = domains * local;
          for (const [name, op] of [
            ['hierarchical', 'all_reduce'],
            ['hierarchical', 'reduce_scatter'],
            ['hierarchical-all-to-all', 'all_to_all'],
          ] as const) {
            const it = algorithm(name, local);
            const closed = it.seconds(op, n, S, { alphaSeconds: alpha, bandwidthBytesPerSecond: beta });
            close(runMessages(ports(n, beta), it.steps(op, n, S), star, alpha), closed);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('time does not depend on how members are numbered, and scales with bytes and bandwidth', () => {
    fc.assert(
      fc.property(ranksOf, bytesOf, fc.integer(), (n, S, seed) => {
        const shuffled = Array.from({ length: n }, (_, i) => i).sort(
          (a, b) => ((a * 7919 + seed) % n) - ((b * 7919 + seed) % n),
        );
        const renamed: RouteOf = (from, to) => star(shuffled[from] ?? 0, shuffled[to] ?? 0);
        const steps = algorithm('ring').steps('all_reduce', n, S);
        const base = runMessages(ports(n, 1e9), steps, star);
        close(runMessages(ports(n, 1e9), steps, renamed), base);
        close(runMessages(ports(n, 4e9), steps, star), base / 4);
        close(runMessages(ports(n, 1e9), algorithm('ring').steps('all_reduce', n, 2 * S), star), base * 2);
      }),
      { numRuns: 40 },
    );
  });
});

describe('on a cluster', () => {
  const cluster = clusterOf(4, 8, {
    kind: 'clos',
    tiers: 2,
    rails: 8,
    nicGbps: 400,
    oversubscription: 1,
    routing: 'spray',
  });
  const graph = buildFabricGraph(cluster);
  const router = new Router(graph);
  const gpus = Array.from({ length: 32 }, (_, i) => i);

  it('rings of all channels use every NIC alike: 2(n-1)/n S over the NICs of a node', () => {
    const S = 1e9;
    const routes = routesOfGpus(router, gpus);
    const orders = ringOrders(gpus.map((gpu) => Math.floor(gpu / 8)));
    expect(orders).toHaveLength(8);
    const loads = linkBytes(ringTransfers('all_reduce', S, orders), routes);
    const expected = (2 * S * 31) / 32 / 8;
    for (let node = 0; node < 4; node++) {
      for (let nic = 0; nic < 8; nic++) {
        for (const link of graph.linksNamed(`node${node}.nic${nic}`)) {
          close(loads.bytes[loads.links.indexOf(link)] ?? 0, expected);
        }
      }
    }
    // The NICs bind, so that the closed form of the flat ring on an idle fabric is what the activity takes on every link of it.
    close(runActivities(graph.capacity, [loads]), expected / 50e9);
    close(idleSeconds([loads], graph.capacity), expected / 50e9);
  });

  it('in-switch reduction loads each port with S each way and nothing else', () => {
    const routes = routesOfGpus(router, gpus.slice(0, 8));
    const loads = linkBytes(algorithm('nvls').steps('all_reduce', 8, 5e8).flat(), routes);
    expect(loads.links).toHaveLength(16);
    for (const bytes of loads.bytes) close(bytes, 5e8);
  });

  it('uneven groups: 24 and 7 ranks anywhere', () => {
    for (const members of [gpus.slice(0, 24), [0, 1, 2, 3, 8, 9, 17]]) {
      const routes = routesOfGpus(router, members);
      const orders = ringOrders(members.map((gpu) => Math.floor(gpu / 8)));
      const transfers = ringTransfers('all_gather', 1e9, orders);
      const n = members.length;
      close(
        transfers.reduce((sum, { bytes }) => sum + bytes, 0),
        1e9 * (n - 1),
      );
      expect(runActivities(graph.capacity, [linkBytes(transfers, routes)])).toBeGreaterThan(0);
    }
  });
});

it('names what an algorithm cannot do', () => {
  expect(() => algorithm('nvls').steps('all_to_all', 8, 1)).toThrow(/nvls cannot run all_to_all; it runs all_reduce/);
  expect(() => algorithm('halving-doubling').steps('all_gather', 6, 1)).toThrow(/powers of two only, not on 6/);
  expect(() => algorithm('hierarchical', 4).steps('all_reduce', 6, 1)).toThrow(/6 ranks do not fill domains of 4/);
});
