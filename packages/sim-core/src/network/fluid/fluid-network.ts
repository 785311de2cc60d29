import { grownBytes, grownDoubles, grownIntegers } from './columns.js';
import { eventOfActivity, FlowingActivities } from './flowing-activities.js';
import { checkCapacity } from './sharing-system.js';

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
 * solve reaches only as far as the change does. An event is the next end of all whom one link holds, or of one activity
 * that no link holds.
 *
 * A loop over it: start what starts now; `advance()` to the time at which something else happens, or the earlier one at which
 * something ends here; look at finishedTags[0 .. finishedCount).
 */
export class FluidNetwork {
  /** Ids of what the last `advanceTo` completed, in [0, finishedCount); they are free to be given out again. */
  finishedIds = new Int32Array(64);
  /** The tags of the same. */
  finishedTags = new Int32Array(64);
  finishedCount = 0;
  // `private`, not `#`, in this folder: a private name costs twice a property until its code is optimised, which is most of a short run.
  private readonly flows: FlowingActivities;
  private phase = new Uint8Array(64);
  /** Volume over share. */
  private need = new Float64Array(64);
  private tag = new Int32Array(64);

  /** @throws RangeError when a capacity is negative or not a number. */
  constructor(capacitiesBytesPerSecond: ArrayLike<number>) {
    this.flows = new FlowingActivities(capacitiesBytesPerSecond);
    this.grow(0);
  }

  /** Makes room for so many more activities, with so many edges (links of all of them): columns then do not grow step by step. */
  reserve(activities: number, edges: number): void {
    this.flows.routes.reserve(activities, edges);
    this.grow(this.flows.routes.share.length);
  }

  /** Simulated seconds. */
  get now(): number {
    return this.flows.now;
  }

  /** Solves so far: instants at which somebody's rate depended on somebody else's change. */
  get solves(): number {
    return this.flows.solves;
  }

  /** Rates that were computed, over all solves. */
  get activityUpdates(): number {
    return this.flows.updates;
  }

  /** Adds a link and returns its id. @throws RangeError when the capacity is negative or not a number. */
  addLink(capacityBytesPerSecond: number): number {
    const link = this.flows.system.addLink(capacityBytesPerSecond);
    this.flows.grow();
    return link;
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

  /** `start` with every option in its place and the links and weights from `first` to `end`, for loops that must not allocate. */
  startFlat(
    links: ArrayLike<number>,
    weights: ArrayLike<number> | undefined,
    volume: number,
    rateCap: number,
    latencySeconds: number,
    share: number,
    tag: number,
    first = 0,
    end = links.length,
  ): number {
    if (!(volume >= 0 && volume < infinity)) throw new RangeError(`FluidNetwork.start: volume is ${volume}`);
    if (!(rateCap > 0)) throw new RangeError(`FluidNetwork.start: rateCap is ${rateCap}`);
    if (!(latencySeconds >= 0)) throw new RangeError(`FluidNetwork.start: latencySeconds is ${latencySeconds}`);
    if (!(share > 0 && share < infinity)) throw new RangeError(`FluidNetwork.start: share is ${share}`);
    const activity = this.flows.routes.add(links, weights, first, end, rateCap, share);
    if (activity >= this.tag.length) this.grow(activity + 1);
    this.need[activity] = volume / share;
    this.tag[activity] = tag;
    if (volume === 0 || latencySeconds > 0) {
      this.phase[activity] = volume === 0 ? Phase.empty : Phase.latent;
      this.flows.queue.set(eventOfActivity(activity), this.flows.now + latencySeconds);
    } else this.enter(activity, volume / share);
    return activity;
  }

  /** Takes an activity out before it is complete. @throws RangeError when it is not under way. */
  cancel(activity: number): void {
    this.mustBeUnderWay(activity, 'cancel');
    if (this.phase[activity] === Phase.flowing) this.flows.takeOff(activity);
    else this.flows.queue.remove(eventOfActivity(activity));
    this.free(activity);
  }

  /**
   * Changes what a link carries from now on; 0 = down, its activities stall until capacity returns.
   * @throws RangeError on an unknown link, and when the capacity is negative or not a number.
   */
  setCapacity(link: number, capacityBytesPerSecond: number): void {
    if (!(link >= 0 && link < this.flows.system.links))
      throw new RangeError(`FluidNetwork.setCapacity: no link ${link}`);
    checkCapacity(capacityBytesPerSecond);
    this.flows.setCapacity(link, capacityBytesPerSecond);
  }

  /** Bytes per second that a link carries at most. */
  capacityOf(link: number): number {
    return this.flows.system.capacity[link] ?? 0;
  }

  /** Present load of a link, in bytes per second. */
  linkLoad(link: number): number {
    this.flows.settle();
    return link >= 0 && link < this.flows.system.links ? this.flows.loadOf(link) : 0;
  }

  /** Present rate of an activity, in units of volume per second; 0 before its first byte and when a link is down. */
  rateOf(activity: number): number {
    this.mustBeUnderWay(activity, 'rateOf');
    this.flows.settle();
    if (this.phase[activity] !== Phase.flowing) return 0;
    return this.flows.system.levelOf(activity) * (this.flows.routes.share[activity] as number);
  }

  /** Volume that an activity still has to send. */
  remainingOf(activity: number): number {
    this.mustBeUnderWay(activity, 'remainingOf');
    const left =
      this.phase[activity] === Phase.flowing
        ? this.flows.progress.leftAt(activity, this.flows.now)
        : (this.need[activity] as number);
    return left * (this.flows.routes.share[activity] as number);
  }

  /** Time of the next completion or end of a latency; Infinity when nothing will happen by itself. */
  nextTime(): number {
    this.flows.settle();
    return this.flows.queue.firstTime;
  }

  /**
   * Moves the clock on, at most to `nextTime()`, and completes what ends then. What would end within rounding of that
   * instant (1e-12 of its volume left, or four roundings of the clock) ends with it.
   * @throws RangeError when `time` lies before the clock or after the next event.
   */
  advanceTo(time: number): void {
    this.flows.settle();
    const next = this.flows.queue.firstTime;
    if (!(time >= this.flows.now) || time > next) {
      throw new RangeError(
        `FluidNetwork.advanceTo: ${time} is not between now (${this.flows.now}) and the next event (${next})`,
      );
    }
    this.moveTo(time, next);
  }

  /**
   * The same to `limit` or to the next event, whichever comes first: returns that time. When it is Infinity, nothing will happen by
   * itself, and the clock stays.
   * @throws RangeError when `limit` lies before the clock.
   */
  advance(limit: number): number {
    this.flows.settle();
    if (!(limit >= this.flows.now))
      throw new RangeError(`FluidNetwork.advance: ${limit} is before now (${this.flows.now})`);
    const next = this.flows.queue.firstTime;
    const time = Math.min(next, limit);
    if (time < infinity) this.moveTo(time, next);
    else this.finishedCount = 0;
    return time;
  }

  private moveTo(time: number, next: number): void {
    this.finishedCount = 0;
    this.flows.now = time;
    if (next > time || next === infinity) return;
    const queue = this.flows.queue;
    const until = time + time * clockRounding;
    for (let event = queue.first; event >= 0; event = queue.first) {
      const due = queue.firstTime <= until;
      if ((event & 1) === 0) {
        if (!this.completeHeld(event >> 1, due)) break;
      } else {
        const activity = event >> 1;
        const phase = this.phase[activity];
        if (!due && !(phase === Phase.flowing && this.isAtEnd(activity))) break;
        queue.remove(event);
        if (phase === Phase.latent) this.enter(activity, this.need[activity] as number);
        else this.complete(activity);
      }
    }
  }

  /** Completes those whose end a link's clock has reached; the next one in any case when it is due. */
  private completeHeld(link: number, due: boolean): boolean {
    const { next } = this.flows.progress;
    let activity = next[link] as number;
    if (!due && !this.isAtEnd(activity)) return false;
    this.flows.queue.remove(link << 1);
    this.flows.progress.read(link, this.flows.now);
    do {
      this.complete(activity);
      activity = next[link] as number;
    } while (activity >= 0 && this.isAtEnd(activity));
    return true;
  }

  private isAtEnd(activity: number): boolean {
    return this.flows.progress.leftAt(activity, this.flows.now) <= (this.need[activity] as number) * nothingLeft;
  }

  /** First byte. */
  private enter(activity: number, need: number): void {
    this.phase[activity] = Phase.flowing;
    this.flows.enter(activity, need);
  }

  private mustBeUnderWay(activity: number, method: string): void {
    if ((this.phase[activity] ?? Phase.free) === Phase.free) {
      throw new RangeError(`FluidNetwork.${method}: no activity ${activity} is under way`);
    }
  }

  private complete(activity: number): void {
    if (this.phase[activity] === Phase.flowing) this.flows.leave(activity);
    const at = this.finishedCount++;
    if (at === this.finishedIds.length) {
      this.finishedIds = grownIntegers(this.finishedIds, at + 1);
      this.finishedTags = grownIntegers(this.finishedTags, at + 1);
    }
    this.finishedIds[at] = activity;
    this.finishedTags[at] = this.tag[activity] as number;
    this.free(activity);
  }

  private free(activity: number): void {
    this.phase[activity] = Phase.free;
    this.flows.routes.remove(activity);
  }

  private grow(activities: number): void {
    if (activities > this.tag.length) {
      this.need = grownDoubles(this.need, activities);
      this.tag = grownIntegers(this.tag, activities);
      this.phase = grownBytes(this.phase, this.tag.length);
    }
    this.flows.grow();
  }
}
