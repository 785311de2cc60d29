import { EventQueue } from '../../kernel/index.js';
import { MaxMinSolver } from './max-min-solver.js';
import { checkCapacity, SharingSystem } from './sharing-system.js';

export interface ActivityOptions {
  /** Upper bound of the rate, in units of volume per second. */
  readonly rateCap?: number;
  /** Seconds before the first byte; takes no bandwidth. */
  readonly latencySeconds?: number;
  /** Priority: rates are fair per share (spec/model.md 6.1). */
  readonly share?: number;
  /** Comes back on completion. */
  readonly tag?: number;
}

/** Completions nearer to each other than this, relative to the clock, are one instant. */
const sameInstant = 1e-12;

/**
 * Transfers that share links max-min fairly, over time (spec/model.md 6.1). Changes at one instant are one solve, and a
 * solve reaches only as far as the change does. Remaining volumes are brought up to date only when a rate changes.
 */
export class FluidNetwork {
  /** Ids and tags of what the last `advanceTo` completed, in [0, finishedCount). */
  finishedIds = new Int32Array(64);
  finishedTags = new Int32Array(64);
  finishedCount = 0;
  solves = 0;
  /** Rates that were computed, over all solves. */
  activityUpdates = 0;
  readonly #system: SharingSystem;
  readonly #solver: MaxMinSolver;
  readonly #queue = new EventQueue(256);
  #now = 0;
  #flowing = 0;
  #remaining = new Float64Array(256);
  #updated = new Float64Array(256);
  #event = new Float64Array(256);
  #tag = new Int32Array(256);
  #entered: number[] = [];
  #dirtyLinks: number[] = [];

  /** @throws RangeError when a capacity is negative or not a number. */
  constructor(capacitiesBytesPerSecond: ArrayLike<number>) {
    this.#system = new SharingSystem(capacitiesBytesPerSecond);
    this.#solver = new MaxMinSolver(this.#system);
  }

  /** Simulated seconds. */
  get now(): number {
    return this.#now;
  }

  addLink(capacityBytesPerSecond: number): number {
    return this.#system.addLink(capacityBytesPerSecond);
  }

  /**
   * Starts an activity now and returns its id, which may be used again after its completion.
   * @param links Links that it crosses; with `weights[i]` (default 1) bytes on links[i] for each unit of volume.
   * @throws RangeError on a negative or NaN volume, weight, latency or cap, and on an unknown link.
   */
  start(
    links: ArrayLike<number>,
    weights: ArrayLike<number> | undefined,
    volume: number,
    options?: ActivityOptions,
  ): number {
    return this.startFlat(
      links,
      weights,
      volume,
      options?.rateCap ?? Number.POSITIVE_INFINITY,
      options?.latencySeconds ?? 0,
      options?.share ?? 1,
      options?.tag ?? 0,
    );
  }

  /** `start` with every option in its place, for loops that must not allocate. */
  startFlat(
    links: ArrayLike<number>,
    weights: ArrayLike<number> | undefined,
    volume: number,
    rateCap: number,
    latencySeconds: number,
    share: number,
    tag: number,
  ): number {
    if (!(volume >= 0 && volume < Number.POSITIVE_INFINITY))
      throw new RangeError(`FluidNetwork.start: volume is ${volume}`);
    if (!(rateCap > 0)) throw new RangeError(`FluidNetwork.start: rateCap is ${rateCap}`);
    if (!(latencySeconds >= 0)) throw new RangeError(`FluidNetwork.start: latencySeconds is ${latencySeconds}`);
    if (!(share > 0 && share < Number.POSITIVE_INFINITY)) throw new RangeError(`FluidNetwork.start: share is ${share}`);
    const activity = this.#system.add(links, weights, rateCap, share);
    if (activity >= this.#tag.length) this.#grow();
    this.#remaining[activity] = volume;
    this.#updated[activity] = this.#now;
    this.#tag[activity] = tag;
    this.#event[activity] = -1;
    if (volume === 0) this.#event[activity] = this.#queue.push(this.#now + latencySeconds, activity * 2);
    else if (latencySeconds > 0) this.#event[activity] = this.#queue.push(this.#now + latencySeconds, activity * 2 + 1);
    else this.#enter(activity);
    return activity;
  }

  /** Takes an activity out before it is complete. */
  cancel(activity: number): void {
    this.#queue.cancel(this.#event[activity] as number);
    if (this.#system.flowing[activity] === 1) this.#leave(activity);
    this.#system.remove(activity);
  }

  /** Changes what a link carries from now on; 0 = down, its activities stall until capacity returns. */
  setCapacity(link: number, capacityBytesPerSecond: number): void {
    checkCapacity(capacityBytesPerSecond);
    this.#system.capacity[link] = capacityBytesPerSecond;
    this.#dirtyLinks.push(link);
  }

  capacityOf(link: number): number {
    return this.#system.capacity[link] ?? 0;
  }

  /** Present rate of an activity, in volume per second. */
  rateOf(activity: number): number {
    this.#settle();
    return this.#system.rate[activity] ?? 0;
  }

  remainingOf(activity: number): number {
    const flowed = (this.#now - (this.#updated[activity] ?? 0)) * (this.#system.rate[activity] ?? 0);
    return Math.max(0, (this.#remaining[activity] ?? 0) - flowed);
  }

  /** Present load of a link, in bytes per second. */
  loadOf(link: number): number {
    this.#settle();
    return this.#system.load[link] ?? 0;
  }

  /** Time of the next completion or end of a latency, Infinity when nothing will happen by itself. */
  nextTime(): number {
    this.#settle();
    return this.#queue.peekTime();
  }

  /**
   * Moves the clock on, at most to `nextTime()`, and completes what ends then.
   * @throws RangeError when `time` lies before the clock or after the next event.
   */
  advanceTo(time: number): void {
    this.#settle();
    this.finishedCount = 0;
    const next = this.#queue.peekTime();
    if (!(time >= this.#now) || time > next) {
      throw new RangeError(
        `FluidNetwork.advanceTo: ${time} is not between now (${this.#now}) and the next event (${next})`,
      );
    }
    this.#now = time;
    const until = time + Math.abs(time) * sameInstant;
    while (this.#queue.peekTime() <= until && next <= time) {
      const payload = this.#queue.pop();
      const activity = payload >> 1;
      this.#event[activity] = -1;
      if ((payload & 1) === 1) this.#enter(activity);
      else this.#complete(activity);
    }
  }

  #enter(activity: number): void {
    const system = this.#system;
    this.#updated[activity] = this.#now;
    this.#flowing++;
    let alone = true;
    let level = system.rateCap[activity] as number;
    let held = -1;
    const start = system.edgeStart[activity] as number;
    const end = start + (system.edgeCount[activity] as number);
    for (let edge = start; edge < end; edge++) {
      const link = system.edgeLink[edge] as number;
      if ((system.members[link] as number) > 0) {
        alone = false;
        break;
      }
      const x = (system.capacity[link] as number) / (system.edgeWeight[edge] as number);
      if (x < level) {
        level = x;
        held = link;
      }
    }
    system.enter(activity);
    if (alone) {
      // Nobody else on any of its links: its rate touches nobody.
      system.bottleneck[activity] = held;
      this.#setRate(activity, level);
    } else this.#entered.push(activity);
  }

  #leave(activity: number): void {
    const system = this.#system;
    this.#flowing--;
    system.leave(activity);
    const start = system.edgeStart[activity] as number;
    const end = start + (system.edgeCount[activity] as number);
    for (let edge = start; edge < end; edge++) {
      const link = system.edgeLink[edge] as number;
      if ((system.members[link] as number) > 0) this.#dirtyLinks.push(link);
    }
  }

  #complete(activity: number): void {
    if (this.#system.flowing[activity] === 1) this.#leave(activity);
    this.#system.remove(activity);
    if (this.finishedCount === this.finishedIds.length) {
      const ids = new Int32Array(this.finishedCount * 2);
      ids.set(this.finishedIds);
      this.finishedIds = ids;
      const tags = new Int32Array(this.finishedCount * 2);
      tags.set(this.finishedTags);
      this.finishedTags = tags;
    }
    this.finishedIds[this.finishedCount] = activity;
    this.finishedTags[this.finishedCount] = this.#tag[activity] as number;
    this.finishedCount++;
  }

  /** Solves the changes of this instant, if there are any. */
  #settle(): void {
    if (this.#entered.length === 0 && this.#dirtyLinks.length === 0) return;
    const system = this.#system;
    const solver = this.#solver;
    solver.begin();
    for (const activity of this.#entered) {
      if (system.flowing[activity] !== 1) continue;
      solver.include(activity);
      const start = system.edgeStart[activity] as number;
      const end = start + (system.edgeCount[activity] as number);
      for (let edge = start; edge < end; edge++) solver.includeHeldBy(system.edgeLink[edge] as number);
    }
    for (const link of this.#dirtyLinks) {
      // A link that lost capacity may be too full for activities that others held back.
      if ((system.load[link] as number) > (system.capacity[link] as number)) solver.includeAllOn(link);
      else solver.includeHeldBy(link);
    }
    this.#entered.length = 0;
    this.#dirtyLinks.length = 0;
    if (solver.solvedCount === 0) return;
    this.solves++;
    solver.solve(this.#flowing);
    this.activityUpdates += solver.solvedCount;
    for (let i = 0; i < solver.solvedCount; i++) {
      const activity = solver.solved[i] as number;
      const rate = solver.rateOfSolved(activity);
      if (rate !== system.rate[activity] || (this.#event[activity] as number) < 0) this.#setRate(activity, rate);
    }
  }

  #setRate(activity: number, rate: number): void {
    const system = this.#system;
    const old = system.rate[activity] as number;
    const remaining = Math.max(
      0,
      (this.#remaining[activity] as number) - (this.#now - (this.#updated[activity] as number)) * old,
    );
    this.#remaining[activity] = remaining;
    this.#updated[activity] = this.#now;
    system.rate[activity] = rate;
    const start = system.edgeStart[activity] as number;
    const end = start + (system.edgeCount[activity] as number);
    for (let edge = start; edge < end; edge++) {
      const link = system.edgeLink[edge] as number;
      system.load[link] = (system.load[link] as number) + (system.edgeWeight[edge] as number) * (rate - old);
    }
    const event = this.#event[activity] as number;
    if (rate <= 0) {
      // Stalled: it has no end until capacity returns.
      if (event >= 0) this.#queue.cancel(event);
      this.#event[activity] = -1;
      return;
    }
    const completion = this.#now + remaining / rate;
    if (event >= 0) this.#queue.reschedule(event, completion);
    else this.#event[activity] = this.#queue.push(completion, activity * 2);
  }

  #grow(): void {
    const length = this.#tag.length * 2;
    const doubles = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const wide = new Float64Array(length);
      wide.set(old);
      return wide;
    };
    this.#remaining = doubles(this.#remaining);
    this.#updated = doubles(this.#updated);
    this.#event = doubles(this.#event);
    const tags = new Int32Array(length);
    tags.set(this.#tag);
    this.#tag = tags;
  }
}
