import { grownBytes, grownDoubles, grownIntegers } from './columns.js';
import { EventQueue } from './event-queue.js';
import { LoneActivities } from './lone-activities.js';
import { MaxMinSolver } from './max-min-solver.js';
import { Progress } from './progress.js';
import type { Routes } from './routes.js';
import { checkCapacity, heldAlone, heldByCap, heldByNothing, SharingSystem } from './sharing-system.js';

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
  private readonly system: SharingSystem;
  private readonly routes: Routes;
  private readonly alone: LoneActivities;
  private readonly progress: Progress;
  private readonly solver: MaxMinSolver;
  private readonly queue = new EventQueue();
  // Starts that are no integers: V8 then need not change its mind later.
  private clock = 0.5;
  private solveCount = 0;
  private phase = new Uint8Array(64);
  /** Volume over share. */
  private need = new Float64Array(64);
  private tag = new Int32Array(64);
  // Changes since the last solve.
  private entered = new Int32Array(64);
  private enteredCount = 0;

  /**
   * @param room Activities and edges (links of all of them) that will be under way at once, as far as is known: columns then
   * do not grow on the way.
   * @throws RangeError when a capacity is negative or not a number.
   */
  constructor(capacitiesBytesPerSecond: ArrayLike<number>, room?: { activities: number; edges: number }) {
    this.clock = 0;
    this.system = new SharingSystem(capacitiesBytesPerSecond);
    this.routes = this.system.routes;
    this.alone = new LoneActivities(this.system);
    this.progress = new Progress(this.system);
    this.solver = new MaxMinSolver(this.system, this.progress);
    if (room) this.routes.reserve(room.activities, room.edges);
    this.grow(room?.activities ?? 0);
  }

  /** Simulated seconds. */
  get now(): number {
    return this.clock;
  }

  /** Solves so far: instants at which somebody's rate depended on somebody else's change. */
  get solves(): number {
    return this.solveCount;
  }

  /** Rates that were computed, over all solves. */
  get activityUpdates(): number {
    return this.solver.updates;
  }

  /** Adds a link and returns its id. @throws RangeError when the capacity is negative or not a number. */
  addLink(capacityBytesPerSecond: number): number {
    const link = this.system.addLink(capacityBytesPerSecond);
    this.progress.grow(0);
    this.alone.grow();
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
    const activity = this.routes.add(links, weights, first, end, rateCap, share);
    if (activity >= this.tag.length) this.grow(activity + 1);
    this.need[activity] = volume / share;
    this.tag[activity] = tag;
    if (volume === 0 || latencySeconds > 0) {
      this.phase[activity] = volume === 0 ? Phase.empty : Phase.latent;
      this.queue.set(eventOfActivity(activity), this.clock + latencySeconds);
    } else this.enter(activity, volume / share);
    return activity;
  }

  /** Takes an activity out before it is complete. @throws RangeError when it is not under way. */
  cancel(activity: number): void {
    this.mustBeUnderWay(activity, 'cancel');
    if (this.phase[activity] === Phase.flowing) this.takeOff(activity);
    else this.queue.remove(eventOfActivity(activity));
    this.free(activity);
  }

  /**
   * Changes what a link carries from now on; 0 = down, its activities stall until capacity returns.
   * @throws RangeError on an unknown link, and when the capacity is negative or not a number.
   */
  setCapacity(link: number, capacityBytesPerSecond: number): void {
    if (!(link >= 0 && link < this.system.links)) throw new RangeError(`FluidNetwork.setCapacity: no link ${link}`);
    checkCapacity(capacityBytesPerSecond);
    // What an activity can have at most changes with it: those on the link come anew, with what they have left.
    const alone = this.alone.on[link] as number;
    if (alone >= 0) this.meet(alone);
    const activities = this.system.activitiesOn(link);
    const left = activities.map((activity) => this.progress.leftAt(activity, this.clock));
    for (const activity of activities) this.takeOff(activity);
    this.system.capacity[link] = capacityBytesPerSecond;
    activities.forEach((activity, i) => {
      this.enter(activity, left[i] ?? 0);
    });
  }

  /** Bytes per second that a link carries at most. */
  capacityOf(link: number): number {
    return this.system.capacity[link] ?? 0;
  }

  /** Present load of a link, in bytes per second. */
  linkLoad(link: number): number {
    this.settle();
    return link >= 0 && link < this.system.links ? this.alone.loadOf(link) + this.system.loadOf(link) : 0;
  }

  /** Present rate of an activity, in units of volume per second; 0 before its first byte and when a link is down. */
  rateOf(activity: number): number {
    this.mustBeUnderWay(activity, 'rateOf');
    this.settle();
    if (this.phase[activity] !== Phase.flowing) return 0;
    return this.system.levelOf(activity) * (this.routes.share[activity] as number);
  }

  /** Volume that an activity still has to send. */
  remainingOf(activity: number): number {
    this.mustBeUnderWay(activity, 'remainingOf');
    const left =
      this.phase[activity] === Phase.flowing
        ? this.progress.leftAt(activity, this.clock)
        : (this.need[activity] as number);
    return left * (this.routes.share[activity] as number);
  }

  /** Time of the next completion or end of a latency; Infinity when nothing will happen by itself. */
  nextTime(): number {
    this.settle();
    return this.queue.firstTime;
  }

  /**
   * Moves the clock on, at most to `nextTime()`, and completes what ends then. What would end within rounding of that
   * instant (1e-12 of its volume left, or four roundings of the clock) ends with it.
   * @throws RangeError when `time` lies before the clock or after the next event.
   */
  advanceTo(time: number): void {
    this.settle();
    const next = this.queue.firstTime;
    if (!(time >= this.clock) || time > next) {
      throw new RangeError(
        `FluidNetwork.advanceTo: ${time} is not between now (${this.clock}) and the next event (${next})`,
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
    this.settle();
    if (!(limit >= this.clock)) throw new RangeError(`FluidNetwork.advance: ${limit} is before now (${this.clock})`);
    const next = this.queue.firstTime;
    const time = Math.min(next, limit);
    if (time < infinity) this.moveTo(time, next);
    else this.finishedCount = 0;
    return time;
  }

  private moveTo(time: number, next: number): void {
    this.finishedCount = 0;
    this.clock = time;
    if (next > time || next === infinity) return;
    const queue = this.queue;
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
    const { next } = this.progress;
    let activity = next[link] as number;
    if (!due && !this.isAtEnd(activity)) return false;
    this.queue.remove(link << 1);
    this.progress.read(link, this.clock);
    do {
      this.complete(activity);
      activity = next[link] as number;
    } while (activity >= 0 && this.isAtEnd(activity));
    return true;
  }

  private isAtEnd(activity: number): boolean {
    return this.progress.leftAt(activity, this.clock) <= (this.need[activity] as number) * nothingLeft;
  }

  private mustBeUnderWay(activity: number, method: string): void {
    if ((this.phase[activity] ?? Phase.free) === Phase.free) {
      throw new RangeError(`FluidNetwork.${method}: no activity ${activity} is under way`);
    }
  }

  /** First byte. */
  private enter(activity: number, need: number): void {
    this.phase[activity] = Phase.flowing;
    const alone = this.alone;
    if (alone.enter(activity)) {
      this.progress.set(activity, need, this.clock);
      const level = this.system.highestLevel[activity] as number;
      if (level > 0) this.queue.set(eventOfActivity(activity), this.clock + need / level);
      return;
    }
    if (alone.count > 0) this.meetOthers(activity);
    this.share(activity, need);
  }

  private meetOthers(activity: number): void {
    const { edgeStart, edgeEnd, edgeLink } = this.routes;
    const { on } = this.alone;
    const end = edgeEnd[activity] as number;
    for (let edge = edgeStart[activity] as number; edge < end; edge++) {
      const other = on[edgeLink[edge] as number] as number;
      if (other >= 0) this.meet(other);
    }
  }

  /** Somebody comes to a link of one who was alone. */
  private meet(activity: number): void {
    const left = this.progress.leftAt(activity, this.clock);
    this.queue.remove(eventOfActivity(activity));
    this.alone.leave(activity);
    this.system.enter(activity);
    this.awaitSolve(activity, left);
  }

  /** Puts an activity among others on its links. */
  private share(activity: number, need: number): void {
    const system = this.system;
    system.enter(activity);
    const liveLinks = system.liveLinks[activity] as number;
    if (liveLinks <= 1) {
      const holder = system.holdAlone(activity);
      if (holder >= 0) {
        // Nobody else where it counts: its rate is nobody else's business.
        this.progress.join(holder, activity, need, this.clock);
        this.expect(holder);
        return;
      }
      if (liveLinks === 0) {
        this.progress.set(activity, need, this.clock);
        this.queue.set(eventOfActivity(activity), this.clock + need / (this.routes.capLevel[activity] as number));
        return;
      }
    }
    this.awaitSolve(activity, need);
  }

  private awaitSolve(activity: number, need: number): void {
    this.progress.set(activity, need, this.clock);
    if (this.enteredCount === this.entered.length) {
      this.entered = grownIntegers(this.entered, this.enteredCount + 1);
    }
    this.entered[this.enteredCount++] = activity;
  }

  /** Takes an activity off its links at any time. */
  private takeOff(activity: number): void {
    const holder = this.system.bottleneck[activity] as number;
    if (holder === heldByNothing) {
      const at = this.entered.indexOf(activity);
      this.entered.copyWithin(at, at + 1, this.enteredCount--);
    }
    this.queue.remove(eventOfActivity(activity));
    this.leave(activity);
    if (holder >= 0) this.expect(holder);
  }

  private leave(activity: number): void {
    const holder = this.system.bottleneck[activity] as number;
    if (holder === heldAlone) {
      this.alone.leave(activity);
      return;
    }
    if (holder >= 0) {
      this.progress.read(holder, this.clock);
      this.progress.quit(holder, activity);
    }
    this.system.leave(activity);
  }

  private complete(activity: number): void {
    if (this.phase[activity] === Phase.flowing) this.leave(activity);
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
    this.routes.remove(activity);
  }

  /** Solves the changes of this instant, if there are any. */
  private settle(): void {
    const system = this.system;
    if (this.enteredCount === 0 && system.disturbedCount === 0) return;
    const solver = this.solver;
    const updates = solver.updates;
    solver.begin(this.clock);
    for (let i = 0; i < system.disturbedCount; i++) solver.disturb(system.disturbed[i] as number);
    for (let i = 0; i < this.enteredCount; i++) {
      solver.admit(this.entered[i] as number);
    }
    this.enteredCount = 0;
    system.disturbedCount = 0;
    solver.solve();
    if (solver.updates > updates) this.solveCount++;
    const { changedLinks, changedLinkCount, changedCaps, changedCapCount } = solver;
    for (let i = 0; i < changedLinkCount; i++) this.expect(changedLinks[i] as number);
    for (let i = 0; i < changedCapCount; i++) {
      const activity = changedCaps[i] as number;
      const event = eventOfActivity(activity);
      if (system.bottleneck[activity] !== heldByCap) this.queue.remove(event);
      else {
        const left = this.progress.leftAt(activity, this.clock);
        this.queue.set(event, this.clock + left / (this.routes.capLevel[activity] as number));
      }
    }
  }

  /** Sets the event of those whom a link holds to the next of their ends. */
  private expect(link: number): void {
    const time = this.progress.nextEnd(link);
    if (time < infinity) this.queue.set(link << 1, time);
    else this.queue.remove(link << 1);
  }

  private grow(activities: number): void {
    if (activities > this.tag.length) {
      this.need = grownDoubles(this.need, activities);
      this.tag = grownIntegers(this.tag, activities);
      this.phase = grownBytes(this.phase, this.tag.length);
    }
    this.system.follow();
    this.progress.grow(this.tag.length);
    this.alone.grow();
  }
}

/** Events of activities and of links share a queue: odd and even numbers. */
function eventOfActivity(activity: number): number {
  return 2 * activity + 1;
}
