import type { Tiles } from './tiles.js';
import type { Direction, ZoneTier } from './zone-tiers.js';

/**
 * A tier's zones from the view of tiles: a unit is the zones of all rails behind the same nodes; one tile or several lie in a
 * unit, or a tile holds several zones and is its own unit.
 */
export class TileZones {
  readonly units: number;
  readonly #tilesPerUnit: number;
  readonly #zonesPerUnit: number;

  constructor(
    readonly tiles: Tiles,
    readonly tier: ZoneTier,
  ) {
    this.#tilesPerUnit = Math.max(1, tier.zoneRanks / tiles.ranks);
    this.#zonesPerUnit = Math.max(1, tiles.ranks / tier.zoneRanks);
    this.units = Math.ceil(tiles.count / this.#tilesPerUnit);
  }

  unitOf(tile: number): number {
    return Math.floor(tile / this.#tilesPerUnit);
  }

  /** Tiles of a unit: from the first, up to the last that is not one of them. */
  tilesOf(unit: number): readonly [number, number] {
    const first = unit * this.#tilesPerUnit;
    return [first, Math.min(first + this.#tilesPerUnit, this.tiles.count)];
  }

  /** The zone of another unit that is placed as this one of a unit is. */
  zoneAt(zone: number, unit: number, other: number): number {
    return zone + (other - unit) * this.#zonesPerUnit;
  }

  /** First colours of the units: 0 where no link can hold anything back, else by the links' capacities. */
  colours(direction: Direction): Int32Array {
    const { tier } = this;
    const colours = new Int32Array(this.units).fill(tier.oversubscribed ? 1 : 0);
    const touched = new Map<number, string[]>();
    for (const zone of [...tier.touched(direction)].sort((a, b) => a - b)) {
      const inRail = zone % tier.zonesPerRail;
      const unit = Math.floor(inRail / this.#zonesPerUnit);
      const rail = Math.floor(zone / tier.zonesPerRail);
      const key = `${rail}/${inRail % this.#zonesPerUnit}:${tier.capacity(zone, direction)}`;
      touched.set(unit, [...(touched.get(unit) ?? []), key]);
    }
    const ids = new Map<string, number>();
    for (const [unit, keys] of touched) {
      if (unit >= this.units) continue;
      const key = keys.join(' ');
      const id = ids.get(key) ?? ids.size + 2;
      ids.set(key, id);
      colours[unit] = id;
    }
    return colours;
  }
}
