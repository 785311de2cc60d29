import { grownDoubles, grownIntegers } from './columns.js';
import { IdList } from './id-list.js';
import { LevelHeap } from './level-heap.js';
import type { Progress } from './progress.js';
import { heldByCap, heldByNothing, holding, passing, type SharingSystem } from './sharing-system.js';

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
 * shown that this cannot stay, then *open* (they rise with the water), then *done*; those that one link holds are so
 * together. A link that was touched has a key, the level at which it fills up if the fixed ones stay: a lower bound of its
 * true level, since every change below it only raises it. The least key is looked at next:
 * - a link that held activities back at a level below its key lets go of them there: they open;
 * - a link whose key is its old level keeps its activities, and the change ends there;
 * - a link that is full stops all who are open on it, and all fixed ones above it.
 * Each step touches the other live links of the activities that it changes, and nothing that it changes lies below the
 * water: a link full at some level carries nobody above it. So one pass ends with a full link, or the cap, on which nobody
 * is faster, for every activity, which is the definition of max-min fairness. If all is open, this is the full solve.
 */
export class MaxMinSolver {
  /** Links whose clock or whose activities the last solve changed. */
  readonly changedLinks = new IdList();
  /** The same for activities that were or are held by their cap. */
  readonly changedCaps = new IdList();
  /** Levels of activities that solves have set so far. */
  updates = 0;
  private readonly system: SharingSystem;
  private readonly progress: Progress;
  private readonly heap = new LevelHeap();
  private now = 0.5;
  /** Number of this solve, times 2; a link's mark below it: fixed; equal to it: open; above it: done. */
  private stamp = 0;
  /** Links on which activities open: queued when all have opened, as a key falls with each of them. */
  private readonly risen = new IdList();
  /** Number of times at which activities opened together. */
  private rise = 0;
  // Columns of links; valid for links with this solve's stamp in `touched`.
  private touched = new Int32Array(4);
  private mark = new Int32Array(4);
  /** Weight of the open activities that the link did not hold. */
  private openWeight = new Float64Array(4);
  /** Least level at which the link stands in the heap. */
  private queued = new Float64Array(4);
  private loadAge = new Int32Array(4);
  /** Number of the rise for which the link was noted last. */
  private listed = new Int32Array(4);
  /** Weight of all who would stop at the level that `fullAt` found last. */
  private risingWeight = 0.5;

  constructor(system: SharingSystem, progress: Progress) {
    this.system = system;
    this.progress = progress;
  }

  /** Starts a solve at a time: nothing is touched. */
  begin(now: number): void {
    const links = this.system.capacity.length;
    if (links > this.touched.length) {
      this.touched = grownIntegers(this.touched, links);
      this.mark = grownIntegers(this.mark, links);
      this.openWeight = grownDoubles(this.openWeight, links);
      this.queued = grownDoubles(this.queued, links);
      this.loadAge = grownIntegers(this.loadAge, links);
      this.listed = grownIntegers(this.listed, links);
    }
    this.now = now;
    this.stamp += 2;
    if (this.stamp > 0x3ffffff0) {
      this.stamp = 2;
      this.mark.fill(0);
      this.touched.fill(0);
    }
    this.beginRise();
    this.changedLinks.length = 0;
    this.changedCaps.length = 0;
  }

  /** An activity that has just entered, and that nothing holds. */
  admit(activity: number): void {
    const { live, links } = this.system;
    const { edgeStart, edgeEnd, edgeLink, edgeWeight, capLevel } = this.system.routes;
    const cap = capLevel[activity] as number;
    if (cap < infinity) this.heap.push(cap, links + activity);
    const end = edgeEnd[activity] as number;
    for (let edge = edgeStart[activity] as number; edge < end; edge++) {
      const link = edgeLink[edge] as number;
      if (live[link] === 0) continue;
      this.list(link);
      this.openWeight[link] = (this.openWeight[link] as number) + (edgeWeight[edge] as number);
    }
  }

  /** A link whose capacity has changed, or that an activity has left. */
  disturb(link: number): void {
    if (this.system.live[link] === 1) this.list(link);
  }

  /** Raises the water: afterwards levels, holders and clocks are those of now. */
  solve(): void {
    const { links, bottleneck } = this.system;
    const { capLevel } = this.system.routes;
    const heap = this.heap;
    this.queueRisen();
    while (heap.length > 0) {
      const level = heap.topLevel;
      const item = heap.drop();
      if (item >= links) {
        const activity = item - links;
        if (this.isOpen(bottleneck[activity] as number)) {
          this.settle(activity, capLevel[activity] as number, heldByCap, -1, true);
        }
      } else if (this.queued[item] === level) {
        this.queued[item] = infinity;
        this.examine(item, level);
      }
    }
  }

  private isOpen(holder: number): boolean {
    return holder >= 0 ? this.mark[holder] === this.stamp : holder === heldByNothing;
  }

  /**
   * A lower bound of the level of a link that is not done: where it fills up if the fixed ones stay, or if they all come down
   * to it, whichever is higher.
   */
  private key(link: number): number {
    const { capacity, settled, heldWeight, weight } = this.system;
    const all = capacity[link] as number;
    const taken = settled[link] as number;
    const rising = (this.openWeight[link] as number) + (heldWeight[link] as number);
    if (rising === 0 && taken <= all * (1 + tie)) return infinity;
    return Math.max((all - taken) / rising, all / (weight[link] as number));
  }

  /** Puts a touched link into the heap at its key. */
  private queue(link: number): void {
    const mark = this.mark[link] as number;
    const old = this.system.level[link] as number;
    let level = old;
    if (mark <= this.stamp) {
      level = this.key(link);
      if (level > old && mark < this.stamp && (this.system.held[link] as number) > 0) level = old;
    }
    if (level >= (this.queued[link] as number)) return;
    this.queued[link] = level;
    this.heap.push(level, link);
  }

  private beginRise(): void {
    this.rise = this.rise === 0x7fffffff ? 1 : this.rise + 1;
    this.risen.length = 0;
  }

  /** Notes a link on which activities open, or may. */
  private list(link: number): void {
    if (this.touched[link] !== this.stamp) this.touch(link);
    if (this.listed[link] === this.rise) return;
    this.listed[link] = this.rise;
    this.risen.add(link);
  }

  private queueRisen(): void {
    const { ids, length } = this.risen;
    for (let i = 0; i < length; i++) this.queue(ids[i] as number);
  }

  private requeue(link: number, level: number): void {
    this.queued[link] = level;
    this.heap.push(level, link);
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
  private stir(link: number): void {
    this.touch(link);
    if ((this.system.held[link] as number) > 0) this.requeue(link, this.system.level[link] as number);
  }

  /** A link's turn, with the water at `water`. */
  private examine(link: number, water: number): void {
    const system = this.system;
    const old = system.level[link] as number;
    const mark = this.mark[link] as number;
    if (mark > this.stamp) {
      // It was full already: whoever has opened on it since stops again.
      this.fill(link, old);
      return;
    }
    const holds = mark < this.stamp && (system.held[link] as number) > 0;
    let key = this.key(link);
    let rising = (this.openWeight[link] as number) + (system.heldWeight[link] as number);
    // Rises above its old level for sure, or may be full only later: no need to look at its members.
    if (!holds || key <= old) {
      if (key > water * (1 + tie) && key > this.heap.topLevel) {
        this.queue(link);
        return;
      }
      key = Math.max(key, water);
      // With nobody fixed on it, or only the stalled, the key is exact.
      if ((system.settled[link] as number) !== 0) {
        key = this.fullAt(link, key);
        rising = this.risingWeight;
      }
      if (key === infinity) return;
    }
    if (holds) {
      const excess = (key - old) * rising;
      if (Math.abs(excess) <= rounding * (system.capacity[link] as number) || key === old) key = old;
      else if (key > old) {
        if (water >= old) this.release(link);
        else this.requeue(link, old);
        return;
      }
    }
    if (key > water * (1 + tie) && key > this.heap.topLevel) this.requeue(link, key);
    else this.fill(link, key);
  }

  /**
   * Level at which a link is full, with the fixed ones above it lowered to it: Newton's method from `from` on the concave
   * load, which ends exactly because the load is piecewise linear.
   */
  private fullAt(link: number, from: number): number {
    const { first, edgeNext, bottleneck, level, capacity } = this.system;
    const { edgeActivity, edgeWeight, capLevel } = this.system.routes;
    const { mark, stamp } = this;
    const head = first[3 * link + passing] as number;
    let at = from;
    for (;;) {
      let settled = 0;
      let open = this.system.heldWeight[link] as number;
      let nextAbove = infinity;
      let nearest = 0;
      for (let edge = head; edge >= 0; edge = edgeNext[edge] as number) {
        const activity = edgeActivity[edge] as number;
        const holder = bottleneck[activity] as number;
        if (holder >= 0 ? mark[holder] === stamp : holder === heldByNothing) {
          open += edgeWeight[edge] as number;
          continue;
        }
        // Those that are done lie below the water.
        const y = holder >= 0 ? (level[holder] as number) : (capLevel[activity] as number);
        if (y > at) {
          open += edgeWeight[edge] as number;
          if (y < nextAbove) nextAbove = y;
        } else {
          settled += (edgeWeight[edge] as number) * y;
          if (y > nearest) nearest = y;
        }
      }
      if (open === 0) return infinity;
      const found = Math.max(0, (capacity[link] as number) - settled) / open;
      // Nobody fixed lies between: the classes of activities at `found` are those that were counted.
      this.risingWeight = open;
      if (found <= nextAbove && (found >= nearest || found >= at * (1 - tie))) return found;
      if (found <= at) return at;
      at = found;
    }
  }

  /** A link lets go of those whom it held: they begin to rise, and stop on it again if nothing else stops them. */
  private release(link: number): void {
    const system = this.system;
    const { first, edgeNext, settled, live } = system;
    const { edgeActivity, edgeStart, edgeEnd, edgeLink, edgeWeight, capLevel } = system.routes;
    const old = system.level[link] as number;
    this.mark[link] = this.stamp;
    this.beginRise();
    // First, so that among equals it keeps whom it held.
    this.list(link);
    for (let held = first[3 * link + holding] as number; held >= 0; held = edgeNext[held] as number) {
      const activity = edgeActivity[held] as number;
      const cap = capLevel[activity] as number;
      if (cap < infinity) this.heap.push(cap, system.links + activity);
      const end = edgeEnd[activity] as number;
      for (let edge = edgeStart[activity] as number; edge < end; edge++) {
        const other = edgeLink[edge] as number;
        if (other === link || live[other] === 0) continue;
        this.list(other);
        const weight = edgeWeight[edge] as number;
        settled[other] = (settled[other] as number) - weight * old;
        this.openWeight[other] = (this.openWeight[other] as number) + weight;
      }
    }
    this.queueRisen();
  }

  /** The link is full at `level`: whoever is open on it stops, and whoever is fixed above it comes down. */
  private fill(link: number, level: number): void {
    const system = this.system;
    const { first, edgeNext, bottleneck } = system;
    const { edgeActivity, capLevel } = system.routes;
    const { mark, stamp } = this;
    this.moveHeld(link, level);
    this.progress.read(link, this.now);
    if (system.level[link] !== level || mark[link] === stamp) this.updates += system.held[link] as number;
    system.level[link] = level;
    mark[link] = stamp + 1;
    const above = level * (1 + tie);
    for (let edge = first[3 * link + passing] as number; edge >= 0; ) {
      const next = edgeNext[edge] as number;
      const activity = edgeActivity[edge] as number;
      const holder = bottleneck[activity] as number;
      if (holder >= 0 ? mark[holder] === stamp : holder === heldByNothing)
        this.settle(activity, level, link, edge, true);
      else if ((holder >= 0 ? (system.level[holder] as number) : (capLevel[activity] as number)) > above) {
        this.settle(activity, level, link, edge, false);
      }
      edge = next;
    }
    this.changedLinks.add(link);
  }

  /** Those whom a link holds go from its old level, or from being open, to `level`: their other links feel it. */
  private moveHeld(link: number, level: number): void {
    const system = this.system;
    const mark = this.mark[link] as number;
    const old = system.level[link] as number;
    const wasOpen = mark === this.stamp;
    if (mark > this.stamp || (!wasOpen && old === level)) return;
    const change = wasOpen ? level : level - old;
    const { first, edgeNext, settled, live } = system;
    const { edgeActivity, edgeStart, edgeEnd, edgeLink, edgeWeight } = system.routes;
    for (let held = first[3 * link + holding] as number; held >= 0; held = edgeNext[held] as number) {
      const activity = edgeActivity[held] as number;
      const end = edgeEnd[activity] as number;
      for (let edge = edgeStart[activity] as number; edge < end; edge++) {
        const other = edgeLink[edge] as number;
        if (other === link || live[other] === 0) continue;
        if (this.touched[other] !== this.stamp) this.stir(other);
        const weight = edgeWeight[edge] as number;
        if (wasOpen) this.openWeight[other] = (this.openWeight[other] as number) - weight;
        settled[other] = (settled[other] as number) + weight * change;
      }
    }
  }

  /** An activity stops at `stop`, held by its cap, or by link `holder`, on which it has `ownEdge`. */
  private settle(activity: number, stop: number, holder: number, ownEdge: number, wasOpen: boolean): void {
    const system = this.system;
    const { settled, heldWeight, live } = system;
    const { edgeStart, edgeEnd, edgeLink, edgeWeight } = system.routes;
    const openWeight = this.openWeight;
    const oldHolder = system.bottleneck[activity] as number;
    const old = wasOpen ? 0 : system.levelOf(activity);
    const end = edgeEnd[activity] as number;
    for (let edge = edgeStart[activity] as number; edge < end; edge++) {
      const link = edgeLink[edge] as number;
      if (live[link] === 0) continue;
      if (this.touched[link] !== this.stamp) this.stir(link);
      const weight = edgeWeight[edge] as number;
      if (link === oldHolder) {
        heldWeight[link] = system.held[link] === 1 ? 0 : (heldWeight[link] as number) - weight;
        settled[link] = (settled[link] as number) + weight * stop;
        continue;
      }
      if (wasOpen) openWeight[link] = (openWeight[link] as number) - weight;
      if (link === holder) {
        if (!wasOpen) settled[link] = (settled[link] as number) - weight * old;
        heldWeight[link] = (heldWeight[link] as number) + weight;
      } else settled[link] = (settled[link] as number) + weight * (stop - old);
    }
    this.updates++;
    this.take(activity, holder, ownEdge);
  }

  /** Moves an activity from one holder's clock to another's. */
  private take(activity: number, holder: number, ownEdge: number): void {
    const system = this.system;
    const progress = this.progress;
    const oldHolder = system.bottleneck[activity] as number;
    const now = this.now;
    if (oldHolder >= 0) progress.read(oldHolder, now);
    const left = progress.leftAt(activity, now);
    if (oldHolder >= 0) {
      progress.quit(oldHolder, activity);
      system.letGo(activity);
      this.changedLinks.add(oldHolder);
    } else if (oldHolder === heldByCap) this.changedCaps.add(activity);
    if (holder >= 0) {
      progress.join(holder, activity, left, now);
      system.hold(activity, holder, ownEdge);
    } else {
      progress.set(activity, left, now);
      system.bottleneck[activity] = heldByCap;
      this.changedCaps.add(activity);
    }
  }
}
