/** Typed array that grows by doubling; `data` must be read again after `ensure`. */
const grown = <T extends Float64Array | Int32Array>(old: T, length: number, make: (n: number) => T): T => {
  if (length <= old.length) return old;
  const wide = make(Math.max(length, old.length * 2));
  wide.set(old);
  return wide;
};
const doubles = (n: number): Float64Array => new Float64Array(n);
const integers = (n: number): Int32Array => new Int32Array(n);

/**
 * Who shares what: links with capacities, activities with a weight on each link that they cross. Columns and integer ids;
 * an edge is one (activity, link) pair, in a doubly linked list of its link and a contiguous run of its activity.
 */
export class SharingSystem {
  links = 0;
  capacity: Float64Array;
  /** Sum of weight * rate over the activities of a link. */
  load: Float64Array;
  /** Activities that flow on a link. */
  members: Int32Array;
  firstEdge: Int32Array;

  /** Highest activity id in use, plus one. */
  activities = 0;
  rate = doubles(256);
  share = doubles(256);
  rateCap = doubles(256);
  /** Link whose saturation holds the activity back; -1 = its own cap, -2 = unknown. */
  bottleneck = integers(256);
  edgeStart = integers(256);
  edgeCount = integers(256);
  flowing = integers(256);

  edgeActivity = integers(1024);
  edgeLink = integers(1024);
  edgeWeight = doubles(1024);
  edgeNext = integers(1024);
  edgePrevious = integers(1024);
  #edges = 0;
  #freeActivities: number[] = [];
  /** Free runs of edges by their length. */
  readonly #freeRuns = new Map<number, number[]>();

  constructor(capacities: ArrayLike<number>) {
    const count = Math.max(4, capacities.length);
    this.capacity = doubles(count);
    this.load = doubles(count);
    this.members = integers(count);
    this.firstEdge = integers(count).fill(-1);
    for (let i = 0; i < capacities.length; i++) this.addLink(capacities[i] ?? 0);
  }

  /** @throws RangeError when the capacity is negative or not a number. */
  addLink(capacityBytesPerSecond: number): number {
    checkCapacity(capacityBytesPerSecond);
    const link = this.links++;
    this.capacity = grown(this.capacity, this.links, doubles);
    this.load = grown(this.load, this.links, doubles);
    this.members = grown(this.members, this.links, integers);
    if (this.firstEdge.length < this.links) {
      const old = this.firstEdge.length;
      this.firstEdge = grown(this.firstEdge, this.links, integers);
      this.firstEdge.fill(-1, old);
    }
    this.capacity[link] = capacityBytesPerSecond;
    return link;
  }

  /** Adds an activity that does not flow yet. Weights on a link named twice add up; links of weight 0 are left out. */
  add(links: ArrayLike<number>, weights: ArrayLike<number> | undefined, rateCap: number, share: number): number {
    const activity = this.#freeActivities.pop() ?? this.activities++;
    this.#growActivities();
    let count = links.length;
    const runs = this.#freeRuns.get(count);
    let start = runs?.pop();
    if (start === undefined) {
      start = this.#edges;
      this.#edges += count;
      this.#growEdges();
    }
    const reserved = count;
    count = 0;
    for (let i = 0; i < links.length; i++) {
      const link = links[i] ?? -1;
      const weight = weights ? (weights[i] ?? 0) : 1;
      if (!(link >= 0 && link < this.links)) throw new RangeError(`FluidNetwork.start: no link ${link}`);
      if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
        throw new RangeError(`FluidNetwork.start: weight ${weight} on link ${link}`);
      }
      if (weight === 0) continue;
      let at = start;
      while (at < start + count && this.edgeLink[at] !== link) at++;
      if (at < start + count) this.edgeWeight[at] = (this.edgeWeight[at] as number) + weight;
      else {
        this.edgeActivity[at] = activity;
        this.edgeLink[at] = link;
        this.edgeWeight[at] = weight;
        count++;
      }
    }
    if (count < reserved) this.#freeRun(start + count, reserved - count);
    this.edgeStart[activity] = start;
    this.edgeCount[activity] = count;
    this.rate[activity] = 0;
    this.rateCap[activity] = rateCap;
    this.share[activity] = share;
    this.bottleneck[activity] = -2;
    this.flowing[activity] = 0;
    return activity;
  }

  /** Puts an activity on its links. */
  enter(activity: number): void {
    this.flowing[activity] = 1;
    const start = this.edgeStart[activity] as number;
    const end = start + (this.edgeCount[activity] as number);
    for (let edge = start; edge < end; edge++) {
      const link = this.edgeLink[edge] as number;
      const first = this.firstEdge[link] as number;
      this.edgeNext[edge] = first;
      this.edgePrevious[edge] = -1;
      if (first >= 0) this.edgePrevious[first] = edge;
      this.firstEdge[link] = edge;
      this.members[link] = (this.members[link] as number) + 1;
    }
  }

  /** Takes an activity off its links. */
  leave(activity: number): void {
    this.flowing[activity] = 0;
    const rate = this.rate[activity] as number;
    const start = this.edgeStart[activity] as number;
    const end = start + (this.edgeCount[activity] as number);
    for (let edge = start; edge < end; edge++) {
      const link = this.edgeLink[edge] as number;
      const next = this.edgeNext[edge] as number;
      const previous = this.edgePrevious[edge] as number;
      if (previous >= 0) this.edgeNext[previous] = next;
      else this.firstEdge[link] = next;
      if (next >= 0) this.edgePrevious[next] = previous;
      const left = (this.members[link] as number) - 1;
      this.members[link] = left;
      // Set to zero exactly when the link falls idle, so that rounding never piles up over a long run.
      this.load[link] = left === 0 ? 0 : (this.load[link] as number) - (this.edgeWeight[edge] as number) * rate;
    }
    this.rate[activity] = 0;
  }

  /** Frees an activity that is off its links. */
  remove(activity: number): void {
    this.#freeRun(this.edgeStart[activity] as number, this.edgeCount[activity] as number);
    this.edgeCount[activity] = 0;
    this.#freeActivities.push(activity);
  }

  #freeRun(start: number, count: number): void {
    if (count === 0) return;
    const runs = this.#freeRuns.get(count);
    if (runs) runs.push(start);
    else this.#freeRuns.set(count, [start]);
  }

  #growActivities(): void {
    const count = this.activities;
    if (count <= this.rate.length) return;
    this.rate = grown(this.rate, count, doubles);
    this.share = grown(this.share, count, doubles);
    this.rateCap = grown(this.rateCap, count, doubles);
    this.bottleneck = grown(this.bottleneck, count, integers);
    this.edgeStart = grown(this.edgeStart, count, integers);
    this.edgeCount = grown(this.edgeCount, count, integers);
    this.flowing = grown(this.flowing, count, integers);
  }

  #growEdges(): void {
    const count = this.#edges;
    if (count <= this.edgeActivity.length) return;
    this.edgeActivity = grown(this.edgeActivity, count, integers);
    this.edgeLink = grown(this.edgeLink, count, integers);
    this.edgeWeight = grown(this.edgeWeight, count, doubles);
    this.edgeNext = grown(this.edgeNext, count, integers);
    this.edgePrevious = grown(this.edgePrevious, count, integers);
  }
}

/** @throws RangeError when a capacity is negative or not a number. */
export function checkCapacity(capacityBytesPerSecond: number): void {
  if (!(capacityBytesPerSecond >= 0)) {
    throw new RangeError(`FluidNetwork: capacity is ${capacityBytesPerSecond}, must be 0 or more bytes per second`);
  }
}
