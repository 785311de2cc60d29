import type { Job } from '../job.js';
import type { GroupKind, RankGrid } from './rank-grid.js';

/** What activities of alike ranks put on a link: of each a share of the bytes that its NIC sends (or takes in) for it. */
export interface LinkUse {
  /** One of the ranks. */
  readonly rank: number;
  readonly share: number;
  /** How many ranks use the link so. */
  readonly ranks: number;
  /** How many of them are in one group, all of them or one in each. */
  readonly together: number;
}

/** Activities of ranks that cross the network: a collective by its kind of group, a message by how many stages it goes. */
export type UseLabel = GroupKind | `hop ${number}`;

export const hopLabel = (stages: number): UseLabel => `hop ${stages}`;

export const isHop = (label: UseLabel): label is `hop ${number}` => label.startsWith('hop');

/** A link of the fabric, one direction, that can hold traffic back. */
export interface SharedLink {
  readonly capacityBytesPerSecond: number;
  readonly uses: ReadonlyMap<UseLabel, readonly LinkUse[]>;
}

/** One use of a link by a block of ranks: by each of them, of one link of the class that `link` stands for. */
export interface BlockUse {
  readonly block: number;
  readonly label: UseLabel;
  readonly share: number;
  /** Index into the links. */
  readonly link: number;
}

/** Links that can hold traffic back, one or more of each class, and what each block of ranks puts on them. */
export interface LinkTable {
  readonly links: readonly SharedLink[];
  readonly uses: readonly BlockUse[];
}

export const noLinks: LinkTable = { links: [], uses: [] };

/** True when chunks lie around the pipeline, so that the last stage sends to the first. */
export function wrapsAround({ parallel, schedule }: Job): boolean {
  if (typeof schedule === 'string') return schedule === 'interleaved' && parallel.virtualStages > 1;
  return schedule.layout === 'interleaved' && schedule.order.some((row) => row.some(({ chunk }) => chunk > 0));
}

/** Stage distances over which messages go: to the neighbours, and around from the last stage to the first. */
export function hopsOf(grid: RankGrid, wraps: boolean): number[] {
  const stages = grid.parallel.pipeline;
  if (stages <= 1) return [];
  return [...new Set(wraps ? [1, -1, stages - 1, 1 - stages] : [1, -1])];
}

/** Adds to what a label puts on a link. */
export function addUse(uses: Map<UseLabel, LinkUse[]>, label: UseLabel, use: LinkUse): void {
  const known = uses.get(label);
  if (known) known.push(use);
  else uses.set(label, [use]);
}

/** Links with the uses of each of their ranks, where each block is one rank. */
export function linkTableOf(links: readonly SharedLink[], blockOf: (rank: number) => number): LinkTable {
  const uses = links.flatMap(({ uses: byLabel }, link) =>
    [...byLabel].flatMap(([label, all]) =>
      all.map(({ rank, share }): BlockUse => ({ block: blockOf(rank), label, share, link })),
    ),
  );
  return { links, uses };
}
