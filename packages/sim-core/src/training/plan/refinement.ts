import type { RankBlocks } from './rank-blocks.js';

/** A partition of blocks: colours are dense integers in order of first appearance. */
export interface Colouring {
  readonly colours: number;
  readonly colourOf: Int32Array;
}

/** Mixes two whole numbers into one of 32 bits. */
export const mix = (a: number, b: number): number => {
  let h = Math.imul(a ^ b, 0x9e3779b1);
  h ^= h >>> 15;
  h = Math.imul(h, 0x85ebca77);
  return h ^ (h >>> 13);
};

/** Gives equal keys equal dense colours. Keys are compared exactly. */
export function colouringOf(keys: readonly string[]): Colouring {
  const ids = new Map<string, number>();
  const colourOf = new Int32Array(keys.length);
  keys.forEach((key, block) => {
    const known = ids.get(key);
    if (known === undefined) ids.set(key, ids.size);
    colourOf[block] = known ?? ids.size - 1;
  });
  return { colours: ids.size, colourOf };
}

/** One round over hashed signatures: of each block by the colours in its groups and one stage before and after. */
export function refineOnce(blocks: RankBlocks, colouring: Colouring, salt: number): Colouring {
  const { count, memberships, nextStage } = blocks;
  const colour = colouring.colourOf;
  const high = new Int32Array(count);
  const low = new Int32Array(count);
  const fold = (block: number, h: number, l: number): void => {
    high[block] = mix(high[block] ?? 0, h);
    low[block] = mix((low[block] ?? 0) ^ salt, l);
  };
  for (let block = 0; block < count; block++) fold(block, colour[block] ?? 0, (colour[block] ?? 0) + 0x51ed);
  for (const { groupOf, weight, groups } of memberships) {
    const groupHigh = new Int32Array(groups);
    const groupLow = new Int32Array(groups);
    for (let block = 0; block < count; block++) {
      const group = groupOf[block] ?? 0;
      const ranks = weight[block] ?? 0;
      // Sums commute, so the order of a group's members does not matter; weights make them sums over ranks, not blocks.
      groupHigh[group] = ((groupHigh[group] ?? 0) + Math.imul(ranks, mix(colour[block] ?? 0, 0x2545f491))) | 0;
      groupLow[group] = ((groupLow[group] ?? 0) + Math.imul(ranks, mix(colour[block] ?? 0, salt ^ 0x6c8e9cf5))) | 0;
    }
    for (let block = 0; block < count; block++) {
      const group = groupOf[block] ?? 0;
      fold(block, groupHigh[group] ?? 0, groupLow[group] ?? 0);
    }
  }
  const ahead = new Int32Array(count).fill(-1);
  const behind = new Int32Array(count).fill(-1);
  for (let block = 0; block < count; block++) {
    const next = nextStage[block] ?? -1;
    if (next < 0) continue;
    ahead[block] = colour[next] ?? -1;
    behind[next] = colour[block] ?? -1;
  }
  const ids = new Map<number, number>();
  const colourOf = new Int32Array(count);
  for (let block = 0; block < count; block++) {
    fold(block, ahead[block] ?? -1, ahead[block] ?? -1);
    fold(block, behind[block] ?? -1, behind[block] ?? -1);
    const key = (high[block] ?? 0) * 0x200000 + ((low[block] ?? 0) & 0x1fffff);
    const known = ids.get(key);
    if (known === undefined) ids.set(key, ids.size);
    colourOf[block] = known ?? ids.size - 1;
  }
  return { colours: ids.size, colourOf };
}

/**
 * True when a colouring is equitable: any two blocks of one colour have, for each kind of group, groups with the same
 * number of ranks of each colour, and neighbours of the same colour one stage before and after (spec/model.md section 8).
 */
export function isEquitable(blocks: RankBlocks, colouring: Colouring): boolean {
  const colour = colouring.colourOf;
  for (const { groupOf, weight, groups } of blocks.memberships) {
    const members: [number, number][][] = Array.from({ length: groups }, () => []);
    for (let block = 0; block < blocks.count; block++) {
      members[groupOf[block] ?? 0]?.push([colour[block] ?? 0, weight[block] ?? 0]);
    }
    const signatures = members.map((list) => {
      const sums = new Map<number, number>();
      for (const [c, w] of list) sums.set(c, (sums.get(c) ?? 0) + w);
      return [...sums].sort((a, b) => a[0] - b[0]).join(';');
    });
    const seen: (string | undefined)[] = new Array(colouring.colours);
    for (let block = 0; block < blocks.count; block++) {
      const signature = signatures[groupOf[block] ?? 0];
      const c = colour[block] ?? 0;
      if (seen[c] === undefined) seen[c] = signature;
      else if (seen[c] !== signature) return false;
    }
  }
  const next = new Int32Array(colouring.colours).fill(-2);
  const previous = new Int32Array(colouring.colours).fill(-2);
  const agree = (column: Int32Array, at: number, value: number): boolean => {
    if (column[at] === -2) column[at] = value;
    return column[at] === value;
  };
  const behind = new Int32Array(blocks.count).fill(-1);
  for (let block = 0; block < blocks.count; block++) {
    const ahead = blocks.nextStage[block] ?? -1;
    if (ahead >= 0) behind[ahead] = colour[block] ?? 0;
    if (!agree(next, colour[block] ?? 0, ahead < 0 ? -1 : (colour[ahead] ?? 0))) return false;
  }
  for (let block = 0; block < blocks.count; block++) {
    if (!agree(previous, colour[block] ?? 0, behind[block] ?? -1)) return false;
  }
  return true;
}

/** How often hashes are salted anew before blocks are taken for different, each from each. */
export const attempts = 6;

/** Each block a colour of its own. */
export const finest = (blocks: number): Colouring => ({
  colours: blocks,
  colourOf: Int32Array.from({ length: blocks }, (_, block) => block),
});

/** Salt of the hashes of an attempt. */
export const saltOf = (attempt: number): number => Math.imul(attempt, 0x27d4eb2f);

/**
 * Coarsest equitable refinement of an initial colouring, by colour refinement (1-dimensional Weisfeiler-Leman;
 * spec/model.md section 8). Colours are hashed to 53 bits for speed; the result is checked exactly, and computed again with
 * another salt in the unlikely case of a collision.
 */
export function refine(blocks: RankBlocks, initial: Colouring): Colouring {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    let current = initial;
    for (;;) {
      const finer = refineOnce(blocks, current, saltOf(attempt));
      if (finer.colours === current.colours) break;
      current = finer;
    }
    if (current.colours === blocks.count || isEquitable(blocks, current)) return current;
  }
  return finest(blocks.count);
}
