import type { RankPlaces } from './placement-map.js';
import type { Membership, RankBlocks } from './rank-blocks.js';
import type { GroupKind } from './rank-grid.js';
import type { Tiles } from './tiles.js';

/** Classes of tiles: a column class in each stage. */
export interface TileClasses {
  readonly columnOf: Int32Array;
  readonly columns: number;
  /** First column of each class, and how many there are. */
  readonly first: Int32Array;
  readonly size: Int32Array;
}

export function tileClasses(columnOf: Int32Array): TileClasses {
  const columns = columnOf.reduce((most, c) => Math.max(most, c + 1), 0);
  const first = new Int32Array(columns).fill(-1);
  const size = new Int32Array(columns);
  columnOf.forEach((c, column) => {
    if ((first[c] as number) < 0) first[c] = column;
    size[c] = (size[c] as number) + 1;
  });
  return { columnOf, columns, first, size };
}

/** Blocks of ranks at one offset of the tiles of one class: block = (stage * column classes + class) * tile ranks + offset. */
export function tileBlocks(
  tiles: Tiles,
  { columnOf, columns, first, size }: TileClasses,
  places: RankPlaces,
  kinds: readonly GroupKind[],
): RankBlocks {
  const { grid, ranks, perStage, stages } = tiles;
  const count = stages * columns * ranks;
  const representative = new Int32Array(count);
  const multiplicity = new Float64Array(count);
  const stage = new Int32Array(count);
  for (let block = 0; block < count; block++) {
    const tileClass = Math.floor(block / ranks);
    const s = Math.floor(tileClass / columns);
    const c = tileClass % columns;
    representative[block] = (s * perStage + (first[c] as number)) * ranks + (block % ranks);
    multiplicity[block] = size[c] as number;
    stage[block] = s;
  }
  const ones = new Float64Array(count).fill(1);
  const memberships = kinds.map((kind): Membership => {
    const stride = grid.groupStride(kind);
    const span = stride * grid.groupSize(kind);
    const inTile = ranks % span === 0;
    // A group of one tile, or one through all tiles of a stage at the offsets of one remainder.
    const groupsPerTile = ranks / grid.groupSize(kind);
    const groupOf = Int32Array.from({ length: count }, (_, block) => {
      const offset = block % ranks;
      if (!inTile) return (stage[block] as number) * stride + (offset % stride);
      const local = Math.floor(offset / span) * stride + (offset % stride);
      return Math.floor(block / ranks) * groupsPerTile + local;
    });
    const groups = inTile ? (count / ranks) * groupsPerTile : stages * stride;
    return { kind, groupOf, weight: inTile ? ones : multiplicity, groups };
  });
  if (!places.privateNics) memberships.push(nicsOfTiles(places, representative, ranks));
  const ahead = columns * ranks;
  return {
    count,
    representative,
    multiplicity,
    stage,
    memberships,
    nextStage: Int32Array.from({ length: count }, (_, block) => (block + ahead < count ? block + ahead : -1)),
    blockOf: (rank) => {
      const tile = Math.floor(rank / ranks);
      const s = Math.floor(tile / perStage);
      return (s * columns + (columnOf[tile - s * perStage] as number)) * ranks + (rank % ranks);
    },
  };
}

/** NICs that ranks of a tile share: they are of nodes in the tile. */
function nicsOfTiles(places: RankPlaces, representative: Int32Array, tileRanks: number): Membership {
  const nics = (tileRanks / places.gpusPerNode) * places.nicsPerNode;
  const groupOf = representative.map((rank, block) => {
    const firstNode = places.nodeOf(rank - (rank % tileRanks));
    return Math.floor(block / tileRanks) * nics + (places.nicOf(rank) - firstNode * places.nicsPerNode);
  });
  const groups = (representative.length / tileRanks) * nics;
  return { kind: 'nic', groupOf, weight: new Float64Array(representative.length).fill(1), groups };
}
