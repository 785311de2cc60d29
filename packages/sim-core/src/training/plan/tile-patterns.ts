import type { RankPlaces } from './placement-map.js';
import { SequenceIds } from './sequence-ids.js';
import type { Tiles } from './tiles.js';

/** What is particular about each tile, as a number that alike tiles share; 0 for a tile with nothing particular. */
export interface TilePatterns {
  readonly of: Int32Array;
  /** Tiles with a NIC that is down: their ranks leave by other rails. */
  readonly rerouted: ReadonlySet<number>;
}

export function tilePatterns(tiles: Tiles, places: RankPlaces): TilePatterns {
  const of = new Int32Array(tiles.count);
  const rerouted = new Set<number>();
  const keys = new Map<number, string[]>();
  const add = (tile: number, key: string): void => {
    const known = keys.get(tile);
    if (known) known.push(key);
    else keys.set(tile, [key]);
  };
  for (const rank of places.touchedRanks()) {
    const tile = Math.floor(rank / tiles.ranks);
    const first = tile * tiles.ranks;
    const nic = places.nicOf(rank);
    const local = nic - places.nodeOf(first) * places.nicsPerNode;
    add(
      tile,
      `${rank - first}:${places.slowFactorOf(rank)}/${places.portFactorOf(rank)}/${local}/${places.nicFactorOf(nic)}`,
    );
    if (places.hasNicDown) rerouted.add(tile);
  }
  const nodesPerTile = tiles.ranks / places.gpusPerNode;
  for (const { first, end, device } of places.deviceRanges) {
    for (let node = first; node < Math.min(end, tiles.count * nodesPerTile); node++) {
      const tile = Math.floor(node / nodesPerTile);
      add(tile, `node ${node - tile * nodesPerTile}=${device}`);
    }
  }
  const ids = new Map<string, number>();
  for (const [tile, parts] of keys) {
    const key = parts.join(' ');
    const id = ids.get(key) ?? ids.size + 1;
    ids.set(key, id);
    of[tile] = id;
  }
  return { of, rerouted };
}

/** Class of each column of tiles by the patterns of its tiles, and of the next column's, to which its rings go on. */
export function patternedColumns(tiles: Tiles, { of, rerouted }: TilePatterns): Int32Array {
  const classOf = new Int32Array(tiles.perStage);
  if (!of.some((pattern) => pattern > 0)) return classOf;
  const sequences = new SequenceIds();
  for (let column = 0; column < tiles.perStage; column++) {
    for (let stage = 0; stage < tiles.stages; stage++) {
      const tile = stage * tiles.perStage + column;
      sequences.add(of[tile] ?? 0);
      // Where the next tile's NICs are others, so are the switches over which a ring reaches it.
      if (rerouted.size > 0) sequences.add(of[Math.max(0, tiles.target(tile, 0))] ?? 0);
    }
    classOf[column] = sequences.end();
  }
  return classOf;
}
