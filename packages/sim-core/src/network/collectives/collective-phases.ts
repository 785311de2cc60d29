import { type CollectiveAlgorithm, inSwitch, members, type Step, type Transfer } from './algorithms/algorithm.js';
import { halvingDoubling } from './algorithms/halving-doubling.js';
import { pat } from './algorithms/pat.js';
import { recursiveDoubling } from './algorithms/recursive-doubling.js';
import { doubleBinaryTree } from './algorithms/tree.js';
import { ringOrders } from './ring-channels.js';
import { torusRing } from './torus-rings.js';
import type { CollectiveOp, GroupLayout } from './types.js';

/** Among whom members deal: all, those of the same domain, or those at the same place in each domain (a rail). */
export type Dealing = 'all' | 'inside' | 'rails';

/** What of a collective runs at the same time, for one byte of S. */
export interface Phase {
  readonly transfers: Step;
  /** Each member deals its bytes out in equal parts, of which it keeps one. */
  readonly everyPair?: Dealing;
  /** Bytes that switches add up on their way to the last of each transfer's two ends, and copy on the way back. */
  readonly summed?: Step;
}

/** Phases that follow one another; `steps` when each also is a hop of its own. */
export interface CollectivePhases {
  readonly phases: Iterable<Phase>;
  readonly steps: boolean;
}

/** Members of a group by scale-up domain: domain d holds those from d times ranksPerDomain on, the last one what is left. */
function byDomain({ ranks, ranksPerDomain, domains }: GroupLayout): number[][] {
  return members(domains).map((domain) =>
    members(Math.min(ranksPerDomain, ranks - domain * ranksPerDomain)).map((i) => domain * ranksPerDomain + i),
  );
}

const roundsOf = (op: CollectiveOp): number => (op === 'all_reduce' ? 2 : 1);

/** Channels of a ring, each through all members, with the bytes of all its steps (ring-channels.ts). */
function rings(op: CollectiveOp, group: GroupLayout): Transfer[] {
  const { ranks, ranksPerDomain } = group;
  const orders = ringOrders(members(ranks).map((member) => Math.floor(member / ranksPerDomain)));
  const open = op === 'broadcast' || op === 'reduce';
  const bytes = (open ? 1 : (roundsOf(op) * (ranks - 1)) / ranks) / orders.length;
  return orders.flatMap((order) =>
    order.slice(0, open ? -1 : undefined).map((from, i) => {
      const to = order[(i + 1) % ranks] ?? 0;
      return op === 'reduce' ? { from: to, to: from, bytes } : { from, to, bytes };
    }),
  );
}

/** The same between domains on each rail; a smaller domain has members on several. `edges` are of domains, bytes of all rails. */
function onRails(group: GroupLayout, edges: readonly Transfer[]): Transfer[] {
  const domains = byDomain(group);
  const { ranksPerDomain } = group;
  const at = (domain: number, rail: number): number => {
    const inside = domains[domain] ?? [];
    return inside[rail % inside.length] ?? 0;
  };
  return members(ranksPerDomain).flatMap((rail) =>
    edges.map(({ from, to, bytes }) => ({ from: at(from, rail), to: at(to, rail), bytes: bytes / ranksPerDomain })),
  );
}

/** Edges of a double binary tree over domains, with what goes up and down. */
function trees(domains: number): Transfer[] {
  return doubleBinaryTree(domains).flatMap((edges) =>
    edges.flatMap(([child, parent]) => [
      { from: child, to: parent, bytes: 1 / 2 },
      { from: parent, to: child, bytes: 1 / 2 },
    ]),
  );
}

/** Ring over domains: a chunk to be reduced passes every hop but the one out of its own domain, a gathered one but the one into it. */
function domainRing(op: CollectiveOp, { ranks, ranksPerDomain, domains }: GroupLayout): Transfer[] {
  if (domains === 1) return [];
  const part = (domain: number): number => Math.min(ranksPerDomain, ranks - domain * ranksPerDomain) / ranks;
  return members(domains).map((from) => {
    const to = (from + 1) % domains;
    const scattered = op === 'all_gather' ? 0 : 1 - part(from);
    const gathered = op === 'reduce_scatter' ? 0 : 1 - part(to);
    return { from, to, bytes: scattered + gathered };
  });
}

/** Rings inside every domain, `bytes` on each hop. */
function insideRings(group: GroupLayout, bytesOf: (size: number) => number): Transfer[] {
  return byDomain(group).flatMap((inside) =>
    inside.length === 1
      ? []
      : inside.map((from, i) => ({ from, to: inside[(i + 1) % inside.length] ?? 0, bytes: bytesOf(inside.length) })),
  );
}

/** Chains of NCCL's trees inside every domain: everything up and everything down. */
function chains(group: GroupLayout): Transfer[] {
  return byDomain(group).flatMap((inside) =>
    inside.slice(1).flatMap((to, i) => {
      const from = inside[i] ?? 0;
      return [
        { from, to, bytes: 1 },
        { from: to, to: from, bytes: 1 },
      ];
    }),
  );
}

/** Each member and the switch that reduces. */
function ports(ranks: number, bytes: number): Transfer[] {
  return members(ranks).flatMap((member) => [
    { from: member, to: inSwitch, bytes },
    { from: inSwitch, to: member, bytes },
  ]);
}

function shift(ranks: number, distance: number, bytes: number): Transfer[] {
  return members(ranks).map((from) => ({ from, to: (from + distance) % ranks, bytes }));
}

const dealt = (everyPair: Dealing): Phase => ({ transfers: [], everyPair });

const together = (phase: Phase): CollectivePhases => ({ phases: [phase], steps: false });

const inSteps = (steps: readonly Step[]): CollectivePhases => ({
  phases: steps.map((transfers) => ({ transfers })),
  steps: true,
});

/**
 * The transfers of a collective on a group of packed domains, as its algorithm really sends them: the channels of NCCL's rings and
 * trees, rails, exchanges of any two members (spec/model.md 5.2 and 6.2).
 * @param dims Extents of the torus on which the group sits, if it does.
 * @param distances Distances around the group that a pairwise exchange takes its steps from.
 */
export function collectivePhases(
  group: GroupLayout,
  op: CollectiveOp,
  algorithm: string | CollectiveAlgorithm,
  dims: readonly number[] | undefined,
  distances: readonly number[],
): CollectivePhases {
  const { ranks, ranksPerDomain: local, domains } = group;
  if (typeof algorithm === 'object') {
    const steps = algorithm.steps(op, ranks, 1);
    return algorithm.pipelined ? together({ transfers: steps.flat() }) : inSteps(steps);
  }
  const rounds = roundsOf(op);
  switch (algorithm) {
    case 'tree':
      return together({ transfers: [...chains(group), ...onRails(group, trees(domains))] });
    case 'nvls':
      return together({ transfers: ports(ranks, op === 'all_reduce' ? 1 + 1 / ranks : (ranks - 1) / ranks) });
    case 'nvls-tree':
      return together({ transfers: [...ports(ranks, 1 + 1 / local), ...onRails(group, trees(domains))] });
    case 'sharp': {
      const toFirst = members(domains - 1).map((i) => ({ from: i + 1, to: 0, bytes: 1 }));
      return together({
        transfers: insideRings(group, (size) => (2 * (size - 1)) / size),
        summed: onRails(group, toFirst),
      });
    }
    case 'hierarchical':
      return together({
        transfers: [
          ...insideRings(group, (size) => (rounds * (size - 1)) / size),
          ...onRails(group, domainRing(op, group)),
        ],
      });
    case 'pat':
      return inSteps(pat.steps(op, ranks, 1));
    case 'halving-doubling':
      return inSteps(halvingDoubling.steps(op, ranks, 1));
    case 'recursive-doubling':
      return inSteps(recursiveDoubling.steps(op, ranks, 1));
    case 'pairwise':
      return { phases: shifts(ranks, distances), steps: true };
    case 'hierarchical-all-to-all':
      return { phases: (domains > 1 ? (['inside', 'rails'] as const) : (['all'] as const)).map(dealt), steps: true };
    case 'posted':
      if (op === 'all_to_all') return { phases: [dealt('all')], steps: true };
      return inSteps([shift(ranks, 1, 1)]);
    default:
      if (dims && op !== 'broadcast' && op !== 'reduce')
        return together({ transfers: torusRing(dims, members(ranks), rounds) });
      return together({ transfers: rings(op, group) });
  }
}

/** One phase a distance; where only some distances are taken, each stands for the others too. */
function* shifts(ranks: number, distances: readonly number[]): Generator<Phase> {
  const bytes = (ranks - 1) / ranks / Math.max(1, distances.length);
  for (const distance of distances) yield { transfers: shift(ranks, distance, bytes) };
}
