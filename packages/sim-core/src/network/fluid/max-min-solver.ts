import type { SharingSystem } from './sharing-system.js';

/** Relative slack within which a link counts as full and two levels as equal. */
const slack = 1e-10;
const tie = 1e-12;

/**
 * Max-min fair rates by progressive filling (Bertsekas and Gallager, Data Networks, 6.5.2; weighted, spec/model.md 6.1),
 * solved again only where a change reaches: the activities whose bottleneck was touched, on the capacity that the others
 * leave, then also those whose bottleneck condition broke, until none does. On exit every activity has a full link, or its
 * cap, on which nobody is faster, which is the definition of max-min fairness; so the answer is exact.
 */
export class MaxMinSolver {
  /** Activities of the last solve, in `solved[0..solvedCount)`. */
  solved = new Int32Array(256);
  solvedCount = 0;
  /** Rates set, over all solves. */
  updates = 0;
  readonly #system: SharingSystem;
  #stamp = 0;
  #inSet = new Int32Array(256);
  #frozen = new Int32Array(256);
  #newRate = new Float64Array(256);
  #touched = new Int32Array(64);
  #touchedCount = 0;
  #touchedStamp: Int32Array;
  #residual: Float64Array;
  #base: Float64Array;
  #weight: Float64Array;
  // Heap of (level, item): items below `links` are links, the others are caps of activities.
  #heapLevel = new Float64Array(256);
  #heapItem = new Int32Array(256);
  #heapLength = 0;

  constructor(system: SharingSystem) {
    this.#system = system;
    const links = Math.max(4, system.links);
    this.#touchedStamp = new Int32Array(links);
    this.#residual = new Float64Array(links);
    this.#base = new Float64Array(links);
    this.#weight = new Float64Array(links);
  }

  /** Starts a solve: nothing is in the set. */
  begin(): void {
    const system = this.#system;
    this.#stamp++;
    this.solvedCount = 0;
    if (this.#inSet.length < system.activities) {
      const length = system.rate.length;
      const inSet = new Int32Array(length);
      inSet.set(this.#inSet);
      this.#inSet = inSet;
      const frozen = new Int32Array(length);
      frozen.set(this.#frozen);
      this.#frozen = frozen;
      this.#newRate = new Float64Array(length);
      const solved = new Int32Array(length);
      solved.set(this.solved);
      this.solved = solved;
    }
    if (this.#touchedStamp.length < system.links) {
      const length = system.capacity.length;
      const stamps = new Int32Array(length);
      stamps.set(this.#touchedStamp);
      this.#touchedStamp = stamps;
      this.#residual = new Float64Array(length);
      this.#base = new Float64Array(length);
      this.#weight = new Float64Array(length);
      this.#touched = new Int32Array(length);
    }
    if (this.#touched.length < system.links) this.#touched = new Int32Array(system.capacity.length);
  }

  /** Puts an activity into the set that is solved again. */
  include(activity: number): void {
    if (this.#inSet[activity] === this.#stamp) return;
    this.#inSet[activity] = this.#stamp;
    this.solved[this.solvedCount++] = activity;
  }

  /** Puts every activity that a link holds back into the set. */
  includeHeldBy(link: number): void {
    const { firstEdge, edgeNext, edgeActivity, bottleneck } = this.#system;
    for (let edge = firstEdge[link] as number; edge >= 0; edge = edgeNext[edge] as number) {
      const activity = edgeActivity[edge] as number;
      if (bottleneck[activity] === link) this.include(activity);
    }
  }

  /** Puts every activity of a link into the set. */
  includeAllOn(link: number): void {
    const { firstEdge, edgeNext, edgeActivity } = this.#system;
    for (let edge = firstEdge[link] as number; edge >= 0; edge = edgeNext[edge] as number) {
      this.include(edgeActivity[edge] as number);
    }
  }

  /** Solves; afterwards `rateOfSolved` holds for the set, and system.bottleneck is up to date. Rates are applied by the caller. */
  solve(active: number): void {
    for (;;) {
      const before = this.solvedCount;
      this.#fill();
      if (before * 3 > active) {
        if (before === active) return;
        this.#includeEverything();
        if (this.solvedCount === before) return;
        continue;
      }
      this.#extend();
      if (this.solvedCount === before) return;
    }
  }

  rateOfSolved(activity: number): number {
    return this.#newRate[activity] as number;
  }

  #includeEverything(): void {
    const { activities, flowing } = this.#system;
    for (let activity = 0; activity < activities; activity++) if (flowing[activity] === 1) this.include(activity);
  }

  /** Progressive filling of the set on what the others leave of each link. */
  #fill(): void {
    const system = this.#system;
    const { capacity, load, rate, share, rateCap, edgeStart, edgeCount, edgeLink, edgeWeight, links } = system;
    const { firstEdge, edgeNext, edgeActivity, bottleneck } = system;
    const residual = this.#residual;
    const weight = this.#weight;
    const stamp = this.#stamp;
    const newRate = this.#newRate;
    this.#touchedCount = 0;
    const touchedMark = ++this.#fillMark;
    for (let i = 0; i < this.solvedCount; i++) {
      const activity = this.solved[i] as number;
      const old = rate[activity] as number;
      const pi = share[activity] as number;
      this.#frozen[activity] = 0;
      const start = edgeStart[activity] as number;
      const end = start + (edgeCount[activity] as number);
      for (let edge = start; edge < end; edge++) {
        const link = edgeLink[edge] as number;
        if (this.#touchedStamp[link] !== touchedMark) {
          this.#touchedStamp[link] = touchedMark;
          this.#touched[this.#touchedCount++] = link;
          residual[link] = (capacity[link] as number) - (load[link] as number);
          weight[link] = 0;
        }
        const w = edgeWeight[edge] as number;
        residual[link] = (residual[link] as number) + w * old;
        weight[link] = (weight[link] as number) + w * pi;
      }
    }
    this.#heapLength = 0;
    for (let i = 0; i < this.#touchedCount; i++) {
      const link = this.#touched[i] as number;
      this.#base[link] = residual[link] as number;
      this.#push(Math.max(0, residual[link] as number) / (weight[link] as number), link);
    }
    let left = this.solvedCount;
    for (let i = 0; i < this.solvedCount; i++) {
      const activity = this.solved[i] as number;
      const cap = (rateCap[activity] as number) / (share[activity] as number);
      if (cap < Number.POSITIVE_INFINITY || edgeCount[activity] === 0) this.#push(cap, links + activity);
    }
    const freeze = (activity: number, level: number, held: number): void => {
      this.#frozen[activity] = stamp;
      bottleneck[activity] = held;
      const pi = share[activity] as number;
      const x = held < 0 ? (rateCap[activity] as number) : level * pi;
      newRate[activity] = x;
      left--;
      const start = edgeStart[activity] as number;
      const end = start + (edgeCount[activity] as number);
      for (let edge = start; edge < end; edge++) {
        const link = edgeLink[edge] as number;
        const w = edgeWeight[edge] as number;
        residual[link] = (residual[link] as number) - w * x;
        weight[link] = (weight[link] as number) - w * pi;
      }
    };
    while (left > 0 && this.#heapLength > 0) {
      const level = this.#heapLevel[0] as number;
      const item = this.#heapItem[0] as number;
      this.#popHeap();
      if (item >= links) {
        const activity = item - links;
        if (this.#frozen[activity] !== stamp) freeze(activity, level, -1);
        continue;
      }
      const pending = weight[item] as number;
      if (!(pending > 0)) continue;
      // Levels of a link only rise while others freeze below it, so a stale entry is put back at its present level.
      const now = Math.max(0, residual[item] as number) / pending;
      if (now > level * (1 + tie) && this.#heapLength > 0 && now > (this.#heapLevel[0] as number)) {
        this.#push(now, item);
        continue;
      }
      for (let edge = firstEdge[item] as number; edge >= 0; edge = edgeNext[edge] as number) {
        const activity = edgeActivity[edge] as number;
        if (this.#inSet[activity] === stamp && this.#frozen[activity] !== stamp) freeze(activity, now, item);
      }
      weight[item] = 0;
    }
  }

  #fillMark = 0;

  /** Adds the activities outside the set whose bottleneck condition the new rates break. */
  #extend(): void {
    const system = this.#system;
    const { capacity, rate, share, edgeWeight, firstEdge, edgeNext, edgeActivity, bottleneck } = system;
    const stamp = this.#stamp;
    for (let i = 0; i < this.#touchedCount; i++) {
      const link = this.#touched[i] as number;
      const limit = capacity[link] as number;
      const base = this.#base[link] as number;
      if (base < -slack * limit || (limit === 0 && base < 0)) {
        this.includeAllOn(link);
        continue;
      }
      let used = 0;
      let fastest = 0;
      let slowestHeld = Number.POSITIVE_INFINITY;
      for (let edge = firstEdge[link] as number; edge >= 0; edge = edgeNext[edge] as number) {
        const activity = edgeActivity[edge] as number;
        if (this.#inSet[activity] !== stamp) continue;
        // An activity that joined while links were being looked at has no new rate yet; it is solved in the next round.
        if (this.#frozen[activity] !== stamp) continue;
        const x = this.#newRate[activity] as number;
        used += (edgeWeight[edge] as number) * x;
        const level = x / (share[activity] as number);
        if (level > fastest) fastest = level;
        if (bottleneck[activity] === link && level < slowestHeld) slowestHeld = level;
      }
      const full = base - used <= slack * limit;
      for (let edge = firstEdge[link] as number; edge >= 0; edge = edgeNext[edge] as number) {
        const activity = edgeActivity[edge] as number;
        if (this.#inSet[activity] === stamp) continue;
        const level = (rate[activity] as number) / (share[activity] as number);
        const freed = bottleneck[activity] === link && (!full || fastest > level * (1 + slack));
        if (freed || level > slowestHeld * (1 + slack)) this.include(activity);
      }
    }
  }

  #push(level: number, item: number): void {
    if (this.#heapLength === this.#heapItem.length) {
      const levels = new Float64Array(this.#heapLength * 2);
      levels.set(this.#heapLevel);
      this.#heapLevel = levels;
      const items = new Int32Array(this.#heapLength * 2);
      items.set(this.#heapItem);
      this.#heapItem = items;
    }
    const levels = this.#heapLevel;
    const items = this.#heapItem;
    let hole = this.#heapLength++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = levels[parent] as number;
      if (above < level || (above === level && (items[parent] as number) < item)) break;
      levels[hole] = above;
      items[hole] = items[parent] as number;
      hole = parent;
    }
    levels[hole] = level;
    items[hole] = item;
  }

  #popHeap(): void {
    const levels = this.#heapLevel;
    const items = this.#heapItem;
    const length = --this.#heapLength;
    if (length === 0) return;
    const level = levels[length] as number;
    const item = items[length] as number;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= length) break;
      const right = child + 1;
      if (
        right < length &&
        ((levels[right] as number) < (levels[child] as number) ||
          (levels[right] === levels[child] && (items[right] as number) < (items[child] as number)))
      ) {
        child = right;
      }
      const below = levels[child] as number;
      if (below > level || (below === level && (items[child] as number) > item)) break;
      levels[hole] = below;
      items[hole] = items[child] as number;
      hole = child;
    }
    levels[hole] = level;
    items[hole] = item;
  }
}
