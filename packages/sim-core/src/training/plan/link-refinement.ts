import { isHop, type LinkTable, type LinkUse, type SharedLink, type UseLabel } from './link-use.js';
import type { RankBlocks } from './rank-blocks.js';
import type { RankGrid } from './rank-grid.js';
import {
  attempts,
  type Colouring,
  colouringOf,
  finest,
  isEquitable,
  mix,
  refine,
  refineOnce,
  saltOf,
} from './refinement.js';

/** Shares are sums of fractions: equal ones may differ in their last digits. */
const rounded = (share: number): number => Math.round(share * 1e9);

/** Shares of the ranks of each colour in what a label puts on a link, in order of colour. */
function sharesByColour(uses: readonly LinkUse[], colourOf: (rank: number) => number): [number, number][] {
  const sums = new Map<number, number>();
  for (const { rank, share, ranks } of uses) {
    const colour = colourOf(rank);
    sums.set(colour, (sums.get(colour) ?? 0) + share * ranks);
  }
  return [...sums].sort((a, b) => a[0] - b[0]);
}

/** How many groups of a label put how much on a link. */
function sharesOfGroups(grid: RankGrid, label: UseLabel, uses: readonly LinkUse[]): string {
  if (isHop(label)) return '';
  const byGroup = new Map<number, { sum: number; groups: number }>();
  for (const { rank, share, ranks, together } of uses) {
    const base = grid.groupBase(label, rank);
    const group = byGroup.get(base);
    if (group) group.sum += share * together;
    else byGroup.set(base, { sum: share * together, groups: ranks / together });
  }
  const alike = new Map<number, number>();
  for (const { sum, groups } of byGroup.values()) alike.set(rounded(sum), (alike.get(rounded(sum)) ?? 0) + groups);
  return [...alike]
    .sort((a, b) => a[0] - b[0])
    .map(([sum, count]) => `${count}x${sum}`)
    .join(',');
}

/** What a link is of its own: its capacity, and on which labels' groups its load is spread how. */
function ownKey(grid: RankGrid, { capacityBytesPerSecond, uses }: SharedLink): string {
  const groups = [...uses].map(([label, all]) => `${label}=${sharesOfGroups(grid, label, all)}`).sort();
  return `${capacityBytesPerSecond}|${groups.join('|')}`;
}

/** What makes a link alike to others under a colouring: what it is of its own and what each activity puts on it. */
export function linkKey(grid: RankGrid, link: SharedLink, colourOf: (rank: number) => number): string {
  const uses = [...link.uses].map(([label, all]) => {
    const shares = sharesByColour(all, colourOf).map(([colour, share]) => `${colour}:${rounded(share)}`);
    return `${label}=${shares.join(',')}`;
  });
  return `${ownKey(grid, link)}|${uses.sort().join('|')}`;
}

/** Rounds of refinement over links, in columns: every use of every link by its block, and every block's by its link. */
class LinkRounds {
  readonly #labels: readonly UseLabel[];
  /** First colours of the links, by what each is of its own. */
  readonly #own: Int32Array;
  /** Uses of each label of each link: runs of (block, share of all its ranks), from one start to the next. */
  readonly #runLink: Int32Array;
  readonly #runLabel: Int32Array;
  readonly #runStart: Int32Array;
  readonly #useBlock: Int32Array;
  readonly #useShare: Float64Array;

  constructor(
    readonly blocks: RankBlocks,
    grid: RankGrid,
    readonly table: LinkTable,
  ) {
    const runs = table.links.flatMap((link, l) => [...link.uses].map(([label, uses]) => ({ l, label, uses })));
    this.#labels = [...new Set(runs.map(({ label }) => label))];
    this.#own = colouringOf(table.links.map((link) => ownKey(grid, link))).colourOf;
    this.#runLink = Int32Array.from(runs, ({ l }) => l);
    this.#runLabel = Int32Array.from(runs, ({ label }) => this.#labels.indexOf(label));
    this.#runStart = new Int32Array(runs.length + 1);
    runs.forEach(({ uses }, r) => {
      this.#runStart[r + 1] = (this.#runStart[r] as number) + uses.length;
    });
    const all = this.#runStart[runs.length] as number;
    this.#useBlock = new Int32Array(all);
    this.#useShare = new Float64Array(all);
    let at = 0;
    for (const { uses } of runs) {
      for (const { rank, share, ranks } of uses) {
        this.#useBlock[at] = blocks.blockOf(rank);
        this.#useShare[at++] = share * ranks;
      }
    }
  }

  /** Colours after a round over hashed signatures: of links by their users, then of blocks by their links. */
  round({ colours, colourOf }: Colouring, salt: number): Colouring {
    const { table, blocks } = this;
    const links = this.#linkHashes(colours, colourOf, salt);
    const high = new Int32Array(blocks.count);
    const low = new Int32Array(blocks.count);
    for (const { block, label, share, link } of table.uses) {
      const use = mix(mix(this.#labels.indexOf(label) + 1, salt), rounded(share));
      high[block] = ((high[block] as number) + mix(mix(use, links.high[link] as number), 0x2545f491)) | 0;
      low[block] = ((low[block] as number) + mix(mix(use, links.low[link] as number), salt)) | 0;
    }
    const keys = Array.from(high, (h, block) => `${colourOf[block]}/${h}/${low[block]}`);
    return colouringOf(keys);
  }

  #linkHashes(colours: number, colourOf: Int32Array, salt: number): { high: Int32Array; low: Int32Array } {
    const high = this.#own.map((colour) => mix(colour, 0x51ed));
    const low = this.#own.map((colour) => mix(colour, salt));
    const sums = new Float64Array(colours);
    for (let r = 0; r < this.#runLink.length; r++) {
      const link = this.#runLink[r] as number;
      const label = mix(this.#runLabel[r] as number, salt ^ 0x6c8e9cf5);
      const start = this.#runStart[r] as number;
      const end = this.#runStart[r + 1] as number;
      for (let use = start; use < end; use++) {
        const colour = colourOf[this.#useBlock[use] as number] as number;
        sums[colour] = (sums[colour] as number) + (this.#useShare[use] as number);
      }
      for (let use = start; use < end; use++) {
        const colour = colourOf[this.#useBlock[use] as number] as number;
        const sum = sums[colour] as number;
        // Each colour counts once.
        if (sum === 0) continue;
        sums[colour] = 0;
        const part = mix(mix(label, colour), rounded(sum));
        high[link] = ((high[link] as number) + part) | 0;
        low[link] = ((low[link] as number) + mix(part, salt ^ 0x27d4)) | 0;
      }
    }
    return { high, low };
  }
}

/** True when a colouring is equitable over links as well (see refineWithLinks). */
export function isEquitableOverLinks(
  blocks: RankBlocks,
  colouring: Colouring,
  grid: RankGrid,
  { links, uses }: LinkTable,
): boolean {
  const colourOf = (rank: number): number => colouring.colourOf[blocks.blockOf(rank)] ?? 0;
  const colours = colouringOf(links.map((link) => linkKey(grid, link, colourOf))).colourOf;
  const used: string[][] = Array.from({ length: blocks.count }, () => []);
  for (const { block, label, share, link } of uses) used[block]?.push(`${label}:${rounded(share)}:${colours[link]}`);
  const seen: (string | undefined)[] = new Array(colouring.colours);
  return used.every((signature, block) => {
    const colour = colouring.colourOf[block] ?? 0;
    const key = signature.sort().join(' ');
    seen[colour] ??= key;
    return seen[colour] === key;
  });
}

/**
 * The coarsest colouring that is equitable over groups and over shared links (spec/model.md section 8): ranks of one colour use
 * links of the same colours with the same shares, and links of one colour carry the same shares of each colour of ranks.
 * Hashed for speed, checked exactly, and computed again with another salt in the unlikely case of a collision. Should all fail, no
 * two blocks are taken for alike, which is exact too.
 */
export function refineWithLinks(blocks: RankBlocks, initial: Colouring, grid: RankGrid, table: LinkTable): Colouring {
  if (table.links.length === 0) return refine(blocks, initial);
  const rounds = new LinkRounds(blocks, grid, table);
  for (let attempt = 1; attempt <= attempts; attempt++) {
    let current = initial;
    for (;;) {
      const finer = rounds.round(refineOnce(blocks, current, saltOf(attempt)), saltOf(attempt));
      if (finer.colours === current.colours) break;
      current = finer;
    }
    const every = current.colours === blocks.count;
    if (every || (isEquitable(blocks, current) && isEquitableOverLinks(blocks, current, grid, table))) return current;
  }
  return finest(blocks.count);
}
