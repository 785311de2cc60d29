import { buildFabricGraph, flowChoice, Router, splitMix64 } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testCluster } from './clusters.js';

const mask = (1n << 64n) - 1n;

/** splitmix64 in 64-bit arithmetic, as its authors print it. */
function bigSplitMix64(state: bigint): bigint {
  let z = (state + 0x9e3779b97f4a7c15n) & mask;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return z ^ (z >> 31n);
}

describe('flow hash', () => {
  it('is splitmix64 for every 64-bit state', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: mask }), (state) => {
        const { high, low } = splitMix64({ high: Number(state >> 32n), low: Number(state & 0xffffffffn) });
        expect((BigInt(high) << 32n) | BigInt(low)).toBe(bigSplitMix64(state));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the published first outputs of seed 1234567', () => {
    const { high, low } = splitMix64({ high: 0, low: 1234567 });
    expect((BigInt(high) << 32n) | BigInt(low)).toBe(6457827717110365317n);
  });

  it('chooses as the chained 64-bit words modulo the ports say', () => {
    fc.assert(
      fc.property(
        fc.record({ source: fc.nat(), destination: fc.nat(), queuePair: fc.nat(), seed: fc.maxSafeNat() }),
        fc.nat(5),
        fc.integer({ min: 1, max: 5000 }),
        (flow, tier, ports) => {
          const words = [flow.source, flow.destination, flow.queuePair, tier];
          const hash = words.reduce((h, word) => bigSplitMix64(h ^ BigInt(word)), BigInt(flow.seed));
          expect(flowChoice(flow, tier, ports)).toBe(Number(hash % BigInt(ports)));
        },
      ),
    );
  });

  it('spreads many flows evenly: chi-square of 16 ports below its 99.99 % point', () => {
    const counts = new Array<number>(16).fill(0);
    const flows = 16_000;
    for (let i = 0; i < flows; i++) {
      const port = flowChoice({ source: i % 128, destination: Math.floor(i / 128), queuePair: 0, seed: 7 }, 0, 16);
      counts[port] = (counts[port] ?? 0) + 1;
    }
    const expected = flows / 16;
    expect(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(44.3);
  });
});

describe('ECMP', () => {
  const cluster = testCluster(
    {
      kind: 'clos',
      tiers: 3,
      rails: 1,
      nicGbps: 400,
      oversubscription: 1,
      nodesPerLeaf: 8,
      leavesPerPod: 4,
      routing: 'ecmp',
    },
    64,
    1,
  );
  const graph = buildFabricGraph(cluster);
  const ways = (seed: number): string[] =>
    Array.from({ length: 32 }, (_, i) => {
      const route = new Router(graph, { seed }).route(i, 63 - i);
      return route.kind === 'route' ? route.links.join(' ') : route.kind;
    });

  it('is the same for the same seed and another for another', () => {
    expect(ways(1)).toEqual(ways(1));
    expect(ways(1)).not.toEqual(ways(2));
  });

  it('tells queue pairs apart', () => {
    const router = new Router(graph);
    const seen = new Set(
      Array.from({ length: 16 }, (_, qp) => {
        const route = router.route(0, 63, qp);
        return route.kind === 'route' ? route.links.join(' ') : '';
      }),
    );
    expect(seen.size).toBeGreaterThan(4);
  });

  it('hashes each tier independently: flows that share a spine still use several cores', () => {
    const router = new Router(graph);
    const coresOfSpine = new Map<string, Set<string>>();
    for (let from = 0; from < 32; from++) {
      for (let to = 32; to < 64; to++) {
        const route = router.route(from, to);
        if (route.kind !== 'route') continue;
        const name = graph.linkName(route.links[3] ?? 0);
        const [, , spine = '', core = ''] = name.split('.');
        coresOfSpine.set(spine, (coresOfSpine.get(spine) ?? new Set()).add(core));
      }
    }
    expect(coresOfSpine.size).toBe(8);
    for (const cores of coresOfSpine.values()) expect(cores.size).toBe(4);
  });

  it('adaptive routing takes the idle spine, static tables give neighbours different ones', () => {
    const idle = new Set([
      ...graph.linksNamed('rail0.leaf0.spine7.up'),
      ...graph.linksNamed('rail0.leaf1.spine7.down'),
    ]);
    const load = (link: number): number => (graph.tier[link] === 2 && !idle.has(link) ? 1e9 : 0);
    const route = new Router(graph, { routing: 'adaptive', load }).route(0, 9);
    if (route.kind !== 'route') throw new Error(route.kind);
    expect(route.links.map((link) => graph.linkName(link))).toContain('rail0.leaf1.spine7.down');

    const router = new Router(graph, { routing: 'static-rail' });
    const spines = new Set(
      Array.from({ length: 8 }, (_, i) => {
        const way = router.route(i, 8 + i);
        return way.kind === 'route' ? graph.linkName(way.links[2] ?? 0).split('.')[2] : '';
      }),
    );
    expect(spines.size).toBe(8);
  });
});
