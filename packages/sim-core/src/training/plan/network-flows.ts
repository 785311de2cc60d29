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
 * in another domain, messages to the same coordinates at other stages.
 */
export class NetworkFlows {
  readonly #hops: readonly number[];

  /** @param wraps Messages go from the last stage to the first, too. */
  constructor(
    readonly grid: RankGrid,
    readonly places: RankPlaces,
    readonly kinds: readonly GroupKind[],
    wraps: boolean,
  ) {
    this.#hops = hopsOf(grid, wraps);
  }

  /** All flows, in order of label, then of rank. */
  all(take: (flow: NetworkFlow) => void): void {
    const { ranks } = this.grid;
    for (const kind of this.kinds) for (let rank = 0; rank < ranks; rank++) this.#ofGroup(kind, rank, take);
    for (const hop of this.#hops) for (let rank = 0; rank < ranks; rank++) this.#ofHop(hop, rank, take);
  }

  /** Flows that one rank sends. */
  from(rank: number, take: (flow: NetworkFlow, hop?: number) => void): void {
    for (const kind of this.kinds) this.#ofGroup(kind, rank, take);
    for (const hop of this.#hops) this.#ofHop(hop, rank, (flow) => take(flow, hop));
  }

  #ofHop(hop: number, from: number, take: (flow: NetworkFlow) => void): void {
    const { grid, places } = this;
    const to = from + hop * grid.stageRanks;
    if (to < 0 || to >= grid.ranks || places.domainOf(from) === places.domainOf(to)) return;
    take({ label: hopLabel(hop), from, to, share: 1 });
  }

  #ofGroup(kind: GroupKind, rank: number, take: (flow: NetworkFlow) => void): void {
    const { grid, places } = this;
    const size = grid.groupSize(kind);
    if (size <= 1) return;
    const stride = grid.groupStride(kind);
    const base = grid.groupBase(kind, rank);
    // Members of a domain follow one another.
    const firstRank = places.domainOf(rank) * places.domainRanks;
    const first = Math.max(0, Math.ceil((firstRank - base) / stride));
    const last = Math.min(size - 1, Math.floor((firstRank + places.domainRanks - 1 - base) / stride));
    const together = last - first + 1;
    if (together === size) return;
    if (kind === 'expert') {
      const share = 1 / (size - together);
      for (let i = 0; i < size; i++) {
        if (i < first || i > last) take({ label: kind, from: rank, to: base + i * stride, share });
      }
      return;
    }
    // The ring goes on at the first member that is elsewhere.
    const index = (rank - base) / stride;
    take({ label: kind, from: rank, to: base + ((index + together) % size) * stride, share: 1 });
  }
}
