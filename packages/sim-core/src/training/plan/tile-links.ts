import type { ColumnClasses, UnitColours } from './column-refinement.js';
import {
  addUse,
  type BlockUse,
  isHop,
  type LinkTable,
  type LinkUse,
  type SharedLink,
  type UseLabel,
} from './link-use.js';
import type { NetworkFlows } from './network-flows.js';
import type { TileClasses } from './tile-blocks.js';
import type { Tiles } from './tiles.js';
import { type Direction, directions } from './zone-tiers.js';

/** What ranks at one offset of the tiles of a class put on a zone: of the unit of their tile, or of the one that a move leads to. */
interface TileUse {
  readonly offset: number;
  readonly label: UseLabel;
  readonly move: number;
  readonly zone: number;
  readonly share: number;
}

/**
 * The links of zones with tiles' uses of them: of each class of units one, with as many ranks of each block as use it, found from
 * one tile of each class instead of from every rank.
 */
export function tileLinks(tiles: Tiles, classes: TileClasses, refined: ColumnClasses, flows: NetworkFlows): LinkTable {
  const links: SharedLink[] = [];
  const uses: BlockUse[] = [];
  for (const units of refined.units) {
    for (const direction of directions) {
      new DirectedLinks(tiles, classes, units, direction, flows).addTo(links, uses);
    }
  }
  return { links, uses };
}

/** Links of one tier in one direction. */
class DirectedLinks {
  readonly #tiles: Tiles;
  readonly #classes: TileClasses;
  readonly #units: UnitColours;
  readonly #direction: Direction;
  /** By tile class: what its first tile puts on zones. */
  readonly #usesOf: readonly (readonly TileUse[])[];

  constructor(tiles: Tiles, classes: TileClasses, units: UnitColours, direction: Direction, flows: NetworkFlows) {
    this.#tiles = tiles;
    this.#classes = classes;
    this.#units = units;
    this.#direction = direction;
    this.#usesOf = Array.from({ length: tiles.stages * classes.columns }, (_, tileClass) =>
      this.#usesOfTile(this.#firstTile(tileClass), flows),
    );
  }

  #firstTile(tileClass: number): number {
    const { columns, first } = this.#classes;
    return Math.floor(tileClass / columns) * this.#tiles.perStage + (first[tileClass % columns] as number);
  }

  #classOf(tile: number): number {
    const { perStage } = this.#tiles;
    const stage = Math.floor(tile / perStage);
    return stage * this.#classes.columns + (this.#classes.columnOf[tile - stage * perStage] as number);
  }

  /** Tile whose unit holds the zones that a move of a tile uses in this direction. */
  #end(tile: number, move: number): number {
    return this.#direction === 'up' || move < 0 ? tile : this.#tiles.target(tile, move);
  }

  #usesOfTile(tile: number, flows: NetworkFlows): TileUse[] {
    const { tier } = this.#units.zones;
    const tiles = this.#tiles;
    const merged = new Map<string, TileUse>();
    for (let offset = 0; offset < tiles.ranks; offset++) {
      flows.from(tile * tiles.ranks + offset, ({ label, from, to, share }, hop) => {
        const ends = { up: tier.zoneOf(from), down: tier.zoneOf(to) };
        const zone = ends[this.#direction];
        if (ends.up === ends.down || tier.capacity(zone, this.#direction) === Number.POSITIVE_INFINITY) return;
        const move = tiles.moveTo(tile, Math.floor(to / tiles.ranks), hop);
        const key = `${offset}/${label}/${move}/${zone}`;
        merged.set(key, { offset, label, move, zone, share: share + (merged.get(key)?.share ?? 0) });
      });
    }
    return [...merged.values()];
  }

  addTo(links: SharedLink[], uses: BlockUse[]): void {
    const linkOf = new Map<string, number>();
    const { zones } = this.#units;
    const colours = this.#units[this.#direction];
    const representative = new Map<number, number>();
    colours.forEach((colour, unit) => {
      if (colour > 0 && !representative.has(colour)) representative.set(colour, unit);
    });
    for (const unit of representative.values()) {
      for (const [zone, ofZone] of this.#usesOfUnit(unit)) {
        linkOf.set(`${unit}/${zone}`, links.length);
        links.push({ capacityBytesPerSecond: zones.tier.capacity(zone, this.#direction), uses: ofZone });
      }
    }
    this.#usesOf.forEach((ofTile, tileClass) => {
      const tile = this.#firstTile(tileClass);
      for (const { offset, label, move, zone, share } of ofTile) {
        const unit = zones.unitOf(this.#end(tile, move));
        const shown = representative.get(colours[unit] as number) ?? unit;
        const link = linkOf.get(`${shown}/${zones.zoneAt(zone, unit, shown)}`);
        if (link === undefined) throw new Error(`tileLinks: zone ${zone} of unit ${unit} has no link`);
        uses.push({ block: tileClass * this.#tiles.ranks + offset, label, share, link });
      }
    });
  }

  /** Uses of the zones of one unit: of all tiles whose flows go over it in this direction. */
  #usesOfUnit(unit: number): Map<number, Map<UseLabel, LinkUse[]>> {
    const tiles = this.#tiles;
    const { zones } = this.#units;
    /** Tiles that use the unit, by class and move. */
    const counts = new Map<number, number>();
    const width = tiles.moves + 1;
    const [first, end] = zones.tilesOf(unit);
    for (let tile = first; tile < end; tile++) {
      for (let move = -1; move < tiles.moves; move++) {
        const source = this.#direction === 'up' || move < 0 ? tile : tiles.source(tile, move);
        if (source < 0) continue;
        const key = this.#classOf(source) * width + move + 1;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    const byZone = new Map<number, Map<UseLabel, LinkUse[]>>();
    for (const [key, count] of counts) {
      const tileClass = Math.floor(key / width);
      const move = (key % width) - 1;
      const tile = this.#firstTile(tileClass);
      for (const use of this.#usesOf[tileClass] ?? []) {
        if (use.move !== move) continue;
        const zone = zones.zoneAt(use.zone, zones.unitOf(this.#end(tile, move)), unit);
        let ofZone = byZone.get(zone);
        if (!ofZone) {
          ofZone = new Map();
          byZone.set(zone, ofZone);
        }
        const together = this.#inOneGroup(use.label) ? count : 1;
        const rank = tile * tiles.ranks + use.offset;
        addUse(ofZone, use.label, { rank, share: use.share, ranks: count, together });
      }
    }
    return byZone;
  }

  /** True when ranks at the same offset of different tiles are in one group. */
  #inOneGroup(label: UseLabel): boolean {
    if (isHop(label)) return false;
    const { grid, ranks } = this.#tiles;
    return ranks % (grid.groupStride(label) * grid.groupSize(label)) !== 0;
  }
}
