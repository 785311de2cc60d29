import {
  type AlgorithmName,
  algorithmNames,
  algorithmsOf,
  type CollectiveAlgorithm,
  type CollectiveFabric,
  collectiveAlgorithm,
  collectiveCost,
  collectiveFabricOf,
  collectiveOps,
  FluidNetwork,
  type GroupLayout,
  groupLayoutOf,
  ncclCandidates,
  ncclChoice,
  packedGroupLayout,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterOf } from '../../examples/support/flows.js';

const rails = { kind: 'clos', tiers: 2, rails: 8, nicGbps: 400, oversubscription: 1, routing: 'spray' } as const;
const cluster = clusterOf(64, 8, rails);
const fabric: CollectiveFabric = { ...collectiveFabricOf(cluster), nvlinkMax: 0.8, scaleUpLatencySeconds: 1e-6 };
const generations = ['volta', 'ampere', 'hopper', 'blackwell'] as const;

const fabrics = fc
  .record({
    generation: fc.constantFrom(...generations),
    scaleUpBytesPerSecond: fc.integer({ min: 5e10, max: 9e11 }),
    nicBytesPerSecond: fc.integer({ min: 5e9, max: 1e11 }),
    hasNvls: fc.boolean(),
  })
  .map((some): CollectiveFabric => {
    const hasNvls = some.hasNvls && (some.generation === 'hopper' || some.generation === 'blackwell');
    return { ...fabric, ...some, hasNvls };
  });
const layouts = fc
  .record({ ranks: fc.integer({ min: 2, max: 100 }), local: fc.integer({ min: 1, max: 8 }) })
  .map(({ ranks, local }): GroupLayout => {
    const ranksPerDomain = Math.min(ranks, local);
    return { ranks, ranksPerDomain, domains: Math.ceil(ranks / ranksPerDomain), nicsPerDomain: ranksPerDomain };
  });
const sizes = fc.integer({ min: 0, max: 34 * 16 }).map((step) => Math.floor(2 ** (step / 16)));
const choices = fc.constantFrom(...collectiveOps).chain((op) =>
  fc.record({
    op: fc.constant(op),
    algorithm: fc.constantFrom<AlgorithmName | undefined>(undefined, ...algorithmsOf(op)),
  }),
);
type Choice = { op: (typeof collectiveOps)[number]; algorithm: AlgorithmName | undefined };
const isName = (name: string): name is AlgorithmName => algorithmNames.some((known) => known === name);

/** Cost, or undefined where the algorithm cannot run on the group. */
function costOf({ op, algorithm }: Choice, bytes: number, group: GroupLayout, on: CollectiveFabric) {
  try {
    return collectiveCost(op, bytes, group, on, algorithm);
  } catch (error) {
    if (algorithm === undefined) throw error;
    expect(String(error)).toMatch(/cannot run|powers of two/);
    return undefined;
  }
}

describe('cost of a collective', () => {
  it('is what its activity takes on idle links', () => {
    fc.assert(
      fc.property(choices, sizes, layouts, fabrics, (choice, bytes, group, on) => {
        const cost = costOf(choice, bytes, group, on);
        if (!cost) return;
        const network = new FluidNetwork([on.scaleUpBytesPerSecond * on.nvlinkMax, on.nicBytesPerSecond * on.nicMax]);
        const { latencySeconds, rateCap, scaleUpBytes, nicBytes } = cost;
        const links = [0, 1].filter((link) => (link === 0 ? scaleUpBytes : nicBytes) > 0);
        network.start(
          links,
          links.map((link) => (link === 0 ? scaleUpBytes : nicBytes)),
          links.length === 0 && rateCap === Number.POSITIVE_INFINITY ? 0 : 1,
          { latencySeconds, rateCap },
        );
        for (let next = network.nextTime(); next < Number.POSITIVE_INFINITY; next = network.nextTime()) {
          network.advanceTo(next);
        }
        expect(Math.abs(network.now / cost.secondsAlone - 1)).toBeLessThanOrEqual(1e-9);
      }),
      { numRuns: 400 },
    );
  });

  it('of a named algorithm never falls with more bytes, slower links or longer paths', () => {
    fc.assert(
      fc.property(choices, sizes, sizes, layouts, fabrics, (choice, a, b, group, on) => {
        const [small, big] = [Math.min(a, b), Math.max(a, b)];
        const cost = costOf(choice, small, group, on);
        if (!cost) return;
        if (!isName(cost.algorithm)) throw new Error(cost.algorithm);
        const pinned = { ...choice, algorithm: cost.algorithm };
        const seconds = (bytes: number, change: Partial<CollectiveFabric> = {}): number =>
          costOf(pinned, bytes, group, { ...on, ...change })?.secondsAlone ?? Number.NaN;
        const base = seconds(small) * (1 - 1e-12);
        expect(seconds(big)).toBeGreaterThanOrEqual(base);
        expect(seconds(small, { networkLatencySeconds: on.networkLatencySeconds + 1e-5 })).toBeGreaterThanOrEqual(base);
        expect(seconds(small, { scaleUpLatencySeconds: on.scaleUpLatencySeconds + 1e-5 })).toBeGreaterThanOrEqual(base);
      }),
      { numRuns: 400 },
    );
  });

  it('reacts to every bandwidth and latency that it depends on', () => {
    const group = packedGroupLayout(cluster, 64);
    const seconds = (bytes: number, change: Partial<CollectiveFabric>): number =>
      collectiveCost('all_reduce', bytes, group, { ...fabric, ...change }, 'ring').secondsAlone;
    const base = seconds(2 ** 30, {});
    expect(seconds(2 ** 30, { nicBytesPerSecond: fabric.nicBytesPerSecond / 2 })).toBeGreaterThan(1.6 * base);
    expect(seconds(2 ** 30, { scaleUpBytesPerSecond: fabric.scaleUpBytesPerSecond / 2 })).toBeGreaterThan(1.6 * base);
    expect(seconds(1024, { networkLatencySeconds: 1e-4 })).toBeGreaterThan(2 * seconds(1024, {}));
    const slow = collectiveFabricOf(clusterOf(64, 8, { ...rails, switchLatencySeconds: 1e-5 }));
    expect(slow.networkLatencySeconds).toBeGreaterThan(fabric.networkLatencySeconds);
  });

  it('is 0 for one rank and finite for any other', () => {
    fc.assert(
      fc.property(choices, sizes, layouts, fabrics, (choice, bytes, group, on) => {
        const alone = { ranks: 1, domains: 1, ranksPerDomain: 1, nicsPerDomain: 1 };
        expect(costOf(choice, bytes, alone, on)?.secondsAlone ?? 0).toBe(0);
        const seconds = costOf(choice, bytes, group, on)?.secondsAlone ?? 1;
        expect(seconds).toBeGreaterThan(0);
        expect(seconds).toBeLessThan(Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('takes the algorithm and protocol that the tuner takes', () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom(...generations), (bytes, generation) => {
        const on = { ...fabric, generation, hasNvls: false };
        const cost = collectiveCost('all_reduce', bytes, packedGroupLayout(cluster, 8), on);
        const every = algorithmsOf('all_reduce').flatMap((algorithm) =>
          algorithm === 'ring' || algorithm === 'tree'
            ? [collectiveCost('all_reduce', bytes, packedGroupLayout(cluster, 8), on, algorithm)]
            : [],
        );
        expect(every.map(({ algorithm }) => algorithm)).toContain(cost.algorithm);
      }),
    );
    // 8 H100 in a node: LL ring for small messages, in-switch reduction for large ones; 4 of them: ring (measured so).
    const algorithms = (bytes: number, ranks: number) => {
      const { algorithm, protocol } = collectiveCost('all_reduce', bytes, packedGroupLayout(cluster, ranks), fabric);
      return [algorithm, protocol];
    };
    expect(algorithms(1024, 8)).toEqual(['ring', 'LL']);
    expect(algorithms(2 ** 33, 8)).toEqual(['nvls', 'Simple']);
    expect(algorithms(2 ** 33, 6)).toEqual(['nvls', 'Simple']);
    expect(algorithms(2 ** 33, 4)).toEqual(['ring', 'Simple']);
    expect(algorithms(2 ** 33, 32)).toEqual(['ring', 'Simple']);
    expect(algorithms(2 ** 33, 16)).toEqual(['nvls-tree', 'Simple']);
  });

  it('hierarchical all-reduce on full nodes is worth the flat ring over all NICs, and far more than one NIC a node', () => {
    const group = packedGroupLayout(cluster, 512);
    const bytes = 2 ** 33;
    const flat = collectiveCost('all_reduce', bytes, group, fabric, 'ring').secondsAlone;
    const rail = collectiveCost('all_reduce', bytes, group, fabric, 'hierarchical').secondsAlone;
    expect(Math.abs(rail / flat - 1)).toBeLessThan(0.2);
    const oneNic = collectiveCost('all_reduce', bytes, { ...group, nicsPerDomain: 1 }, fabric, 'ring').secondsAlone;
    expect(oneNic / flat).toBeGreaterThan(6);
  });

  it('of a name is what its steps, counted one by one, put on ports and NICs', () => {
    const named: [AlgorithmName, (typeof collectiveOps)[number]][] = [
      ['halving-doubling', 'all_reduce'],
      ['halving-doubling', 'reduce_scatter'],
      ['recursive-doubling', 'all_reduce'],
      ['hierarchical', 'all_reduce'],
      ['hierarchical', 'all_gather'],
      ['hierarchical-all-to-all', 'all_to_all'],
      ['pairwise', 'all_to_all'],
      ['posted', 'all_to_all'],
    ];
    const power = fc.constantFrom(1, 2, 4, 8);
    fc.assert(
      fc.property(fc.constantFrom(...named), power, power, power, sizes, ([name, op], domains, local, share, bytes) => {
        if (domains * local < 2) return;
        const nicsPerDomain = name === 'pairwise' ? local : Math.max(1, local / share);
        const group = { ranks: domains * local, domains, ranksPerDomain: local, nicsPerDomain };
        const steps = collectiveAlgorithm(name, local);
        if (!steps) throw new Error(name);
        const byName = collectiveCost(op, bytes, group, fabric, name);
        const bySteps = collectiveCost(op, bytes, group, fabric, steps);
        const near = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * Math.max(a, b));
        near(byName.secondsAlone, bySteps.secondsAlone);
        near(byName.latencySeconds, bySteps.latencySeconds);
        near(byName.nicBytes, bySteps.nicBytes);
      }),
      { numRuns: 300 },
    );
  });

  it("prices a user's own algorithm by its steps", () => {
    // Everybody sends everything to member 0, which sends it back: what a parameter server would do.
    const server: CollectiveAlgorithm = {
      name: 'parameter-server',
      operations: ['all_reduce'],
      pipelined: false,
      seconds: (_op, n, S, link) => 2 * (link.alphaSeconds + ((n - 1) * S) / link.bandwidthBytesPerSecond),
      steps: (_op, n, S) => {
        const others = Array.from({ length: n - 1 }, (_, i) => i + 1);
        return [others.map((from) => ({ from, to: 0, bytes: S })), others.map((to) => ({ from: 0, to, bytes: S }))];
      },
    };
    const node = packedGroupLayout(cluster, 8);
    const cost = collectiveCost('all_reduce', 1e9, node, fabric, server);
    expect(cost.algorithm).toBe('parameter-server');
    expect(cost.scaleUpBytes).toBe(14e9);
    expect(cost.secondsAlone).toBeGreaterThan(7 * collectiveCost('all_reduce', 1e9, node, fabric, 'ring').secondsAlone);
    expect(() => collectiveCost('broadcast', 1e9, node, fabric, server)).toThrow(
      /parameter-server cannot run broadcast/,
    );
  });

  it('layouts: from a list of GPUs as from the first ones, uneven ones by their fullest domain', () => {
    const first = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
    for (const n of [1, 3, 8, 16, 64]) expect(groupLayoutOf(cluster, first(n))).toEqual(packedGroupLayout(cluster, n));
    const rail = Array.from({ length: 6 }, (_, node) => node * 8 + 3);
    expect(groupLayoutOf(cluster, rail)).toEqual({ ranks: 6, domains: 6, ranksPerDomain: 1, nicsPerDomain: 1 });
    expect(groupLayoutOf(cluster, [0, 1, 2, 3, 8, 9, 17])).toEqual({
      ranks: 7,
      domains: 3,
      ranksPerDomain: 4,
      nicsPerDomain: 4,
      leastNics: 1,
    });
    expect(packedGroupLayout(cluster, 12)).toMatchObject({ nicsPerDomain: 8, leastNics: 4 });
    const shared = clusterOf(4, 8, { ...rails, rails: 4, nicsPerNode: 4 });
    for (const n of [1, 3, 8, 16]) expect(groupLayoutOf(shared, first(n))).toEqual(packedGroupLayout(shared, n));
    expect(() => groupLayoutOf(cluster, [])).toThrow(/no GPU/);
  });

  it('says why an algorithm cannot run', () => {
    const node = packedGroupLayout(cluster, 8);
    expect(() => collectiveCost('all_to_all', 8, node, fabric, 'ring')).toThrow(
      /ring cannot run all_to_all; algorithms that can: pairwise, posted, hierarchical-all-to-all/,
    );
    expect(() => collectiveCost('all_reduce', 8, packedGroupLayout(cluster, 16), fabric, 'nvls')).toThrow(
      /nvls-tree spans several/,
    );
    expect(() => collectiveCost('all_reduce', -1, node, fabric)).toThrow(/bytes is -1/);
    expect(() => packedGroupLayout(cluster, 2.5)).toThrow(/ranks is 2.5/);
  });
});

it('ties of the tuner go to the first', () => {
  const setting = {
    ranks: 8,
    nodes: 1,
    ringBusBandwidth: 240e9,
    llMaxBandwidth: 87.7e9,
    ll128PerChannelBandwidth: 20e9,
    channels: 24,
    netOverheadMicroseconds: 1,
  };
  expect(ncclChoice(ncclCandidates('all_reduce', setting), 0).algorithm).toBe('ring');
  expect(() => ncclChoice([], 1)).toThrow(/no candidates/);
});
