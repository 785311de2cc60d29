import { grownDoubles, grownIntegers } from './columns.js';
import { IdList } from './id-list.js';
import { LevelHeap } from './level-heap.js';
import type { SharingSystem } from './sharing-system.js';

/** Levels nearer than this, relatively, are equal (spec/model.md 6.1). */
export const tie = 1e-12;
/** Loads are summed anew after so many incremental changes. */
const maxLoadAge = 512;
const infinity = Number.POSITIVE_INFINITY;

/**
 * Whose turn is next in a solve: what each link that the solve has touched stands at, and the links, and caps of activities, by
 * the level at which they are to be looked at.
 */
export class LinkTurns {
  /** Links and, after them, activities with a cap. */
  readonly heap = new LevelHeap();
  /** Number of this solve, times 2; a link's mark below it: fixed; equal to it: open; above it: done. */
  stamp = 0;
  // Columns of links; valid for links with this solve's stamp in `touched`.
  touched = new Int32Array(4);
  mark = new Int32Array(4);
  /** Weight of the open activities that the link did not hold. */
  openWeight = new Float64Array(4);
  /** Least level at which the link stands in the heap. */
  queued = new Float64Array(4);
  private loadAge = new Int32Array(4);
  /** Links on which activities open: queued when all have opened, as a key falls with each of them. */
  private readonly risen = new IdList();
  /** Number of times at which activities opened together. */
  private rise = 0;
  /** Number of the rise for which the link was noted last. */
  private listed = new Int32Array(4);
  private readonly system: SharingSystem;

  constructor(system: SharingSystem) {
    this.system = system;
  }

  /** Starts a solve: nothing is touched. */
  begin(): void {
    const links = this.system.capacity.length;
    if (links > this.touched.length) {
      this.touched = grownIntegers(this.touched, links);
      this.mark = grownIntegers(this.mark, links);
      this.openWeight = grownDoubles(this.openWeight, links);
      this.queued = grownDoubles(this.queued, links);
      this.loadAge = grownIntegers(this.loadAge, links);
      this.listed = grownIntegers(this.listed, links);
    }
    this.stamp += 2;
    if (this.stamp > 0x3ffffff0) {
      this.stamp = 2;
      this.mark.fill(0);
      this.touched.fill(0);
    }
    this.beginRise();
  }

  /** Activities begin to open together. */
  beginRise(): void {
    this.rise = this.rise === 0x7fffffff ? 1 : this.rise + 1;
    this.risen.length = 0;
  }

  /** Notes a link on which activities open, or may. */
  list(link: number): void {
    if (this.touched[link] !== this.stamp) this.touch(link);
    if (this.listed[link] === this.rise) return;
    this.listed[link] = this.rise;
    this.risen.add(link);
  }

  /** All have opened. */
  queueRisen(): void {
    const { ids, length } = this.risen;
    for (let i = 0; i < length; i++) this.queue(ids[i] as number);
  }

  /** First sight of a link in this solve: everybody on it is fixed. */
  private touch(link: number): void {
    const system = this.system;
    this.touched[link] = this.stamp;
    this.openWeight[link] = 0;
    this.queued[link] = infinity;
    const age = (this.loadAge[link] as number) + 1;
    if (age < maxLoadAge) this.loadAge[link] = age;
    else {
      this.loadAge[link] = 0;
      system.sumAnew(link);
    }
  }

  /** The same of a link whose load somebody's new level changes: those whom it holds are looked at in their turn. */
  stir(link: number): void {
    this.touch(link);
    if ((this.system.held[link] as number) > 0) this.requeue(link, this.system.level[link] as number);
  }

  /**
   * A lower bound of the level of a link that is not done: where it fills up if the fixed ones stay, or if they all come down
   * to it, whichever is higher.
   */
  key(link: number): number {
    const { capacity, settled, heldWeight, weight } = this.system;
    const all = capacity[link] as number;
    const taken = settled[link] as number;
    const rising = (this.openWeight[link] as number) + (heldWeight[link] as number);
    if (rising === 0 && taken <= all * (1 + tie)) return infinity;
    const ifTheyStay = rising === 0 ? 0 : Math.max(0, all - taken) / rising;
    const ifTheyComeDown = all / (weight[link] as number);
    // Where all rise both are one level, which rounding must not say twice: links of one level would not be equal any more.
    return ifTheyComeDown > ifTheyStay * (1 + tie) ? ifTheyComeDown : ifTheyStay;
  }

  /** Puts a touched link into the heap at its key. */
  queue(link: number): void {
    const mark = this.mark[link] as number;
    const old = this.system.level[link] as number;
    let level = old;
    if (mark <= this.stamp) {
      level = this.key(link);
      if (level > old && mark < this.stamp && (this.system.held[link] as number) > 0) level = old;
    }
    if (level >= (this.queued[link] as number)) return;
    this.requeue(link, level);
  }

  /** Puts a touched link into the heap at a level. */
  requeue(link: number, level: number): void {
    this.queued[link] = level;
    this.heap.push(level, link);
  }
}
