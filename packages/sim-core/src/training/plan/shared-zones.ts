import { closShape, leafOf, podOf } from '../../platform/clos-shape.js';
import type { RankPlaces } from './placement-map.js';
import type { GroupKind, RankGrid } from './rank-grid.js';

/** A tier of switches whose uplinks many ranks share: leaves towards spines, or pods towards cores. */
export interface ZoneTier {
  readonly name: 'leaf' | 'pod';
  /** Switch (leaf or pod) behind which a rank's NIC is. */
  zoneOf(rank: number): number;
  /** All uplinks of one zone together; exact as one link, since sprayed packets load them alike. */
  readonly capacityBytesPerSecond: number;
}

/**
 * Tiers that can hold traffic back: those with more bandwidth below than above. Uplinks of a tier that is not oversubscribed
 * never bind before the NICs under them do, so leaving them out changes nothing.
 */
export function sharedTiers(places: RankPlaces): ZoneTier[] {
  const { cluster } = places;
  const { fabric } = cluster;
  if (fabric.kind !== 'clos') return [];
  if (fabric.oversubscription <= 1 && (fabric.spineOversubscription ?? 1) <= 1) return [];
  const shape = closShape(cluster);
  const leaf = (rank: number): number => leafOf(shape, places.nodeOf(rank), places.nicOf(rank) % places.nicsPerNode);
  const tiers: ZoneTier[] = [];
  if (shape.oversubscription > 1) {
    tiers.push({ name: 'leaf', zoneOf: leaf, capacityBytesPerSecond: shape.leafUplinkBytesPerSecond });
  }
  if (shape.tiers === 3 && shape.spineOversubscription > 1) {
    tiers.push({
      name: 'pod',
      zoneOf: (rank) => podOf(shape, leaf(rank)),
      capacityBytesPerSecond: shape.podUplinkBytesPerSecond,
    });
  }
  return tiers;
}

/** Share of a rank's NIC traffic in a collective that leaves its zone and that comes into it. */
export interface Crossing {
  readonly out: number;
  readonly in: number;
}

const none: Crossing = { out: 0, in: 0 };

/** Rings cross where a rank's neighbour in the next domain is in another zone; an all-to-all by how many members are outside. */
export function groupCrossing(
  grid: RankGrid,
  places: RankPlaces,
  tier: ZoneTier,
  kind: GroupKind,
  rank: number,
): Crossing {
  const size = grid.groupSize(kind);
  const stride = grid.groupStride(kind);
  const base = grid.groupBase(kind, rank);
  const domain = places.domainOf(rank);
  const zone = tier.zoneOf(rank);
  let together = 0;
  let outside = 0;
  for (let i = 0; i < size; i++) {
    const member = base + i * stride;
    if (places.domainOf(member) === domain) together++;
    else if (tier.zoneOf(member) !== zone) outside++;
  }
  if (together === size) return none;
  if (kind === 'expert') {
    const share = outside / (size - together);
    return { out: share, in: share };
  }
  const index = (rank - base) / stride;
  const next = base + ((index + together) % size) * stride;
  const previous = base + ((index - together + size) % size) * stride;
  return { out: tier.zoneOf(next) === zone ? 0 : 1, in: tier.zoneOf(previous) === zone ? 0 : 1 };
}

/** True when a rank and the rank of the same coordinates at another stage are in different zones. */
export function messageCrosses(grid: RankGrid, tier: ZoneTier, rank: number, stages: number): boolean {
  return tier.zoneOf(rank) !== tier.zoneOf(rank + stages * grid.stageRanks);
}
