import type { Step } from './algorithm.js';

/** Greatest power of two that is not above `ranks`, and its logarithm. */
export function powerBelow(ranks: number): { readonly power: number; readonly log: number } {
  const log = 31 - Math.clz32(ranks);
  return { power: 2 ** log, log };
}

/**
 * Members beyond a power of two hand all their bytes to a member inside before, and get the result after (Rabenseifner 2004).
 * Both steps are empty when `ranks` is a power of two.
 */
export function folding(ranks: number, bytes: number): { readonly before: Step[]; readonly after: Step[] } {
  const { power } = powerBelow(ranks);
  if (power === ranks) return { before: [], after: [] };
  const extra = Array.from({ length: ranks - power }, (_, i) => i);
  return {
    before: [extra.map((i) => ({ from: power + i, to: i, bytes }))],
    after: [extra.map((i) => ({ from: i, to: power + i, bytes }))],
  };
}

/** One step in which each of `power` members exchanges bytes with the member at a distance of a power of two. */
export function exchange(power: number, distance: number, bytes: number): Step {
  return Array.from({ length: power }, (_, from) => ({ from, to: from ^ distance, bytes }));
}
