import { leastCommonMultiple } from './group-placement.js';
import { hopsOf } from './link-use.js';
import type { RankPlaces } from './placement-map.js';
import type { GroupKind, RankGrid } from './rank-grid.js';

/**
 * Ranks cut into equal runs, so that a rank is a tile and an offset in it: the layout of groups, domains, nodes and switches
 * looks the same from every tile. A group lies in one tile, or runs through all tiles of its stage at fixed offsets.
 * Tiles of the same place in their stages are a column.
 */
export class Tiles {
  readonly perStage: number;
  readonly count: number;
  readonly stages: number;
  /** Ways in which flows leave a tile: to the next one of the stage, around at its end, and to the same column of other stages. */
  readonly moves: number;
  readonly #hops: readonly number[];

  constructor(
    readonly grid: RankGrid,
    readonly ranks: number,
    wraps: boolean,
  ) {
    this.stages = grid.parallel.pipeline;
    this.perStage = grid.stageRanks / ranks;
    this.count = this.perStage * this.stages;
    this.#hops = hopsOf(grid, wraps);
    this.moves = 1 + this.#hops.length;
  }

  columnOf(tile: number): number {
    return tile % this.perStage;
  }

  /** Tile that a move leads to; -1 where it leads nowhere. */
  target(tile: number, move: number): number {
    return this.#moved(tile, move, 1);
  }

  /** Tile from which a move leads to this one. */
  source(tile: number, move: number): number {
    return this.#moved(tile, move, -1);
  }

  /** Move that leads from one tile to another: that of a hop over stages, else the one inside the stage; -1 inside a tile. */
  moveTo(from: number, to: number, hop: number | undefined): number {
    if (from === to) return -1;
    return hop === undefined ? 0 : 1 + this.#hops.indexOf(hop);
  }

  #moved(tile: number, move: number, sign: 1 | -1): number {
    if (move === 0) {
      const column = this.columnOf(tile);
      const next = (column + sign + this.perStage) % this.perStage;
      return next === column ? -1 : tile - column + next;
    }
    const to = tile + sign * (this.#hops[move - 1] ?? 0) * this.perStage;
    return to < 0 || to >= this.count ? -1 : to;
  }
}

/** Sizes in ranks of switches' parts of the cluster that tiles must fit into, or be made of. */
export function tilesOf(
  grid: RankGrid,
  places: RankPlaces,
  kinds: readonly GroupKind[],
  zoneRanks: readonly number[],
  wraps: boolean,
): Tiles | undefined {
  let ranks = leastCommonMultiple(places.gpusPerNode, places.domainRanks);
  for (const kind of kinds) {
    const span = grid.groupStride(kind) * grid.groupSize(kind);
    // Only groups that end before their stage does must lie in one tile.
    ranks = leastCommonMultiple(ranks, span < grid.stageRanks ? span : grid.groupStride(kind));
  }
  for (const zone of zoneRanks) if (zone % ranks !== 0 && ranks % zone !== 0) ranks = leastCommonMultiple(ranks, zone);
  return grid.stageRanks % ranks === 0 ? new Tiles(grid, ranks, wraps) : undefined;
}
