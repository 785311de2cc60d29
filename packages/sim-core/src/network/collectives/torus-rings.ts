import { members, type Transfer } from './algorithms/algorithm.js';

/** Extents of the box that the first `ranks` chips of a torus fill; undefined when they end inside a row, plane or layer. */
export function boxOf(dims: readonly number[], ranks: number): number[] | undefined {
  let left = ranks;
  const box: number[] = [];
  for (const extent of dims) {
    if (left >= extent && left % extent !== 0) return undefined;
    box.push(Math.min(left, extent));
    left = Math.max(1, Math.floor(left / extent));
  }
  return left === 1 ? box : undefined;
}

/**
 * Hops of a ring collective on the first `ranks` chips of a torus, for one byte of each member's buffer: rings along each dimension
 * in turn, what is left shrinking by its extent, in as many parts as there are dimensions, each of which starts with another one,
 * and each part both ways round, so that all links carry their share (spec/model.md 6.2). Chips that fill no box: one ring through
 * them in order, both ways.
 * @param rounds 2 for an all-reduce, 1 for either half of it.
 */
export function torusRing(dims: readonly number[], ranks: number, rounds: number): Transfer[] {
  const box = boxOf(dims, ranks);
  if (!box) {
    const bytes = ((ranks - 1) / ranks) * (rounds / 2);
    return members(ranks).flatMap((chip) => {
      const next = (chip + 1) % ranks;
      return [
        { from: chip, to: next, bytes },
        { from: next, to: chip, bytes },
      ];
    });
  }
  const long = box.map((_, d) => d).filter((d) => (box[d] ?? 1) > 1);
  const strides = box.map((_, d) => box.slice(0, d).reduce((product, extent) => product * extent, 1));
  return long.flatMap((d, position) => {
    const extent = box[d] ?? 1;
    const stride = strides[d] ?? 1;
    let share = 0;
    long.forEach((_, start) => {
      // The part that starts with dimension `start` comes to this one after those between.
      let left = 1 / (2 * long.length);
      for (let at = start; at !== position; at = (at + 1) % long.length) left /= box[long[at] ?? 0] ?? 1;
      share += left;
    });
    const bytes = (rounds * share * (extent - 1)) / extent;
    return members(ranks).flatMap((chip) => {
      const place = Math.floor(chip / stride) % extent;
      const next = chip + (((place + 1) % extent) - place) * stride;
      return [
        { from: chip, to: next, bytes },
        { from: next, to: chip, bytes },
      ];
    });
  });
}
