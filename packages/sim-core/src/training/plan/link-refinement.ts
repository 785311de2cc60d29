import type { LinkUse, SharedLink, UseLabel } from './link-use.js';
import type { RankBlocks } from './rank-blocks.js';
import type { RankGrid } from './rank-grid.js';
import { type Colouring, colouringOf, refine } from './refinement.js';

/** Shares are sums of fractions: equal ones may differ in their last digits. */
const shown = (share: number): string => share.toPrecision(12);

/** What a label puts on a link, by the colours of the ranks, and of each group of it by how much. */
function useKey(grid: RankGrid, label: UseLabel, uses: readonly LinkUse[], colourOf: (rank: number) => number): string {
  const byColour = new Map<number, number>();
  const byGroup = new Map<number, number>();
  for (const { rank, share } of uses) {
    const colour = colourOf(rank);
    byColour.set(colour, (byColour.get(colour) ?? 0) + share);
    if (isHop(label)) continue;
    const group = grid.groupBase(label, rank);
    byGroup.set(group, (byGroup.get(group) ?? 0) + share);
  }
  const colours = [...byColour].sort((a, b) => a[0] - b[0]).map(([colour, share]) => `${colour}:${shown(share)}`);
  const groups = [...byGroup.values()].sort((a, b) => a - b).map(shown);
  return `${label}=${colours.join(',')};${groups.join(',')}`;
}

const isHop = (label: UseLabel): label is `hop ${number}` => label.startsWith('hop');

/** What makes a link alike to others under a colouring: its capacity and what each activity puts on it. */
export function linkKey(grid: RankGrid, link: SharedLink, colourOf: (rank: number) => number): string {
  const uses = [...link.uses].map(([label, all]) => useKey(grid, label, all, colourOf)).sort();
  return `${link.capacityBytesPerSecond}|${uses.join('|')}`;
}

/**
 * The coarsest colouring that is equitable over groups and over shared links (spec/model.md section 8): ranks of one colour use
 * links of the same colours with the same shares, and links of one colour carry the same shares of each colour of ranks.
 */
export function refineWithLinks(
  blocks: RankBlocks,
  initial: Colouring,
  grid: RankGrid,
  links: readonly SharedLink[],
): Colouring {
  let current = refine(blocks, initial);
  if (links.length === 0) return current;
  for (;;) {
    const colourOf = (rank: number): number => current.colourOf[blocks.blockOf(rank)] ?? 0;
    const colours = new Map<string, number>();
    const used: string[][] = Array.from({ length: blocks.count }, () => []);
    for (const link of links) {
      const key = linkKey(grid, link, colourOf);
      const colour = colours.get(key) ?? colours.size;
      colours.set(key, colour);
      for (const [label, uses] of link.uses) {
        for (const { rank, share } of uses) used[blocks.blockOf(rank)]?.push(`${label}:${shown(share)}:${colour}`);
      }
    }
    const finer = refine(
      blocks,
      colouringOf(used.map((signature, block) => `${current.colourOf[block]}/${signature.sort().join(' ')}`)),
    );
    if (finer.colours === current.colours) return current;
    current = finer;
  }
}
