import { hopLabel, hopsOf, type UseLabel } from './link-use.js';
import type { RankPlaces } from './placement-map.js';
import type { GroupKind, RankGrid } from './rank-grid.js';

/** A flow of a rank to another over the network, and its share of what the rank sends for that activity. */
export interface NetworkFlow {
  readonly label: UseLabel;
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

/**
 * Flows that leave the scale-up domains: rings from each rank to the next member in another domain, all-to-alls to each member
 * in another domain, messages to the same coordinates at other stages. In order of label, then of rank.
 */
export function networkFlows(
  grid: RankGrid,
  places: RankPlaces,
  kinds: readonly GroupKind[],
  take: (flow: NetworkFlow) => void,
): void {
  for (const kind of kinds) {
    for (let rank = 0; rank < grid.ranks; rank++) groupFlows(grid, places, kind, rank, take);
  }
  for (const hop of hopsOf(grid)) {
    for (let from = 0; from < grid.ranks; from++) {
      const to = from + hop * grid.stageRanks;
      if (to < 0 || to >= grid.ranks || places.domainOf(from) === places.domainOf(to)) continue;
      take({ label: hopLabel(hop), from, to, share: 1 });
    }
  }
}

function groupFlows(
  grid: RankGrid,
  places: RankPlaces,
  kind: GroupKind,
  rank: number,
  take: (flow: NetworkFlow) => void,
): void {
  const size = grid.groupSize(kind);
  if (size <= 1) return;
  const stride = grid.groupStride(kind);
  const base = grid.groupBase(kind, rank);
  const domain = places.domainOf(rank);
  if (kind !== 'expert') {
    const index = (rank - base) / stride;
    let together = 0;
    // Members of a domain follow one another: the ring goes on at the first that is elsewhere.
    for (let i = 0; i < size; i++) if (places.domainOf(base + i * stride) === domain) together++;
    if (together === size) return;
    take({ label: kind, from: rank, to: base + ((index + together) % size) * stride, share: 1 });
    return;
  }
  const outside: number[] = [];
  for (let i = 0; i < size; i++) {
    const member = base + i * stride;
    if (places.domainOf(member) !== domain) outside.push(member);
  }
  for (const to of outside) take({ label: kind, from: rank, to, share: 1 / outside.length });
}
