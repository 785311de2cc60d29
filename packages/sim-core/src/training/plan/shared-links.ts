import type { SharedLink } from './link-use.js';
import type { RankPlaces } from './placement-map.js';
import type { GroupKind, RankGrid } from './rank-grid.js';
import { needsRoutes, routedLinks } from './routed-links.js';
import { zoneLinks } from './zone-links.js';

/**
 * Links of the fabric on which traffic of a plan may queue; none where no link can be full before the NICs are. With sprayed
 * packets the uplinks of an oversubscribed leaf or pod act as one; where flows choose ways, or links differ, each flow
 * is routed and the links on which too many of them meet remain.
 */
export function sharedLinks(grid: RankGrid, places: RankPlaces, kinds: readonly GroupKind[]): SharedLink[] {
  return needsRoutes(places) ? routedLinks(grid, places, kinds) : zoneLinks(grid, places, kinds);
}
