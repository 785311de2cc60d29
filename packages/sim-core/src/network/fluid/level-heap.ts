import { grownDoubles, grownIntegers } from './columns.js';

/** Runs that are found by their level: a power of 2, and the bits that it leaves of a word. */
const remembered = 256;
const hashShift = 24;

/**
 * Items by level; an item may stand in it more than once.
 *
 * Where transfers are alike, as in a collective, most levels are equal. So this is a binary heap of runs, each a list of entries of
 * one level in the order of their coming. A push finds its run by a hash of the level; where another level has taken the place, it
 * begins a new one.
 */
export class LevelHeap {
  /** Runs. */
  length = 0;
  /** Least level, Infinity when the heap is empty. */
  topLevel = Number.POSITIVE_INFINITY;
  private levels = new Float64Array(64);
  /** First entry of each run. */
  private heads = new Int32Array(64);
  // Columns of entries, which are numbered anew when the heap is empty.
  private entries = 0;
  private items = new Int32Array(64);
  /** Next entry of the run, -1 = none. */
  private after = new Int32Array(64);
  // By hash: a level, NaN = none, and the last entry of its run.
  private knownLevels = new Float64Array(remembered).fill(Number.NaN);
  private tails = new Int32Array(remembered);
  private level = new Float64Array(1);
  private words = new Int32Array(this.level.buffer);

  push(level: number, item: number): void {
    if (this.length === 0) this.entries = 0;
    const entry = this.entries++;
    if (entry === this.items.length) {
      this.items = grownIntegers(this.items, entry + 1);
      this.after = grownIntegers(this.after, entry + 1);
    }
    this.items[entry] = item;
    this.after[entry] = -1;
    const hash = this.hashOf(level);
    if (this.knownLevels[hash] === level) this.after[this.tails[hash] as number] = entry;
    else {
      this.knownLevels[hash] = level;
      this.addRun(level, entry);
    }
    this.tails[hash] = entry;
  }

  /** Takes the first item at the least level out; only while there is one. */
  drop(): number {
    const entry = this.heads[0] as number;
    const next = this.after[entry] as number;
    if (next >= 0) this.heads[0] = next;
    else {
      const hash = this.hashOf(this.topLevel);
      if (this.tails[hash] === entry) this.knownLevels[hash] = Number.NaN;
      this.dropRun();
    }
    return this.items[entry] as number;
  }

  private hashOf(level: number): number {
    this.level[0] = level;
    return Math.imul((this.words[0] as number) ^ (this.words[1] as number), 0x9e3779b1) >>> hashShift;
  }

  private addRun(level: number, entry: number): void {
    if (this.length === this.heads.length) {
      this.levels = grownDoubles(this.levels, this.length + 1);
      this.heads = grownIntegers(this.heads, this.length + 1);
    }
    const levels = this.levels;
    const heads = this.heads;
    let hole = this.length++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = levels[parent] as number;
      // Who is there already comes first.
      if (above <= level) break;
      levels[hole] = above;
      heads[hole] = heads[parent] as number;
      hole = parent;
    }
    levels[hole] = level;
    heads[hole] = entry;
    if (hole === 0) this.topLevel = level;
  }

  private dropRun(): void {
    const length = --this.length;
    if (length === 0) {
      this.topLevel = Number.POSITIVE_INFINITY;
      return;
    }
    const levels = this.levels;
    const heads = this.heads;
    const level = levels[length] as number;
    const head = heads[length] as number;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length) {
        const a = levels[child] as number;
        const b = levels[right] as number;
        if (b < a || (b === a && (heads[right] as number) < (heads[child] as number))) child = right;
      }
      const below = levels[child] as number;
      if (below > level || (below === level && (heads[child] as number) > head)) break;
      levels[hole] = below;
      heads[hole] = heads[child] as number;
      hole = child;
    }
    levels[hole] = level;
    heads[hole] = head;
    this.topLevel = levels[0] as number;
  }
}
