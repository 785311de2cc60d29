import { ColumnRefinement } from './column-refinement.js';
import { type LinkTable, linkTableOf, noLinks } from './link-use.js';
import { NetworkFlows } from './network-flows.js';
import type { RankPlaces } from './placement-map.js';
import { isRegular, type RankBlocks, singleRankBlocks, stageBlocks } from './rank-blocks.js';
import type { GroupKind, RankGrid } from './rank-grid.js';
import { needsRoutes, routedLinks } from './routed-links.js';
import { tileBlocks, tileClasses } from './tile-blocks.js';
import { tileLinks } from './tile-links.js';
import { patternedColumns, tilePatterns } from './tile-patterns.js';
import { TileZones } from './tile-zones.js';
import { tilesOf } from './tiles.js';
import { zoneLinks } from './zone-links.js';
import { zoneTiers } from './zone-tiers.js';

/** Blocks of ranks that are alike by construction, and the links of the fabric on which their traffic may queue. */
export interface StartingPartition {
  readonly blocks: RankBlocks;
  readonly links: LinkTable;
}

/**
 * Every rank a block, with links from the flows of every rank. No links where none can be full before the NICs are. With sprayed
 * packets the uplinks of an oversubscribed leaf or pod act as one; where flows choose ways, or links differ, each flow is
 * routed and the links on which too many of them meet remain.
 */
export function singleRanks(
  grid: RankGrid,
  places: RankPlaces,
  kinds: readonly GroupKind[],
  wraps: boolean,
): StartingPartition {
  const flows = new NetworkFlows(grid, places, kinds, wraps);
  const links = needsRoutes(places) ? routedLinks(flows) : zoneLinks(flows, zoneTiers(places));
  const blocks = singleRankBlocks(grid, places, kinds);
  return { blocks, links: linkTableOf(links, blocks.blockOf) };
}

/**
 * The coarsest partition that is known before refinement: whole stages where nothing tells ranks apart; tiles that look alike
 * where the layout repeats; single ranks otherwise. It is equitable, so refining from it gives the same classes as from single
 * ranks, without listing them.
 */
export function startingPartition(
  grid: RankGrid,
  places: RankPlaces,
  kinds: readonly GroupKind[],
  wraps: boolean,
): StartingPartition {
  if (needsRoutes(places)) return singleRanks(grid, places, kinds, wraps);
  const tiers = zoneTiers(places);
  const uniform = places.devices.length === 1 && places.touchedRanks().length === 0;
  if (uniform && tiers.length === 0 && isRegular(grid, places, kinds)) {
    return { blocks: stageBlocks(grid, kinds), links: noLinks };
  }
  const zoneRanks = tiers.map((tier) => tier.zoneRanks);
  const tiles = tilesOf(grid, places, kinds, zoneRanks, wraps);
  if (!tiles) return singleRanks(grid, places, kinds, wraps);
  const patterns = tilePatterns(tiles, places);
  const columns = patternedColumns(tiles, patterns);
  if (tiers.length === 0) {
    return { blocks: tileBlocks(tiles, tileClasses(columns), places, kinds), links: noLinks };
  }
  const zones = tiers.map((tier) => new TileZones(tiles, tier));
  const staysInside = tiles.ranks > places.domainRanks;
  const refined = new ColumnRefinement(tiles, zones, columns, patterns.rerouted, staysInside).run();
  const classes = tileClasses(refined.of);
  const links = tileLinks(tiles, classes, refined, new NetworkFlows(grid, places, kinds, wraps));
  return { blocks: tileBlocks(tiles, classes, places, kinds), links };
}

/** Blocks that folding of a job without links that can fill starts from; single ranks where they may not be merged. */
export function startingBlocks(
  grid: RankGrid,
  places: RankPlaces,
  kinds: readonly GroupKind[],
  mergeable: boolean,
): RankBlocks {
  return mergeable ? startingPartition(grid, places, kinds, false).blocks : singleRankBlocks(grid, places, kinds);
}
