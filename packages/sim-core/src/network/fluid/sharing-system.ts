import { grownBytes, grownDoubles, grownIntegers } from './columns.js';
import { IdList } from './id-list.js';
import { Routes } from './routes.js';

/** What holds an activity back when no link that it shares does: its cap, nothing yet, or a link that nobody else is on. */
export const heldByCap = -1;
export const heldByNothing = -2;
export const heldAlone = -3;

/** The lists of a link, at first[3 * link + list]. Activities on the link that something else holds back, or nothing yet. */
export const passing = 0;
/** Those that it holds back and that are on other live links too, or have a cap. */
export const holding = 1;
/** Those that it holds back and that nothing else can: its level is theirs, whatever happens elsewhere. */
export const captive = 2;

/** Part of a link's capacity that rounding may add to its bound. */
const rounding = 1e-12;
const infinity = Number.POSITIVE_INFINITY;

/**
 * Who shares what: links with capacities, and who is on each. Columns and integer ids; the edges of a link are a doubly
 * linked list, those of an activity a run of its route.
 *
 * Levels, not rates, are kept: an activity's level is its rate over its share, so that fairness compares levels, and an
 * edge's weight is bytes per unit of volume times the share, so that weight times level is bytes per second on the link.
 * Whoever is held back by a link has that link's level: it is stored once, with the link.
 *
 * A link is *live* when it can hold somebody back. It cannot when it could carry all its activities at the levels that their
 * other live links and caps allow at most: such a link takes no part in a solve until its activities change.
 */
export class SharingSystem {
  readonly routes = new Routes();
  links = 0;
  capacity = new Float64Array(4);
  live = new Uint8Array(4);
  members = new Int32Array(4);
  /** Bytes per second on the link per unit of level, over all its activities. */
  weight = new Float64Array(4);
  /** Level of whom the link holds back. */
  level = new Float64Array(4);
  held = new Int32Array(4);
  heldWeight = new Float64Array(4);
  /** Bytes per second of the others on a live link. */
  settled = new Float64Array(4);
  first = new Int32Array(12).fill(-1);
  /** Bytes per second if each activity on the link had its highest level. */
  private bound = new Float64Array(4);
  /** Activities whose highest level is this link's doing. */
  private pins = new Int32Array(4);

  /** Links that an activity has left which others can gain by: the next solve has to look at them. */
  readonly disturbed = new IdList();

  /** Link whose saturation holds the activity back, or heldByCap, heldByNothing, heldAlone. */
  bottleneck = new Int32Array(64);
  liveLinks = new Int32Array(64);
  private heldEdge = new Int32Array(64);
  /** Level on otherwise idle links, and the edge of the link that sets it; -1 = none. */
  highestLevel = new Float64Array(64);
  private pin = new Int32Array(64);

  edgeNext = new Int32Array(256);
  /** The edge before, or ~ the list that it is the first of. */
  edgePrevious = new Int32Array(256);

  constructor(capacities: ArrayLike<number>) {
    const count = capacities.length;
    this.growLinks(count);
    for (let link = 0; link < count; link++) {
      const capacity = capacities[link] ?? 0;
      if (!(capacity >= 0)) checkCapacity(capacity);
      this.capacity[link] = capacity;
    }
    this.links = count;
    this.routes.addLinks(count);
  }

  /** @throws RangeError when the capacity is negative or not a number. */
  addLink(capacityBytesPerSecond: number): number {
    checkCapacity(capacityBytesPerSecond);
    const link = this.links++;
    if (link >= this.capacity.length) this.growLinks(link + 1);
    this.capacity[link] = capacityBytesPerSecond;
    this.routes.addLinks(1);
    return link;
  }

  /** Follows the numbers of activities and edges of the routes. */
  follow(): void {
    const { share, edgeLink } = this.routes;
    if (share.length > this.bottleneck.length) {
      this.bottleneck = grownIntegers(this.bottleneck, share.length);
      this.liveLinks = grownIntegers(this.liveLinks, share.length);
      this.heldEdge = grownIntegers(this.heldEdge, share.length);
      this.highestLevel = grownDoubles(this.highestLevel, share.length);
      this.pin = grownIntegers(this.pin, share.length);
    }
    if (edgeLink.length > this.edgeNext.length) {
      this.edgeNext = grownIntegers(this.edgeNext, edgeLink.length);
      this.edgePrevious = grownIntegers(this.edgePrevious, edgeLink.length);
    }
  }

  /** Puts an activity on its links, held by nothing yet. */
  enter(activity: number): void {
    const { edgeStart, edgeEnd, edgeLink, edgeWeight, capLevel } = this.routes;
    if (edgeLink.length > this.edgeNext.length) this.follow();
    const { capacity, edgeNext, edgePrevious, first, live, members, weight } = this;
    const bound = this.bound;
    const pins = this.pins;
    const start = edgeStart[activity] as number;
    const end = edgeEnd[activity] as number;
    this.bottleneck[activity] = heldByNothing;
    let highest = capLevel[activity] as number;
    let pin = -1;
    let pinMembers = 0;
    for (let edge = start; edge < end; edge++) {
      const link = edgeLink[edge] as number;
      const list = 3 * link;
      const next = first[list] as number;
      edgeNext[edge] = next;
      edgePrevious[edge] = ~list;
      if (next >= 0) edgePrevious[next] = edge;
      first[list] = edge;
      const count = (members[link] as number) + 1;
      members[link] = count;
      const own = edgeWeight[edge] as number;
      weight[link] = (weight[link] as number) + own;
      const full = (capacity[link] as number) / own;
      // Among equals the busiest: it is live anyway.
      if (full < highest || (full === highest && pin >= 0 && count > pinMembers)) {
        highest = full;
        pin = edge;
        pinMembers = count;
      }
    }
    this.highestLevel[activity] = highest;
    this.pin[activity] = pin;
    if (pin >= 0) {
      const link = edgeLink[pin] as number;
      pins[link] = (pins[link] as number) + 1;
    }
    this.liveLinks[activity] = 0;
    let liveLinks = 0;
    for (let edge = start; edge < end; edge++) {
      const link = edgeLink[edge] as number;
      if (highest < infinity) bound[link] = (bound[link] as number) + (edgeWeight[edge] as number) * highest;
      if (live[link] === 1) liveLinks++;
      // As `canHold`, without the call.
      else if ((pins[link] as number) > 0 || (bound[link] as number) > (capacity[link] as number) * (1 + rounding)) {
        if (members[link] === 1) {
          live[link] = 1;
          liveLinks++;
        } else this.setLive(link, 1);
      }
    }
    // The links that have become live with others on them have counted themselves.
    this.liveLinks[activity] = (this.liveLinks[activity] as number) + liveLinks;
  }

  /** Takes an activity off its links; notes those among them that hold others back: these can gain. */
  leave(activity: number): void {
    const { edgeStart, edgeEnd, edgeLink, edgeWeight } = this.routes;
    const { edgeNext, edgePrevious, first, members, weight, live, held, heldWeight, settled } = this;
    const bound = this.bound;
    const pins = this.pins;
    const level = this.levelOf(activity);
    const holder = this.bottleneck[activity] as number;
    const highest = this.highestLevel[activity] as number;
    const pin = this.pin[activity] as number;
    if (pin >= 0) pins[edgeLink[pin] as number] = (pins[edgeLink[pin] as number] as number) - 1;
    const end = edgeEnd[activity] as number;
    for (let edge = edgeStart[activity] as number; edge < end; edge++) {
      const link = edgeLink[edge] as number;
      const own = edgeWeight[edge] as number;
      const next = edgeNext[edge] as number;
      const previous = edgePrevious[edge] as number;
      if (previous >= 0) edgeNext[previous] = next;
      else first[~previous] = next;
      if (next >= 0) edgePrevious[next] = previous;
      const left = (members[link] as number) - 1;
      members[link] = left;
      if (left === 0) {
        // Zero exactly when the link falls idle, so that rounding never piles up over a long run.
        live[link] = 0;
        weight[link] = 0;
        held[link] = 0;
        heldWeight[link] = 0;
        settled[link] = 0;
        bound[link] = 0;
        continue;
      }
      weight[link] = (weight[link] as number) - own;
      if (highest < infinity) bound[link] = (bound[link] as number) - own * highest;
      if (live[link] === 0) continue;
      if (link === holder) {
        held[link] = (held[link] as number) - 1;
        heldWeight[link] = held[link] === 0 ? 0 : (heldWeight[link] as number) - own;
      } else if (level < infinity) settled[link] = (settled[link] as number) - own * level;
      if ((held[link] as number) > 0) this.disturbed.add(link);
      else if (!this.canHold(link)) this.setLive(link, 0);
    }
    this.bottleneck[activity] = heldByNothing;
  }

  /** Activities on a link. */
  activitiesOn(link: number): number[] {
    const activities: number[] = [];
    for (let list = 3 * link; list < 3 * link + 3; list++) {
      for (let edge = this.first[list] as number; edge >= 0; edge = this.edgeNext[edge] as number) {
        activities.push(this.routes.edgeActivity[edge] as number);
      }
    }
    return activities;
  }

  /** Level of an activity that is on its links; 0 while nothing holds it. */
  levelOf(activity: number): number {
    const holder = this.bottleneck[activity] as number;
    if (holder >= 0) return this.level[holder] as number;
    if (holder === heldByNothing) return 0;
    return (holder === heldByCap ? this.routes.capLevel : this.highestLevel)[activity] as number;
  }

  /** Present load of a link, in bytes per second. */
  loadOf(link: number): number {
    if (this.live[link] === 1) {
      return (this.settled[link] as number) + (this.heldWeight[link] as number) * (this.level[link] as number);
    }
    return this.passingLoad(link);
  }

  /** The same for those whom the link does not hold back, summed anew. */
  passingLoad(link: number): number {
    const { edgeActivity, edgeWeight } = this.routes;
    let load = 0;
    for (let edge = this.first[3 * link] as number; edge >= 0; edge = this.edgeNext[edge] as number) {
      load += (edgeWeight[edge] as number) * this.levelOf(edgeActivity[edge] as number);
    }
    return load;
  }

  /** Sums a live link's weights and loads anew. */
  sumAnew(link: number): void {
    this.settled[link] = this.passingLoad(link);
    const passingWeight = this.weightOf(3 * link + passing);
    const heldWeight = this.weightOf(3 * link + holding) + this.weightOf(3 * link + captive);
    this.heldWeight[link] = heldWeight;
    this.weight[link] = passingWeight + heldWeight;
  }

  private weightOf(list: number): number {
    let weight = 0;
    for (let edge = this.first[list] as number; edge >= 0; edge = this.edgeNext[edge] as number) {
      weight += this.routes.edgeWeight[edge] as number;
    }
    return weight;
  }

  /**
   * Gives an activity that is alone where it counts its level: that of its cap, or of the one live link that is its own.
   * Returns that link; -1 = it has its cap, or it is not alone and still held by nothing.
   */
  holdAlone(activity: number): number {
    const pin = this.pin[activity] as number;
    if (this.liveLinks[activity] === 0) {
      this.bottleneck[activity] = heldByCap;
      return -1;
    }
    if (pin < 0) return -1;
    const link = this.routes.edgeLink[pin] as number;
    if (this.members[link] !== 1) return -1;
    this.level[link] = this.highestLevel[activity] as number;
    this.heldWeight[link] = this.routes.edgeWeight[pin] as number;
    this.held[link] = 1;
    this.bottleneck[activity] = link;
    this.heldEdge[activity] = pin;
    this.first[3 * link] = -1;
    this.first[3 * link + captive] = pin;
    this.edgePrevious[pin] = ~(3 * link + captive);
    return link;
  }

  /** A link holds an activity back from now on, by this edge of it; weights and loads are the caller's. */
  hold(activity: number, link: number, edge: number): void {
    this.bottleneck[activity] = link;
    this.heldEdge[activity] = edge;
    this.held[link] = (this.held[link] as number) + 1;
    this.move(edge, 3 * link + this.listOf(activity));
  }

  /** No link holds an activity back any more; weights and loads are the caller's. */
  letGo(activity: number): void {
    const link = this.bottleneck[activity] as number;
    this.bottleneck[activity] = heldByNothing;
    if (link < 0) return;
    this.held[link] = (this.held[link] as number) - 1;
    this.move(this.heldEdge[activity] as number, 3 * link + passing);
  }

  private listOf(activity: number): number {
    return this.liveLinks[activity] === 1 && this.routes.capLevel[activity] === infinity ? captive : holding;
  }

  private move(edge: number, list: number): void {
    const { edgeNext, edgePrevious, first } = this;
    const next = edgeNext[edge] as number;
    const previous = edgePrevious[edge] as number;
    if (previous >= 0) edgeNext[previous] = next;
    else first[~previous] = next;
    if (next >= 0) edgePrevious[next] = previous;
    const head = first[list] as number;
    edgeNext[edge] = head;
    edgePrevious[edge] = ~list;
    if (head >= 0) edgePrevious[head] = edge;
    first[list] = edge;
  }

  /** Whether a link can hold somebody back. */
  private canHold(link: number): boolean {
    return (
      (this.pins[link] as number) > 0 || (this.bound[link] as number) > (this.capacity[link] as number) * (1 + rounding)
    );
  }

  /** A link with nobody held by it begins or ends to count. */
  private setLive(link: number, live: 0 | 1): void {
    const { edgeNext, liveLinks, bottleneck } = this;
    const { edgeActivity } = this.routes;
    this.live[link] = live;
    this.heldWeight[link] = 0;
    this.settled[link] = live === 1 ? this.passingLoad(link) : 0;
    if (live === 1) this.weight[link] = this.weightOf(3 * link + passing);
    for (let edge = this.first[3 * link] as number; edge >= 0; edge = edgeNext[edge] as number) {
      const activity = edgeActivity[edge] as number;
      liveLinks[activity] = (liveLinks[activity] as number) + (live === 1 ? 1 : -1);
      if ((bottleneck[activity] as number) >= 0) this.relist(activity);
    }
  }

  private relist(activity: number): void {
    this.move(this.heldEdge[activity] as number, 3 * (this.bottleneck[activity] as number) + this.listOf(activity));
  }

  private growLinks(count: number): void {
    if (count <= this.capacity.length) return;
    this.capacity = grownDoubles(this.capacity, count);
    this.live = grownBytes(this.live, count);
    this.members = grownIntegers(this.members, count);
    this.weight = grownDoubles(this.weight, count);
    this.level = grownDoubles(this.level, count);
    this.held = grownIntegers(this.held, count);
    this.heldWeight = grownDoubles(this.heldWeight, count);
    this.settled = grownDoubles(this.settled, count);
    this.first = grownIntegers(this.first, 3 * count, -1);
    this.bound = grownDoubles(this.bound, count);
    this.pins = grownIntegers(this.pins, count);
  }
}

/** @throws RangeError when the capacity is negative or not a number. */
export function checkCapacity(capacityBytesPerSecond: number): void {
  if (!(capacityBytesPerSecond >= 0)) {
    throw new RangeError(`FluidNetwork: capacity is ${capacityBytesPerSecond}, must be 0 or more bytes per second`);
  }
}
