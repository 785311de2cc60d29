import { IdList } from './id-list.js';
import { LinkTurns, tie } from './link-turns.js';
import type { Progress } from './progress.js';
import { heldByCap, heldByNothing, holding, passing, type SharingSystem } from './sharing-system.js';

/** Part of a link's capacity that rounding may misplace. */
const rounding = 1e-13;
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
  private readonly turns: LinkTurns;
  private now = 0.5;
  /** Weight of all who would stop at the level that `fullAt` found last. */
  private risingWeight = 0.5;

  constructor(system: SharingSystem, progress: Progress) {
    this.system = system;
    this.progress = progress;
    this.turns = new LinkTurns(system);
  }

  /** Starts a solve at a time: nothing is touched. */
  begin(now: number): void {
    this.now = now;
    this.turns.begin();
    this.changedLinks.length = 0;
    this.changedCaps.length = 0;
  }

  /** An activity that has just entered, and that nothing holds. */
  admit(activity: number): void {
    const { turns } = this;
    const { live, links } = this.system;
    const { edgeStart, edgeEnd, edgeLink, edgeWeight, capLevel } = this.system.routes;
    const cap = capLevel[activity] as number;
    if (cap < infinity) turns.heap.push(cap, links + activity);
    const end = edgeEnd[activity] as number;
    for (let edge = edgeStart[activity] as number; edge < end; edge++) {
      const link = edgeLink[edge] as number;
      if (live[link] === 0) continue;
      turns.list(link);
      turns.openWeight[link] = (turns.openWeight[link] as number) + (edgeWeight[edge] as number);
    }
  }

  /** A link whose capacity has changed, or that an activity has left. */
  disturb(link: number): void {
    if (this.system.live[link] === 1) this.turns.list(link);
  }

  /** Raises the water: afterwards levels, holders and clocks are those of now. */
  solve(): void {
    const { turns } = this;
    const { links, bottleneck } = this.system;
    const { capLevel } = this.system.routes;
    const heap = turns.heap;
    turns.queueRisen();
    while (heap.length > 0) {
      const level = heap.topLevel;
      const item = heap.drop();
      if (item >= links) {
        const activity = item - links;
        if (this.isOpen(bottleneck[activity] as number)) {
          this.settle(activity, capLevel[activity] as number, heldByCap, -1, true);
        }
      } else if (turns.queued[item] === level) {
        turns.queued[item] = infinity;
        this.examine(item, level);
      }
    }
  }

  private isOpen(holder: number): boolean {
    const { turns } = this;
    return holder >= 0 ? turns.mark[holder] === turns.stamp : holder === heldByNothing;
  }

  /** A link's turn, with the water at `water`. */
  private examine(link: number, water: number): void {
    const { system, turns } = this;
    const old = system.level[link] as number;
    const mark = turns.mark[link] as number;
    if (mark > turns.stamp) {
      // It was full already: whoever has opened on it since stops again.
      this.fill(link, old);
      return;
    }
    const holds = mark < turns.stamp && (system.held[link] as number) > 0;
    let key = turns.key(link);
    let rising = (turns.openWeight[link] as number) + (system.heldWeight[link] as number);
    // Rises above its old level for sure, or may be full only later: no need to look at its members.
    if (!holds || key <= old) {
      if (key > water * (1 + tie) && key > turns.heap.topLevel) {
        turns.queue(link);
        return;
      }
      // Summed anew, so that what is equal comes out equal whatever came before.
      key = this.fullAt(link, Math.max(key, water));
      rising = this.risingWeight;
      if (key === infinity) return;
    }
    if (holds) {
      const excess = (key - old) * rising;
      if (Math.abs(excess) <= rounding * (system.capacity[link] as number) || key === old) key = old;
      else if (key > old) {
        if (water >= old) this.release(link);
        else turns.requeue(link, old);
        return;
      }
    }
    if (key > water * (1 + tie) && key > turns.heap.topLevel) turns.requeue(link, key);
    else this.fill(link, key);
  }

  /**
   * Level at which a link is full, with the fixed ones above it lowered to it: Newton's method from `from` on the concave
   * load, which ends exactly because the load is piecewise linear.
   */
  private fullAt(link: number, from: number): number {
    const { first, edgeNext, bottleneck, level, capacity } = this.system;
    const { edgeActivity, edgeWeight, capLevel } = this.system.routes;
    const { mark, stamp } = this.turns;
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
    const { system, turns } = this;
    const { first, edgeNext, settled, live } = system;
    const { edgeActivity, edgeStart, edgeEnd, edgeLink, edgeWeight, capLevel } = system.routes;
    const old = system.level[link] as number;
    turns.mark[link] = turns.stamp;
    turns.beginRise();
    // First, so that among equals it keeps whom it held.
    turns.list(link);
    for (let held = first[3 * link + holding] as number; held >= 0; held = edgeNext[held] as number) {
      const activity = edgeActivity[held] as number;
      const cap = capLevel[activity] as number;
      if (cap < infinity) turns.heap.push(cap, system.links + activity);
      const end = edgeEnd[activity] as number;
      for (let edge = edgeStart[activity] as number; edge < end; edge++) {
        const other = edgeLink[edge] as number;
        if (other === link || live[other] === 0) continue;
        turns.list(other);
        const weight = edgeWeight[edge] as number;
        settled[other] = (settled[other] as number) - weight * old;
        turns.openWeight[other] = (turns.openWeight[other] as number) + weight;
      }
    }
    turns.queueRisen();
  }

  /** The link is full at `level`: whoever is open on it stops, and whoever is fixed above it comes down. */
  private fill(link: number, level: number): void {
    const system = this.system;
    const { first, edgeNext, bottleneck } = system;
    const { edgeActivity, capLevel } = system.routes;
    const { mark, stamp } = this.turns;
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
    const { system, turns } = this;
    const mark = turns.mark[link] as number;
    const old = system.level[link] as number;
    const wasOpen = mark === turns.stamp;
    if (mark > turns.stamp || (!wasOpen && old === level)) return;
    const change = wasOpen ? level : level - old;
    const { first, edgeNext, settled, live } = system;
    const { edgeActivity, edgeStart, edgeEnd, edgeLink, edgeWeight } = system.routes;
    for (let held = first[3 * link + holding] as number; held >= 0; held = edgeNext[held] as number) {
      const activity = edgeActivity[held] as number;
      const end = edgeEnd[activity] as number;
      for (let edge = edgeStart[activity] as number; edge < end; edge++) {
        const other = edgeLink[edge] as number;
        if (other === link || live[other] === 0) continue;
        if (turns.touched[other] !== turns.stamp) turns.stir(other);
        const weight = edgeWeight[edge] as number;
        if (wasOpen) turns.openWeight[other] = (turns.openWeight[other] as number) - weight;
        settled[other] = (settled[other] as number) + weight * change;
      }
    }
  }

  /** An activity stops at `stop`, held by its cap, or by link `holder`, on which it has `ownEdge`. */
  private settle(activity: number, stop: number, holder: number, ownEdge: number, wasOpen: boolean): void {
    const { system, turns } = this;
    const { settled, heldWeight, live } = system;
    const { edgeStart, edgeEnd, edgeLink, edgeWeight } = system.routes;
    const openWeight = turns.openWeight;
    const oldHolder = system.bottleneck[activity] as number;
    const old = wasOpen ? 0 : system.levelOf(activity);
    const end = edgeEnd[activity] as number;
    for (let edge = edgeStart[activity] as number; edge < end; edge++) {
      const link = edgeLink[edge] as number;
      if (live[link] === 0) continue;
      if (turns.touched[link] !== turns.stamp) turns.stir(link);
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
