import { grownDoubles, grownIntegers } from './columns.js';
import { LevelHeap } from './level-heap.js';
import { heldByCap, heldByNothing, type SharingSystem } from './sharing-system.js';

/** Levels nearer than this, relatively, are equal (spec/model.md 6.1). */
const tie = 1e-12;
/** Part of a link's capacity that rounding may misplace. */
const rounding = 1e-13;
/** Loads are summed anew after so many incremental changes. */
const maxLoadAge = 512;
const infinity = Number.POSITIVE_INFINITY;

/**
 * Max-min fair levels by progressive filling (Bertsekas and Gallager, Data Networks, 6.5.2; weighted, spec/model.md 6.1),
 * solved again only where a change reaches.
 *
 * The water rises once from the lowest level that a change can touch. Activities are *fixed* at their old level until it is
 * shown that this cannot stay, then *open* (they rise with the water), then *done*. A link that was touched has a key, the
 * level at which it fills up if the fixed ones stay: a lower bound of its true level, since every change below it only
 * raises it. The least key is looked at next:
 * - a link that held activities back at a level below its key lets go of them there: they open;
 * - a link whose key is its old level keeps its activities, and the change ends there;
 * - a link that is full stops all who are open on it, and all fixed ones above it.
 * Each step touches the other links of the activities that it changes, and nothing that it changes lies below the water: a
 * link full at some level carries nobody above it. So one pass ends with a full link, or the cap, on which nobody is faster,
 * for every activity, which is the definition of max-min fairness. If all is open, this is the full solve.
 */
export class MaxMinSolver {
  /** Activities of the last solve, in changed[0 .. changedCount). */
  changed = new Int32Array(64);
  changedCount = 0;
  newLevel = new Float64Array(64);
  newBottleneck = new Int32Array(64);
  readonly #system: SharingSystem;
  readonly #heap = new LevelHeap();
  /** Number of this solve, times 2; an activity's mark below it: fixed; equal to it: open; above it: done. */
  #stamp = 0;
  #mark = new Int32Array(64);
  // Columns of links; valid for links with this solve's stamp.
  #touched = new Int32Array(4);
  #touchedCount = 0;
  #touchedStamp = new Int32Array(4);
  /** Bytes per second of the fixed and the done; weight of the open, and of those whom the link still holds. */
  #settled = new Float64Array(4);
  #openWeight = new Float64Array(4);
  #holding = new Uint8Array(4);
  /** Least level at which the link stands in the heap. */
  #queued = new Float64Array(4);
  #loadAge = new Int32Array(4);
  /** Weight of all who would stop at the level that #levelOf found last. */
  #risingWeight = 0;

  constructor(system: SharingSystem) {
    this.#system = system;
  }

  /** Starts a solve: nothing is touched. */
  begin(): void {
    const { activities, links } = this.#system;
    if (activities > this.#mark.length) {
      this.#mark = grownIntegers(this.#mark, activities);
      this.changed = grownIntegers(this.changed, activities);
      this.newLevel = grownDoubles(this.newLevel, activities);
      this.newBottleneck = grownIntegers(this.newBottleneck, activities);
    }
    if (links > this.#touched.length) {
      this.#touched = grownIntegers(this.#touched, links);
      this.#touchedStamp = grownIntegers(this.#touchedStamp, links);
      this.#settled = grownDoubles(this.#settled, links);
      this.#openWeight = grownDoubles(this.#openWeight, links);
      this.#holding = new Uint8Array(this.#touched.length);
      this.#queued = grownDoubles(this.#queued, links);
      this.#loadAge = grownIntegers(this.#loadAge, links);
    }
    this.#stamp += 2;
    if (this.#stamp > 0x7ffffff0) {
      this.#stamp = 2;
      this.#mark.fill(0);
      this.#touchedStamp.fill(0);
    }
    this.changedCount = 0;
    this.#touchedCount = 0;
  }

  /** An activity that has just entered at level 0. */
  admit(activity: number): void {
    if ((this.#mark[activity] as number) < this.#stamp) this.#open(activity, -1);
  }

  /** A link whose capacity has changed, or that an activity has left. */
  disturb(link: number): void {
    if (this.#touchedStamp[link] !== this.#stamp) this.#touch(link);
    this.#queue(link, this.#key(link));
  }

  /** Raises the water; afterwards newLevel and newBottleneck hold for `changed`, and the links' loads are up to date. */
  solve(): void {
    const { links, capLevel, load } = this.#system;
    const heap = this.#heap;
    while (heap.length > 0) {
      const level = heap.topLevel;
      const item = heap.topItem;
      heap.drop();
      if (item >= links) {
        const activity = item - links;
        if (this.#mark[activity] === this.#stamp) this.#settle(activity, capLevel[activity] as number, heldByCap);
      } else if (this.#queued[item] === level) {
        this.#queued[item] = infinity;
        this.#examine(item, level);
      }
    }
    for (let i = 0; i < this.changedCount; i++) {
      const activity = this.changed[i] as number;
      if (this.#mark[activity] !== this.#stamp) continue;
      this.newLevel[activity] = infinity;
      this.newBottleneck[activity] = heldByNothing;
    }
    for (let i = 0; i < this.#touchedCount; i++) {
      const link = this.#touched[i] as number;
      load[link] = this.#settled[link] as number;
    }
  }

  /** Level at which a touched link fills up if the fixed ones stay; a lower bound of its level. */
  #key(link: number): number {
    const capacity = this.#system.capacity[link] as number;
    const settled = this.#settled[link] as number;
    const open = this.#openWeight[link] as number;
    if (open > 0) return settled < capacity ? (capacity - settled) / open : 0;
    return settled > capacity * (1 + tie) ? 0 : infinity;
  }

  #queue(link: number, key: number): void {
    const level = this.#holding[link] === 1 ? Math.min(key, this.#system.fullLevel[link] as number) : key;
    if (level >= (this.#queued[link] as number)) return;
    this.#queued[link] = level;
    this.#heap.push(level, link);
  }

  /** First sight of a link in this solve: everybody on it is fixed. */
  #touch(link: number): void {
    const system = this.#system;
    this.#touchedStamp[link] = this.#stamp;
    this.#touched[this.#touchedCount++] = link;
    this.#queued[link] = infinity;
    const age = (this.#loadAge[link] as number) + 1;
    const holds = (system.held[link] as number) > 0;
    if (!holds && age < maxLoadAge) {
      this.#loadAge[link] = age;
      this.#holding[link] = 0;
      this.#settled[link] = system.load[link] as number;
      this.#openWeight[link] = 0;
      return;
    }
    const { edgeNext, edgeActivity, edgeWeight, bottleneck, level } = system;
    let settled = 0;
    let open = 0;
    for (let edge = system.firstEdge[link] as number; edge >= 0; edge = edgeNext[edge] as number) {
      const activity = edgeActivity[edge] as number;
      const y = level[activity] as number;
      if (bottleneck[activity] === link) open += edgeWeight[edge] as number;
      else if (y < infinity) settled += (edgeWeight[edge] as number) * y;
    }
    this.#loadAge[link] = 0;
    this.#settled[link] = settled;
    this.#openWeight[link] = open;
    this.#holding[link] = holds ? 1 : 0;
    if (holds) this.#queue(link, infinity);
  }

  /** A fixed activity begins to rise; `holder` is the link that let go of it. */
  #open(activity: number, holder: number): void {
    const { edgeStart, edgeCount, edgeLink, edgeWeight, level, capLevel, links } = this.#system;
    const old = level[activity] as number;
    this.#mark[activity] = this.#stamp;
    this.changed[this.changedCount++] = activity;
    const cap = capLevel[activity] as number;
    if (cap < infinity) this.#heap.push(cap, links + activity);
    const start = edgeStart[activity] as number;
    const end = start + (edgeCount[activity] as number);
    for (let edge = start; edge < end; edge++) {
      const link = edgeLink[edge] as number;
      if (link === holder) continue;
      if (this.#touchedStamp[link] !== this.#stamp) this.#touch(link);
      const weight = edgeWeight[edge] as number;
      this.#settled[link] = (this.#settled[link] as number) - weight * old;
      this.#openWeight[link] = (this.#openWeight[link] as number) + weight;
      this.#queue(link, this.#key(link));
    }
  }

  /** An activity stops at `stop`, held by `holder`. */
  #settle(activity: number, stop: number, holder: number): void {
    const { edgeStart, edgeCount, edgeLink, edgeWeight, level, bottleneck } = this.#system;
    const wasOpen = this.#mark[activity] === this.#stamp;
    if (!wasOpen) this.changed[this.changedCount++] = activity;
    this.#mark[activity] = this.#stamp + 1;
    this.newLevel[activity] = stop;
    this.newBottleneck[activity] = holder;
    const old = level[activity] as number;
    const oldHolder = bottleneck[activity] as number;
    const start = edgeStart[activity] as number;
    const end = start + (edgeCount[activity] as number);
    for (let edge = start; edge < end; edge++) {
      const link = edgeLink[edge] as number;
      if (link === holder) continue;
      if (this.#touchedStamp[link] !== this.#stamp) this.#touch(link);
      const weight = edgeWeight[edge] as number;
      if (wasOpen || (oldHolder === link && this.#holding[link] === 1)) {
        this.#openWeight[link] = (this.#openWeight[link] as number) - weight;
        this.#settled[link] = (this.#settled[link] as number) + weight * stop;
      } else this.#settled[link] = (this.#settled[link] as number) + weight * (stop - old);
    }
  }

  /** A link's turn, with the water at `water`. */
  #examine(link: number, water: number): void {
    const system = this.#system;
    const holding = this.#holding[link] === 1;
    const old = system.fullLevel[link] as number;
    let key = this.#key(link);
    let rising = this.#openWeight[link] as number;
    // Rises above its old level for sure, or may be full only later: no need to look at its members.
    if (!holding || key <= old) {
      if (key > water * (1 + tie) && key > this.#heap.topLevel) {
        this.#queue(link, key);
        return;
      }
      key = this.#levelOf(link, Math.max(key, water));
      if (key === infinity) return;
      rising = this.#risingWeight;
    }
    if (holding) {
      const capacity = system.capacity[link] as number;
      const excess = (key - old) * rising;
      if (Math.abs(excess) <= rounding * capacity || key === old) key = old;
      else if (key > old) {
        if (water >= old) {
          this.#release(link);
          this.#queue(link, key);
        } else this.#queue(link, old);
        return;
      }
    }
    if (key > water * (1 + tie) && key > this.#heap.topLevel) {
      this.#queue(link, key);
      return;
    }
    this.#fill(link, key, holding && key === old);
  }

  /**
   * Level at which a link is full, with the fixed ones above it lowered to it: Newton's method from `from` on the concave
   * load, which ends exactly because the load is piecewise linear.
   */
  #levelOf(link: number, from: number): number {
    const { firstEdge, edgeNext, edgeActivity, edgeWeight, bottleneck, level, capacity } = this.#system;
    const mark = this.#mark;
    const stamp = this.#stamp;
    const holder = this.#holding[link] === 1 ? link : -3;
    let at = from;
    for (;;) {
      let settled = 0;
      let open = 0;
      let nextAbove = infinity;
      let nearest = 0;
      for (let edge = firstEdge[link] as number; edge >= 0; edge = edgeNext[edge] as number) {
        const activity = edgeActivity[edge] as number;
        const state = (mark[activity] as number) - stamp;
        const weight = edgeWeight[edge] as number;
        if (state > 0) settled += weight * (this.newLevel[activity] as number);
        else if (state === 0 || bottleneck[activity] === holder) open += weight;
        else {
          const y = level[activity] as number;
          if (y > at) {
            open += weight;
            if (y < nextAbove) nextAbove = y;
          } else {
            settled += weight * y;
            if (y > nearest) nearest = y;
          }
        }
      }
      if (open === 0) return infinity;
      const found = Math.max(0, (capacity[link] as number) - settled) / open;
      // Nobody fixed lies between: the classes of activities at `found` are those that were counted.
      this.#risingWeight = open;
      if (found <= nextAbove && (found >= nearest || found >= at * (1 - tie))) return found;
      if (found <= at) return at;
      at = found;
    }
  }

  #release(link: number): void {
    const { firstEdge, edgeNext, edgeActivity, bottleneck } = this.#system;
    this.#holding[link] = 0;
    for (let edge = firstEdge[link] as number; edge >= 0; edge = edgeNext[edge] as number) {
      const activity = edgeActivity[edge] as number;
      if (bottleneck[activity] === link && (this.#mark[activity] as number) < this.#stamp) this.#open(activity, link);
    }
  }

  /** The link is full at `level`: whoever is open on it stops, and whoever is fixed above it comes down. */
  #fill(link: number, level: number, keeps: boolean): void {
    const system = this.#system;
    const { firstEdge, edgeNext, edgeActivity, bottleneck } = system;
    const stamp = this.#stamp;
    const holding = this.#holding[link] === 1;
    const above = level * (1 + tie);
    for (let edge = firstEdge[link] as number; edge >= 0; edge = edgeNext[edge] as number) {
      const activity = edgeActivity[edge] as number;
      const state = (this.#mark[activity] as number) - stamp;
      if (state > 0) continue;
      if (state === 0) this.#settle(activity, level, link);
      else if (holding && bottleneck[activity] === link) {
        if (!keeps) this.#settle(activity, level, link);
      } else if ((system.level[activity] as number) > above) this.#settle(activity, level, link);
    }
    system.fullLevel[link] = level;
    this.#holding[link] = 0;
    this.#openWeight[link] = 0;
    this.#settled[link] = system.capacity[link] as number;
  }
}
