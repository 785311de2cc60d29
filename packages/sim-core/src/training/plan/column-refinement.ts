import { attempts, mix, saltOf } from './refinement.js';
import { SequenceIds } from './sequence-ids.js';
import type { TileZones } from './tile-zones.js';
import type { Tiles } from './tiles.js';
import { type Direction, directions } from './zone-tiers.js';

/** Colours of a tier's units, by direction of their links. */
export interface UnitColours {
  readonly zones: TileZones;
  readonly up: Int32Array;
  readonly down: Int32Array;
}

/** Classes of columns, and of the units over whose links their flows go. */
export interface ColumnClasses {
  readonly of: Int32Array;
  readonly count: number;
  readonly units: readonly UnitColours[];
}

/** Where the flows of each tile's moves leave a unit, and where they enter one; -1 where no link can hold them back. */
interface Incidence {
  readonly up: Int32Array;
  readonly down: Int32Array;
}

/**
 * Refinement of column classes until columns of one class send over zones of the same colours, and zones of one colour carry the
 * flows of as many tiles of each class (spec/model.md section 8, on tiles instead of ranks).
 */
export class ColumnRefinement {
  readonly #tiles: Tiles;
  /** Entries of a tile in an incidence: its moves, then the flows that stay in it but change rails or zones. */
  readonly #width: number;
  readonly #incidence: readonly Incidence[];
  readonly #initial: ColumnClasses;

  /**
   * @param rerouted Tiles whose ranks leave by other rails than their own: two of one unit may be behind different zones.
   * @param staysInside Some flows from one domain to another stay in their tile.
   */
  constructor(
    tiles: Tiles,
    zones: readonly TileZones[],
    columns: Int32Array,
    rerouted: ReadonlySet<number>,
    staysInside: boolean,
  ) {
    this.#tiles = tiles;
    this.#width = tiles.moves + (staysInside ? 1 : 0);
    const units = zones.map((tier) => ({ zones: tier, up: tier.colours('up'), down: tier.colours('down') }));
    this.#initial = { of: columns, count: new Set(columns).size, units };
    this.#incidence = units.map((colours) => this.#lay(colours, rerouted));
  }

  #lay({ zones, up, down }: UnitColours, rerouted: ReadonlySet<number>): Incidence {
    const { moves, count } = this.#tiles;
    const width = this.#width;
    const incidence = { up: new Int32Array(count * width).fill(-1), down: new Int32Array(count * width).fill(-1) };
    for (let tile = 0; tile < count; tile++) {
      const own = zones.unitOf(tile);
      for (let move = 0; move < width; move++) {
        const to = move === moves ? tile : this.#tiles.target(tile, move);
        if (to < 0) continue;
        const unit = zones.unitOf(to);
        if (unit === own && move < moves && !rerouted.has(tile) && !rerouted.has(to)) continue;
        if ((up[own] as number) > 0) incidence.up[tile * width + move] = own;
        if ((down[unit] as number) > 0) incidence.down[tile * width + move] = unit;
      }
    }
    return incidence;
  }

  /**
   * The classes: hashed for speed, then checked exactly, and worked out again with another salt if two hashes were one. Should all
   * fail, no two columns are taken for alike.
   */
  run(): ColumnClasses {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      let current = this.#initial;
      for (;;) {
        const finer = this.#refineOnce(current, saltOf(attempt));
        const size = (classes: ColumnClasses): number =>
          classes.count + classes.units.reduce((sum, { up, down }) => sum + coloursIn(up) + coloursIn(down), 0);
        if (size(finer) === size(current)) break;
        current = finer;
      }
      if (this.#isEquitable(current)) return current;
    }
    const each = (colours: Int32Array): Int32Array => colours.map((colour, unit) => (colour > 0 ? unit + 1 : 0));
    return {
      of: this.#initial.of.map((_, column) => column),
      count: this.#initial.of.length,
      units: this.#initial.units.map(({ zones, up, down }) => ({ zones, up: each(up), down: each(down) })),
    };
  }

  #refineOnce(current: ColumnClasses, salt: number): ColumnClasses {
    const units = current.units.map((colours, t): UnitColours => {
      const refined = (direction: Direction): Int32Array =>
        this.#unitColours(current.of, colours[direction], this.#incidence[t]?.[direction] ?? new Int32Array(0), salt);
      return { zones: colours.zones, up: refined('up'), down: refined('down') };
    });
    const { count, perStage } = this.#tiles;
    const width = this.#width;
    const high = new Int32Array(perStage);
    const low = new Int32Array(perStage);
    units.forEach((colours, t) => {
      for (const direction of directions) {
        const ends = this.#incidence[t]?.[direction] ?? new Int32Array(0);
        const colour = colours[direction];
        for (let tile = 0; tile < count; tile++) {
          const column = tile % perStage;
          let h = high[column] as number;
          let l = low[column] as number;
          for (let move = 0; move < width; move++) {
            const unit = ends[tile * width + move] as number;
            const seen = unit < 0 ? -1 : (colour[unit] as number);
            h = mix(h, seen);
            l = mix(l ^ salt, seen + 0x51ed);
          }
          high[column] = h;
          low[column] = l;
        }
      }
    });
    const { of, count: classes } = densely(current.of, high, low, 0);
    return { of, count: classes, units };
  }

  /** Colours of units after a round: by the flows of how many tiles of each class go over their links. */
  #unitColours(columns: Int32Array, before: Int32Array, ends: Int32Array, salt: number): Int32Array {
    const { count, perStage } = this.#tiles;
    const width = this.#width;
    const high = new Int32Array(before.length);
    const low = new Int32Array(before.length);
    for (let tile = 0; tile < count; tile++) {
      const stage = Math.floor(tile / perStage);
      const column = columns[tile - stage * perStage] as number;
      for (let move = 0; move < width; move++) {
        const unit = ends[tile * width + move] as number;
        if (unit < 0) continue;
        const label = stage * width + move;
        // Sums commute: the order of the tiles does not matter.
        high[unit] = ((high[unit] as number) + mix(mix(column, 0x2545f491), label)) | 0;
        low[unit] = ((low[unit] as number) + mix(mix(column, salt), label + 0x6c8e9cf5)) | 0;
      }
    }
    return densely(before, high, low, 1).of;
  }

  #isEquitable(classes: ColumnClasses): boolean {
    const { perStage, stages } = this.#tiles;
    const width = this.#width;
    const sequences = new SequenceIds();
    for (let column = 0; column < perStage; column++) {
      sequences.add(classes.of[column] as number);
      classes.units.forEach((colours, t) => {
        for (const direction of directions) {
          const ends = this.#incidence[t]?.[direction] ?? new Int32Array(0);
          for (let stage = 0; stage < stages; stage++) {
            const at = (stage * perStage + column) * width;
            for (let move = 0; move < width; move++) {
              const unit = ends[at + move] as number;
              sequences.add(unit < 0 ? -1 : (colours[direction][unit] as number));
            }
          }
        }
      });
      sequences.end();
    }
    if (sequences.size !== classes.count) return false;
    return classes.units.every((colours, t) =>
      directions.every((direction) => {
        const ends = this.#incidence[t]?.[direction] ?? new Int32Array(0);
        return this.#carryAlike(classes.of, colours.zones.units, colours[direction], ends);
      }),
    );
  }

  /** True when units of one colour carry as many flows of each class of columns, and those of two colours don't. */
  #carryAlike(columns: Int32Array, units: number, colours: Int32Array, ends: Int32Array): boolean {
    const { count, perStage } = this.#tiles;
    const width = this.#width;
    const carried = Array.from({ length: units }, () => new Map<number, number>());
    for (let at = 0; at < count * width; at++) {
      const sums = carried[ends[at] as number];
      if (!sums) continue;
      const tile = Math.floor(at / width);
      const label = Math.floor(tile / perStage) * width + (at % width);
      const key = label * perStage + (columns[tile % perStage] as number);
      sums.set(key, (sums.get(key) ?? 0) + 1);
    }
    const keys = carried.map((sums, u) => `${colours[u]}|${[...sums].sort((a, b) => a[0] - b[0]).join(';')}`);
    return new Set(keys).size === coloursIn(colours);
  }
}

const coloursIn = (colours: Int32Array): number => new Set(colours).size;

/** Colours of what has the same old colour and the same hash; an old colour below `kept` stays as it is. */
function densely(
  before: Int32Array,
  high: Int32Array,
  low: Int32Array,
  kept: number,
): { readonly of: Int32Array; readonly count: number } {
  const ids = new Map<number, Map<number, number>>();
  const of = new Int32Array(before.length);
  let count = 0;
  for (let i = 0; i < before.length; i++) {
    const old = before[i] as number;
    if (old < kept) continue;
    let known = ids.get(old);
    if (!known) {
      known = new Map();
      ids.set(old, known);
    }
    const key = (high[i] as number) * 0x200000 + ((low[i] as number) & 0x1fffff);
    let id = known.get(key);
    if (id === undefined) {
      id = kept + count++;
      known.set(key, id);
    }
    of[i] = id;
  }
  return { of, count };
}
