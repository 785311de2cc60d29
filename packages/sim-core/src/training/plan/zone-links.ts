import { closShape, leafOf, podOf } from '../../platform/clos-shape.js';
import { addUse, type LinkUse, type SharedLink, type UseLabel } from './link-use.js';
import { networkFlows } from './network-flows.js';
import type { RankPlaces } from './placement-map.js';
import type { GroupKind, RankGrid } from './rank-grid.js';

/** A tier of switches whose uplinks many ranks share: leaves towards spines, or pods towards cores. */
interface ZoneTier {
  /** Switch (leaf or pod) behind which a rank's NIC is. */
  zoneOf(rank: number): number;
  /** All uplinks of one zone together; exact as one link, since sprayed packets load them alike. */
  readonly capacityBytesPerSecond: number;
}

/**
 * Tiers that can hold sprayed traffic back: those with more bandwidth below than above. Uplinks of a tier that is not
 * oversubscribed never bind before the NICs under them do, so leaving them out changes nothing.
 */
function sharedTiers(places: RankPlaces): ZoneTier[] {
  const { cluster } = places;
  const { fabric } = cluster;
  if (fabric.kind !== 'clos') return [];
  if (fabric.oversubscription <= 1 && (fabric.spineOversubscription ?? 1) <= 1) return [];
  const shape = closShape(cluster);
  const leaf = (rank: number): number => leafOf(shape, places.nodeOf(rank), places.nicOf(rank) % places.nicsPerNode);
  const tiers: ZoneTier[] = [];
  if (shape.oversubscription > 1) {
    tiers.push({ zoneOf: leaf, capacityBytesPerSecond: shape.leafUplinkBytesPerSecond });
  }
  if (shape.tiers === 3 && shape.spineOversubscription > 1) {
    tiers.push({ zoneOf: (rank) => podOf(shape, leaf(rank)), capacityBytesPerSecond: shape.podUplinkBytesPerSecond });
  }
  return tiers;
}

/** The uplinks of each oversubscribed zone as one link, and its downlinks as another. */
export function zoneLinks(grid: RankGrid, places: RankPlaces, kinds: readonly GroupKind[]): SharedLink[] {
  const tiers = sharedTiers(places);
  if (tiers.length === 0) return [];
  const links = tiers.map(() => ({
    up: new Map<number, Map<UseLabel, LinkUse[]>>(),
    down: new Map<number, Map<UseLabel, LinkUse[]>>(),
  }));
  const usesOf = (zones: Map<number, Map<UseLabel, LinkUse[]>>, zone: number): Map<UseLabel, LinkUse[]> => {
    const known = zones.get(zone);
    if (known) return known;
    const uses = new Map<UseLabel, LinkUse[]>();
    zones.set(zone, uses);
    return uses;
  };
  networkFlows(grid, places, kinds, ({ label, from, to, share }) => {
    tiers.forEach((tier, t) => {
      const link = links[t];
      const [leaves, arrives] = [tier.zoneOf(from), tier.zoneOf(to)];
      if (!link || leaves === arrives) return;
      addUse(usesOf(link.up, leaves), label, { rank: from, share });
      addUse(usesOf(link.down, arrives), label, { rank: from, share });
    });
  });
  return links.flatMap(({ up, down }, t) =>
    [...up.values(), ...down.values()].map((uses) => ({
      capacityBytesPerSecond: tiers[t]?.capacityBytesPerSecond ?? Number.POSITIVE_INFINITY,
      uses,
    })),
  );
}
