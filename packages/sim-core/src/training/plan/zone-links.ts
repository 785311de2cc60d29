import { addUse, type LinkUse, type SharedLink, type UseLabel } from './link-use.js';
import type { NetworkFlows } from './network-flows.js';
import { directions, type ZoneTier } from './zone-tiers.js';

/** The uplinks of each zone that may bind as one link, and its downlinks as another, with the uses of each rank. */
export function zoneLinks(flows: NetworkFlows, tiers: readonly ZoneTier[]): SharedLink[] {
  if (tiers.length === 0) return [];
  const links = tiers.map(() => ({
    up: new Map<number, Map<UseLabel, LinkUse[]>>(),
    down: new Map<number, Map<UseLabel, LinkUse[]>>(),
  }));
  flows.all(({ label, from, to, share }) => {
    tiers.forEach((tier, t) => {
      const zones = { up: tier.zoneOf(from), down: tier.zoneOf(to) };
      if (zones.up === zones.down) return;
      for (const direction of directions) {
        const zone = zones[direction];
        const byZone = links[t]?.[direction];
        if (!byZone || tier.capacity(zone, direction) === Number.POSITIVE_INFINITY) continue;
        const uses = byZone.get(zone) ?? new Map<UseLabel, LinkUse[]>();
        byZone.set(zone, uses);
        addUse(uses, label, { rank: from, share, ranks: 1, together: 1 });
      }
    });
  });
  return links.flatMap((byDirection, t) =>
    directions.flatMap((direction) =>
      [...byDirection[direction]].map(([zone, uses]) => ({
        capacityBytesPerSecond: tiers[t]?.capacity(zone, direction) ?? Number.POSITIVE_INFINITY,
        uses,
      })),
    ),
  );
}
