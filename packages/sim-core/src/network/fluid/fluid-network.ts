import { ActivityQueue } from './activity-queue.js';
import { grownDoubles, grownIntegers } from './columns.js';
import { MaxMinSolver } from './max-min-solver.js';
import { checkCapacity, heldByCap, heldByNothing, SharingSystem } from './sharing-system.js';

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

/** An activity with no more than this part of its volume left is complete: rounding does not tear ties apart. */
const nothingLeft = 1e-12;
/** Events nearer than this, relative to the clock, are one instant: a few roundings of the clock itself. */
const clockRounding = 2 ** -50;
const infinity = Number.POSITIVE_INFINITY;

enum Phase {
  free = 0,
  /** Waits for its latency to pass. */
  latent = 1,
  /** Waits for its latency to pass, and has nothing to send. */
  empty = 2,
  flowing = 3,
}

/**
 * Transfers that share links max-min fairly, over time (spec/model.md 6.1). Changes at one instant are one solve, and a
 * solve reaches only as far as the change does. Remaining volumes are brought up to date only when a rate changes.
 *
 * A loop over it: start what starts now; `nextTime()`; `advanceTo()` that time, or an earlier one at which something else
 * happens; look at finishedTags[0 .. finishedCount).
 */
export class FluidNetwork {
  /** Ids of what the last `advanceTo` completed, in [0, finishedCount); they are free to be given out again. */
  finishedIds = new Int32Array(64);
  /** The tags of the same. */
  finishedTags = new Int32Array(64);
  finishedCount = 0;
  readonly #system: SharingSystem;
  readonly #solver: MaxMinSolver;
  readonly #queue = new ActivityQueue();
  #now = 0;
  #solves = 0;
  #activityUpdates = 0;
  #phase = new Uint8Array(64);
  #volume = new Float64Array(64);
  #remaining = new Float64Array(64);
  /** When `remaining` was true. */
  #updated = new Float64Array(64);
  #tag = new Int32Array(64);
  // Changes since the last solve.
  #entered = new Int32Array(64);
  #enteredCount = 0;
  #disturbed = new Int32Array(64);
  #disturbedCount = 0;

  /** @throws RangeError when a capacity is negative or not a number. */
  constructor(capacitiesBytesPerSecond: ArrayLike<number>) {
    this.#system = new SharingSystem(capacitiesBytesPerSecond);
    this.#solver = new MaxMinSolver(this.#system);
  }

  /** Simulated seconds. */
  get now(): number {
    return this.#now;
  }

  /** Solves so far: instants at which somebody's rate depended on somebody else's change. */
  get solves(): number {
    return this.#solves;
  }

  /** Rates that were computed, over all solves. */
  get activityUpdates(): number {
    return this.#activityUpdates;
  }

  /** Adds a link and returns its id. @throws RangeError when the capacity is negative or not a number. */
  addLink(capacityBytesPerSecond: number): number {
    return this.#system.addLink(capacityBytesPerSecond);
  }

  /**
   * Starts an activity now and returns its id, which may be used again after its completion. Without links and without a
   * cap it is complete as soon as its latency has passed.
   * @param links Links that it crosses; with `weights[i]` (default 1) bytes on links[i] for each unit of volume. A link that
   * is named twice has the sum of its weights.
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
      options?.rateCap ?? infinity,
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
    if (!(volume >= 0 && volume < infinity)) throw new RangeError(`FluidNetwork.start: volume is ${volume}`);
    if (!(rateCap > 0)) throw new RangeError(`FluidNetwork.start: rateCap is ${rateCap}`);
    if (!(latencySeconds >= 0)) throw new RangeError(`FluidNetwork.start: latencySeconds is ${latencySeconds}`);
    if (!(share > 0 && share < infinity)) throw new RangeError(`FluidNetwork.start: share is ${share}`);
    const activity = this.#system.add(links, weights, rateCap, share);
    if (activity >= this.#tag.length) this.#grow(activity + 1);
    this.#volume[activity] = volume;
    this.#remaining[activity] = volume;
    this.#tag[activity] = tag;
    if (volume === 0 || latencySeconds > 0) {
      this.#phase[activity] = volume === 0 ? Phase.empty : Phase.latent;
      this.#queue.set(activity, this.#now + latencySeconds);
    } else this.#enter(activity);
    return activity;
  }

  /** Takes an activity out before it is complete. @throws RangeError when it is not under way. */
  cancel(activity: number): void {
    this.#mustBeUnderWay(activity, 'cancel');
    this.#queue.remove(activity);
    if (this.#phase[activity] === Phase.flowing) this.#leave(activity);
    this.#free(activity);
  }

  /**
   * Changes what a link carries from now on; 0 = down, its activities stall until capacity returns.
   * @throws RangeError on an unknown link, and when the capacity is negative or not a number.
   */
  setCapacity(link: number, capacityBytesPerSecond: number): void {
    if (!(link >= 0 && link < this.#system.links)) throw new RangeError(`FluidNetwork.setCapacity: no link ${link}`);
    checkCapacity(capacityBytesPerSecond);
    this.#system.capacity[link] = capacityBytesPerSecond;
    if ((this.#system.members[link] as number) > 0) this.#disturb(link);
  }

  /** Bytes per second that a link carries at most. */
  capacityOf(link: number): number {
    return this.#system.capacity[link] ?? 0;
  }

  /** Present load of a link, in bytes per second. */
  linkLoad(link: number): number {
    this.#settle();
    return this.#system.load[link] ?? 0;
  }

  /** Present rate of an activity, in units of volume per second; 0 before its first byte and when a link is down. */
  rateOf(activity: number): number {
    this.#mustBeUnderWay(activity, 'rateOf');
    this.#settle();
    return this.#system.rateOf(activity);
  }

  /** Volume that an activity still has to send. */
  remainingOf(activity: number): number {
    this.#mustBeUnderWay(activity, 'remainingOf');
    return this.#phase[activity] === Phase.flowing
      ? this.#remainingAt(activity, this.#now)
      : (this.#volume[activity] as number);
  }

  /** Time of the next completion or end of a latency; Infinity when nothing will happen by itself. */
  nextTime(): number {
    this.#settle();
    return this.#queue.firstTime;
  }

  /**
   * Moves the clock on, at most to `nextTime()`, and completes what ends then. What would end within rounding of that
   * instant (1e-12 of its volume left, or four roundings of the clock) ends with it.
   * @throws RangeError when `time` lies before the clock or after the next event.
   */
  advanceTo(time: number): void {
    this.#settle();
    this.finishedCount = 0;
    const queue = this.#queue;
    const next = queue.firstTime;
    if (!(time >= this.#now) || time > next) {
      throw new RangeError(
        `FluidNetwork.advanceTo: ${time} is not between now (${this.#now}) and the next event (${next})`,
      );
    }
    this.#now = time;
    if (next > time || next === infinity) return;
    const until = time + time * clockRounding;
    for (let activity = queue.first; activity >= 0; activity = queue.first) {
      const phase = this.#phase[activity];
      if (queue.firstTime > until) {
        if (phase !== Phase.flowing) break;
        if (this.#remainingAt(activity, time) > (this.#volume[activity] as number) * nothingLeft) break;
      }
      queue.remove(activity);
      if (phase === Phase.latent) this.#enter(activity);
      else {
        if (phase === Phase.flowing) this.#leave(activity);
        this.#report(activity);
        this.#free(activity);
      }
    }
  }

  #remainingAt(activity: number, time: number): number {
    const rate = this.#system.rateOf(activity);
    const elapsed = time - (this.#updated[activity] as number);
    return elapsed > 0
      ? Math.max(0, (this.#remaining[activity] as number) - elapsed * rate)
      : (this.#remaining[activity] as number);
  }

  #mustBeUnderWay(activity: number, method: string): void {
    if ((this.#phase[activity] ?? Phase.free) === Phase.free) {
      throw new RangeError(`FluidNetwork.${method}: no activity ${activity} is under way`);
    }
  }

  /** First byte. */
  #enter(activity: number): void {
    const system = this.#system;
    const { edgeLink, edgeWeight, members, capacity } = system;
    this.#phase[activity] = Phase.flowing;
    this.#updated[activity] = this.#now;
    let level = system.capLevel[activity] as number;
    let holder = level < infinity ? heldByCap : heldByNothing;
    const start = system.edgeStart[activity] as number;
    const end = start + (system.edgeCount[activity] as number);
    let alone = true;
    for (let edge = start; edge < end; edge++) {
      const link = edgeLink[edge] as number;
      if ((members[link] as number) > 0) {
        alone = false;
        break;
      }
      const full = (capacity[link] as number) / (edgeWeight[edge] as number);
      if (full < level) {
        level = full;
        holder = link;
      }
    }
    system.enter(activity);
    if (!alone) {
      if (this.#enteredCount === this.#entered.length) {
        this.#entered = grownIntegers(this.#entered, this.#enteredCount + 1);
      }
      this.#entered[this.#enteredCount++] = activity;
      return;
    }
    // Nobody else on any of its links: its rate is nobody else's business.
    system.assign(activity, level, holder);
    if (holder >= 0) system.fullLevel[holder] = level;
    if (level < infinity) {
      for (let edge = start; edge < end; edge++) {
        system.load[edgeLink[edge] as number] = level * (edgeWeight[edge] as number);
      }
    }
    this.#predict(activity);
  }

  #leave(activity: number): void {
    const system = this.#system;
    system.leave(activity);
    const start = system.edgeStart[activity] as number;
    const end = start + (system.edgeCount[activity] as number);
    for (let edge = start; edge < end; edge++) {
      const link = system.edgeLink[edge] as number;
      // Only those whom the link holds back can gain.
      if ((system.held[link] as number) > 0) this.#disturb(link);
    }
  }

  #disturb(link: number): void {
    if (this.#disturbedCount === this.#disturbed.length) {
      this.#disturbed = grownIntegers(this.#disturbed, this.#disturbedCount + 1);
    }
    this.#disturbed[this.#disturbedCount++] = link;
  }

  #report(activity: number): void {
    const at = this.finishedCount++;
    if (at === this.finishedIds.length) {
      this.finishedIds = grownIntegers(this.finishedIds, at + 1);
      this.finishedTags = grownIntegers(this.finishedTags, at + 1);
    }
    this.finishedIds[at] = activity;
    this.finishedTags[at] = this.#tag[activity] as number;
  }

  #free(activity: number): void {
    this.#phase[activity] = Phase.free;
    this.#system.remove(activity);
  }

  /** Solves the changes of this instant, if there are any. */
  #settle(): void {
    if (this.#enteredCount === 0 && this.#disturbedCount === 0) return;
    const system = this.#system;
    const solver = this.#solver;
    solver.begin();
    for (let i = 0; i < this.#disturbedCount; i++) solver.disturb(this.#disturbed[i] as number);
    for (let i = 0; i < this.#enteredCount; i++) {
      const activity = this.#entered[i] as number;
      // It may have been cancelled, and its id given to another, since.
      if (this.#phase[activity] === Phase.flowing && system.bottleneck[activity] === heldByNothing)
        solver.admit(activity);
    }
    this.#enteredCount = 0;
    this.#disturbedCount = 0;
    solver.solve();
    const { changed, changedCount, newLevel, newBottleneck } = solver;
    if (changedCount === 0) return;
    this.#solves++;
    this.#activityUpdates += changedCount;
    for (let i = 0; i < changedCount; i++) {
      const activity = changed[i] as number;
      const level = newLevel[activity] as number;
      const isNew = system.bottleneck[activity] === heldByNothing;
      if (!isNew && level === system.level[activity]) {
        system.assign(activity, level, newBottleneck[activity] as number);
        continue;
      }
      this.#remaining[activity] = this.#remainingAt(activity, this.#now);
      this.#updated[activity] = this.#now;
      system.assign(activity, level, newBottleneck[activity] as number);
      this.#predict(activity);
    }
  }

  /** Sets an activity's event to its end at its present rate. */
  #predict(activity: number): void {
    const rate = this.#system.rateOf(activity);
    // At rate 0 it is stalled: it has no end until capacity returns.
    if (rate > 0) this.#queue.set(activity, this.#now + (this.#remaining[activity] as number) / rate);
    else this.#queue.remove(activity);
  }

  #grow(length: number): void {
    this.#volume = grownDoubles(this.#volume, length);
    this.#remaining = grownDoubles(this.#remaining, length);
    this.#updated = grownDoubles(this.#updated, length);
    this.#tag = grownIntegers(this.#tag, length);
    const phase = new Uint8Array(this.#tag.length);
    phase.set(this.#phase);
    this.#phase = phase;
  }
}
