import type { GroupKind, RankGrid } from './rank-grid.js';

/** What one activity of a rank puts on a link: a share of the bytes that the rank's NIC sends (or takes in) for it. */
export interface LinkUse {
  readonly rank: number;
  readonly share: number;
}

/** Activities of ranks that cross the network: a collective by its kind of group, a message by how many stages it goes. */
export type UseLabel = GroupKind | `hop ${number}`;

export const hopLabel = (stages: number): UseLabel => `hop ${stages}`;

/** A link of the fabric, one direction, that can hold traffic back. */
export interface SharedLink {
  readonly capacityBytesPerSecond: number;
  readonly uses: ReadonlyMap<UseLabel, readonly LinkUse[]>;
}

/** Stage distances over which messages go: to the neighbours, and around from the last stage to the first. */
export function hopsOf(grid: RankGrid): number[] {
  const stages = grid.parallel.pipeline;
  return stages > 1 ? [...new Set([1, -1, stages - 1, 1 - stages])] : [];
}

/** Adds to what a label puts on a link. */
export function addUse(uses: Map<UseLabel, LinkUse[]>, label: UseLabel, use: LinkUse): void {
  const known = uses.get(label);
  if (known) known.push(use);
  else uses.set(label, [use]);
}
