import { grownDoubles, grownIntegers } from './columns.js';
import { captive, holding, type SharingSystem } from './sharing-system.js';

/** A clock that has run so many times a new activity's way starts anew, so that small ends keep their digits. */
const longestWay = 4096;

/**
 * What activities still have to send, in volume over share, so that it shrinks by their level each second.
 *
 * Whoever is held back by one link moves at one level. So the link has a clock that runs at its level (virtual time, as in
 * Demers, Keshav and Shenker's fair queueing): an activity joins it with the reading at which it will be done, and a change
 * of the level touches the clock alone, however many it holds. Those of one clock stand in a pairing heap (Fredman et al.
 * 1986) by that reading, then by id.
 */
export class Progress {
  private readonly system: SharingSystem;
  // Columns of links.
  reading = new Float64Array(4);
  /** When `reading` was true. */
  private readAt = new Float64Array(4);
  /** Activity that ends next; -1 = the clock has none. */
  next = new Int32Array(4).fill(-1);
  // Columns of activities.
  /** Reading of its link's clock at its end; if no link holds it, what it has left. */
  end = new Float64Array(64);
  /** When `end` was true, if no link holds it. */
  private since = new Float64Array(64);
  private child = new Int32Array(64);
  private sibling = new Int32Array(64);
  /** The sibling before, or the parent of a first child; -1 = the first of the clock. */
  private before = new Int32Array(64);

  constructor(system: SharingSystem) {
    this.system = system;
  }

  /** Follows the system's numbers of links and activities. */
  grow(activities: number): void {
    const links = this.system.capacity.length;
    if (links > this.next.length) {
      this.reading = grownDoubles(this.reading, links);
      this.readAt = grownDoubles(this.readAt, links);
      this.next = grownIntegers(this.next, links, -1);
    }
    if (activities > this.end.length) {
      this.end = grownDoubles(this.end, activities);
      this.since = grownDoubles(this.since, activities);
      this.child = grownIntegers(this.child, activities);
      this.sibling = grownIntegers(this.sibling, activities);
      this.before = grownIntegers(this.before, activities);
    }
  }

  /** Brings a link's clock up to `now`: before its level changes. */
  read(link: number, now: number): void {
    const elapsed = now - (this.readAt[link] as number);
    if (elapsed > 0) {
      this.reading[link] = (this.reading[link] as number) + elapsed * (this.system.level[link] as number);
      this.readAt[link] = now;
    }
  }

  /** An activity that no link holds has `left` now. */
  set(activity: number, left: number, now: number): void {
    this.end[activity] = left;
    this.since[activity] = now;
  }

  /** What an activity has left at a time at which levels are those of now. */
  leftAt(activity: number, time: number): number {
    const system = this.system;
    const holder = system.bottleneck[activity] as number;
    if (holder >= 0) {
      const elapsed = time - (this.readAt[holder] as number);
      const reading = (this.reading[holder] as number) + (elapsed > 0 ? elapsed * (system.level[holder] as number) : 0);
      return Math.max(0, (this.end[activity] as number) - reading);
    }
    const left = this.end[activity] as number;
    const elapsed = time - (this.since[activity] as number);
    return elapsed > 0 ? Math.max(0, left - elapsed * system.levelOf(activity)) : left;
  }

  /** When a link's clock reaches the end of its next activity. */
  nextEnd(link: number): number {
    const level = this.system.level[link] as number;
    const next = this.next[link] as number;
    // At level 0 they are stalled: no end until capacity returns.
    if (next < 0 || level === 0) return Number.POSITIVE_INFINITY;
    const ahead = (this.end[next] as number) - (this.reading[link] as number);
    return (this.readAt[link] as number) + (ahead > 0 ? ahead / level : 0);
  }

  /** An activity that has `left` joins a link's clock, which is up to `now`. */
  join(link: number, activity: number, left: number, now: number): void {
    const first = this.next[link] as number;
    this.child[activity] = -1;
    this.sibling[activity] = -1;
    this.before[activity] = -1;
    if (first < 0) {
      this.reading[link] = 0;
      this.readAt[link] = now;
      this.end[activity] = left;
      this.next[link] = activity;
      return;
    }
    if ((this.reading[link] as number) > longestWay * left && left > 0) this.restart(link);
    this.end[activity] = (this.reading[link] as number) + left;
    this.next[link] = this.meld(first, activity);
  }

  /** An activity leaves a link's clock. */
  quit(link: number, activity: number): void {
    const child = this.child;
    const sibling = this.sibling;
    const before = this.before;
    const heir = this.pair(child[activity] as number);
    if (this.next[link] === activity) {
      this.next[link] = heir;
      return;
    }
    const previous = before[activity] as number;
    const after = sibling[activity] as number;
    if (child[previous] === activity) child[previous] = after;
    else sibling[previous] = after;
    if (after >= 0) before[after] = previous;
    if (heir >= 0) this.next[link] = this.meld(this.next[link] as number, heir);
  }

  /** Joins two heaps by their roots; returns the root that remains. */
  private meld(a: number, b: number): number {
    const endOfA = this.end[a] as number;
    const endOfB = this.end[b] as number;
    const aFirst = endOfA < endOfB || (endOfA === endOfB && a < b);
    const root = aFirst ? a : b;
    const other = aFirst ? b : a;
    const child = this.child[root] as number;
    this.sibling[other] = child;
    if (child >= 0) this.before[child] = other;
    this.before[other] = root;
    this.child[root] = other;
    return root;
  }

  /** Makes one heap of siblings: in pairs from the left, then one after the other from the right. */
  private pair(first: number): number {
    if (first < 0) return -1;
    const sibling = this.sibling;
    let paired = -1;
    for (let at = first; at >= 0; ) {
      const other = sibling[at] as number;
      if (other < 0) {
        sibling[at] = paired;
        paired = at;
        break;
      }
      const rest = sibling[other] as number;
      const root = this.meld(at, other);
      sibling[root] = paired;
      paired = root;
      at = rest;
    }
    let heap = paired;
    let at = sibling[heap] as number;
    while (at >= 0) {
      const rest = sibling[at] as number;
      heap = this.meld(heap, at);
      at = rest;
    }
    sibling[heap] = -1;
    this.before[heap] = -1;
    return heap;
  }

  /** Sets a link's clock back to 0, which keeps the order. */
  private restart(link: number): void {
    const { first, edgeNext } = this.system;
    const { edgeActivity } = this.system.routes;
    const reading = this.reading[link] as number;
    for (let list = 3 * link + holding; list <= 3 * link + captive; list++) {
      for (let edge = first[list] as number; edge >= 0; edge = edgeNext[edge] as number) {
        const activity = edgeActivity[edge] as number;
        this.end[activity] = (this.end[activity] as number) - reading;
      }
    }
    this.reading[link] = 0;
  }
}
