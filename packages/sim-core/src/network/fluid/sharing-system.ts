import { grownDoubles, grownIntegers } from './columns.js';

/** What holds an activity back when no link does. */
export const heldByCap = -1;
export const heldByNothing = -2;

/**
 * Who shares what: links with capacities, activities with a weight on each link that they cross. Columns and integer ids;
 * an edge is one (activity, link) pair, in a doubly linked list of its link and a contiguous run of its activity.
 *
 * Levels, not rates, are kept: an activity's level is its rate over its share, so that fairness compares levels, and an
 * edge's weight is bytes per unit of volume times the share, so that weight times level is bytes per second on the link.
 */
export class SharingSystem {
  links = 0;
  capacity = new Float64Array(4);
  /** Sum of weight x level over the activities on the link. */
  load = new Float64Array(4);
  /** Level at which the link is full, while it holds anyone back. */
  fullLevel = new Float64Array(4);
  /** Activities on the link, and those of them that it holds back. */
  members = new Int32Array(4);
  held = new Int32Array(4);
  firstEdge = new Int32Array(4).fill(-1);

  /** Highest activity id ever in use, plus one. */
  activities = 0;
  level = new Float64Array(64);
  share = new Float64Array(64);
  /** Level of the activity's own cap. */
  capLevel = new Float64Array(64);
  /** Link whose saturation holds the activity back, or heldByCap, or heldByNothing. */
  bottleneck = new Int32Array(64);
  edgeStart = new Int32Array(64);
  edgeCount = new Int32Array(64);
  /** Length of the run that was taken; some of it is idle when a link was named twice or has no weight. */
  #edgeRoom = new Int32Array(64);
  #nextFreeActivity = new Int32Array(64);
  #freeActivity = -1;

  edgeActivity = new Int32Array(256);
  edgeLink = new Int32Array(256);
  edgeWeight = new Float64Array(256);
  edgeNext = new Int32Array(256);
  edgePrevious = new Int32Array(256);
  #edges = 0;
  /** First free run of each length; a free run's first edgeNext is the next one. */
  #freeRun = new Int32Array(16).fill(-1);

  constructor(capacities: ArrayLike<number>) {
    this.#growLinks(capacities.length);
    for (let i = 0; i < capacities.length; i++) this.addLink(capacities[i] ?? 0);
  }

  /** @throws RangeError when the capacity is negative or not a number. */
  addLink(capacityBytesPerSecond: number): number {
    checkCapacity(capacityBytesPerSecond);
    const link = this.links++;
    if (link >= this.capacity.length) this.#growLinks(link + 1);
    this.capacity[link] = capacityBytesPerSecond;
    return link;
  }

  /**
   * Adds an activity that is on no link yet. Weights on a link that is named twice add up; weight 0 is no edge.
   * @throws RangeError on an unknown link and on a weight that is negative, infinite or not a number.
   */
  add(links: ArrayLike<number>, weights: ArrayLike<number> | undefined, rateCap: number, share: number): number {
    const room = links.length;
    for (let i = 0; i < room; i++) {
      const link = links[i] as number;
      if (!(link >= 0 && link < this.links)) throw new RangeError(`FluidNetwork.start: no link ${link}`);
      if (weights === undefined) continue;
      const weight = weights[i] as number;
      if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
        throw new RangeError(`FluidNetwork.start: weight ${weight} on link ${link}`);
      }
    }
    const activity = this.#takeActivity();
    const start = this.#takeRun(room);
    const { edgeActivity, edgeLink, edgeWeight } = this;
    let end = start;
    for (let i = 0; i < room; i++) {
      const link = links[i] as number;
      const weight = (weights === undefined ? 1 : (weights[i] as number)) * share;
      if (weight === 0) continue;
      let at = start;
      while (at < end && edgeLink[at] !== link) at++;
      if (at < end) edgeWeight[at] = (edgeWeight[at] as number) + weight;
      else {
        edgeActivity[end] = activity;
        edgeLink[end] = link;
        edgeWeight[end++] = weight;
      }
    }
    this.edgeStart[activity] = start;
    this.edgeCount[activity] = end - start;
    this.#edgeRoom[activity] = room;
    this.level[activity] = 0;
    this.capLevel[activity] = rateCap / share;
    this.share[activity] = share;
    this.bottleneck[activity] = heldByNothing;
    return activity;
  }

  /** Puts an activity on its links, at level 0. */
  enter(activity: number): void {
    const { edgeLink, edgeNext, edgePrevious, firstEdge, members } = this;
    const start = this.edgeStart[activity] as number;
    const end = start + (this.edgeCount[activity] as number);
    for (let edge = start; edge < end; edge++) {
      const link = edgeLink[edge] as number;
      const first = firstEdge[link] as number;
      edgeNext[edge] = first;
      edgePrevious[edge] = -1;
      if (first >= 0) edgePrevious[first] = edge;
      firstEdge[link] = edge;
      members[link] = (members[link] as number) + 1;
    }
  }

  /** Takes an activity off its links. */
  leave(activity: number): void {
    const { edgeLink, edgeNext, edgePrevious, edgeWeight, firstEdge, members, load } = this;
    const level = this.level[activity] as number;
    const carried = level < Number.POSITIVE_INFINITY ? level : 0;
    const start = this.edgeStart[activity] as number;
    const end = start + (this.edgeCount[activity] as number);
    for (let edge = start; edge < end; edge++) {
      const link = edgeLink[edge] as number;
      const next = edgeNext[edge] as number;
      const previous = edgePrevious[edge] as number;
      if (previous >= 0) edgeNext[previous] = next;
      else firstEdge[link] = next;
      if (next >= 0) edgePrevious[next] = previous;
      const left = (members[link] as number) - 1;
      members[link] = left;
      // Zero exactly when the link falls idle, so that rounding never piles up over a long run.
      load[link] = left === 0 ? 0 : (load[link] as number) - (edgeWeight[edge] as number) * carried;
    }
    this.#holdBy(activity, heldByNothing);
    this.level[activity] = 0;
  }

  /** Frees an activity that is off its links. */
  remove(activity: number): void {
    const room = this.#edgeRoom[activity] as number;
    if (room > 0) {
      const start = this.edgeStart[activity] as number;
      this.edgeNext[start] = this.#freeRun[room] as number;
      this.#freeRun[room] = start;
    }
    this.edgeCount[activity] = 0;
    this.#nextFreeActivity[activity] = this.#freeActivity;
    this.#freeActivity = activity;
  }

  /** Gives an activity its level and what holds it there; the loads are the caller's. */
  assign(activity: number, level: number, bottleneck: number): void {
    this.level[activity] = level;
    this.#holdBy(activity, bottleneck);
  }

  /** Rate in units of volume per second. */
  rateOf(activity: number): number {
    return (this.level[activity] as number) * (this.share[activity] as number);
  }

  #growLinks(count: number): void {
    this.capacity = grownDoubles(this.capacity, count);
    this.load = grownDoubles(this.load, count);
    this.fullLevel = grownDoubles(this.fullLevel, count);
    this.members = grownIntegers(this.members, count);
    this.held = grownIntegers(this.held, count);
    this.firstEdge = grownIntegers(this.firstEdge, count, -1);
  }

  #holdBy(activity: number, bottleneck: number): void {
    const old = this.bottleneck[activity] as number;
    if (old === bottleneck) return;
    const held = this.held;
    if (old >= 0) held[old] = (held[old] as number) - 1;
    if (bottleneck >= 0) held[bottleneck] = (held[bottleneck] as number) + 1;
    this.bottleneck[activity] = bottleneck;
  }

  #takeActivity(): number {
    const free = this.#freeActivity;
    if (free >= 0) {
      this.#freeActivity = this.#nextFreeActivity[free] as number;
      return free;
    }
    const activity = this.activities++;
    if (activity >= this.level.length) {
      const count = activity + 1;
      this.level = grownDoubles(this.level, count);
      this.share = grownDoubles(this.share, count);
      this.capLevel = grownDoubles(this.capLevel, count);
      this.bottleneck = grownIntegers(this.bottleneck, count);
      this.edgeStart = grownIntegers(this.edgeStart, count);
      this.edgeCount = grownIntegers(this.edgeCount, count);
      this.#edgeRoom = grownIntegers(this.#edgeRoom, count);
      this.#nextFreeActivity = grownIntegers(this.#nextFreeActivity, count);
    }
    return activity;
  }

  #takeRun(room: number): number {
    if (room === 0) return 0;
    if (room >= this.#freeRun.length) this.#freeRun = grownIntegers(this.#freeRun, room + 1, -1);
    const free = this.#freeRun[room] as number;
    if (free >= 0) {
      this.#freeRun[room] = this.edgeNext[free] as number;
      return free;
    }
    const start = this.#edges;
    this.#edges += room;
    if (this.#edges > this.edgeActivity.length) {
      this.edgeActivity = grownIntegers(this.edgeActivity, this.#edges);
      this.edgeLink = grownIntegers(this.edgeLink, this.#edges);
      this.edgeWeight = grownDoubles(this.edgeWeight, this.#edges);
      this.edgeNext = grownIntegers(this.edgeNext, this.#edges);
      this.edgePrevious = grownIntegers(this.edgePrevious, this.#edges);
    }
    return start;
  }
}

/** @throws RangeError when the capacity is negative or not a number. */
export function checkCapacity(capacityBytesPerSecond: number): void {
  if (!(capacityBytesPerSecond >= 0)) {
    throw new RangeError(`FluidNetwork: capacity is ${capacityBytesPerSecond}, must be 0 or more bytes per second`);
  }
}
