import { members, type Transfer } from './algorithms/algorithm.js';

/** Chips of a box of a torus that need not be neighbours: along each dimension the coordinates that it takes, in order. */
type Box = readonly (readonly number[])[];

/** Box that chips fill: every combination of their coordinates is one of them. Undefined when some are missing. */
function boxOfChips(dims: readonly number[], chips: readonly number[]): Box | undefined {
  let stride = 1;
  const box = dims.map((extent) => {
    const taken = new Set(chips.map((chip) => Math.floor(chip / stride) % extent));
    stride *= extent;
    return [...taken].sort((a, b) => a - b);
  });
  return box.reduce((product, taken) => product * taken.length, 1) === chips.length ? box : undefined;
}

/** Extents of the box that the first `ranks` chips of a torus fill; undefined when they end inside a row, plane or layer. */
export function boxOf(dims: readonly number[], ranks: number): number[] | undefined {
  return boxOfChips(dims, members(ranks))?.map(({ length }) => length);
}

/**
 * Hops of a ring collective on chips of a torus, for one byte of each member's buffer: rings along each dimension in turn, what is
 * left shrinking by its extent, in as many parts as there are dimensions, each of which starts with another one, and each part
 * both ways round, so that all links carry their share (spec/model.md 6.2). Chips that fill no box: one ring through them in
 * their order, both ways.
 * @param chips Of the members, each another one; transfers are between chips.
 * @param rounds 2 for an all-reduce, 1 for either half of it.
 */
export function torusRing(dims: readonly number[], chips: readonly number[], rounds: number): Transfer[] {
  const box = boxOfChips(dims, chips);
  if (!box) {
    const bytes = ((chips.length - 1) / chips.length) * (rounds / 2);
    return chips.flatMap((chip, i) => {
      const next = chips[(i + 1) % chips.length] ?? chip;
      return [
        { from: chip, to: next, bytes },
        { from: next, to: chip, bytes },
      ];
    });
  }
  const extentOf = (d: number): number => box[d]?.length ?? 1;
  const long = box.map((_, d) => d).filter((d) => extentOf(d) > 1);
  const strides = dims.map((_, d) => dims.slice(0, d).reduce((product, extent) => product * extent, 1));
  return long.flatMap((d, position) => {
    const taken = box[d] ?? [];
    const stride = strides[d] ?? 1;
    const following = new Map(taken.map((at, i) => [at, taken[(i + 1) % taken.length] ?? at]));
    let share = 0;
    long.forEach((_, start) => {
      // The part that starts with dimension `start` comes to this one after those between.
      let left = 1 / (2 * long.length);
      for (let at = start; at !== position; at = (at + 1) % long.length) left /= extentOf(long[at] ?? 0);
      share += left;
    });
    const bytes = (rounds * share * (taken.length - 1)) / taken.length;
    return chips.flatMap((chip) => {
      const place = Math.floor(chip / stride) % (dims[d] ?? 1);
      const next = chip + ((following.get(place) ?? place) - place) * stride;
      return [
        { from: chip, to: next, bytes },
        { from: next, to: chip, bytes },
      ];
    });
  });
}
