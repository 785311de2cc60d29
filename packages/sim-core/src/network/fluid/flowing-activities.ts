import { EventQueue } from './event-queue.js';
import { IdList } from './id-list.js';
import { LoneActivities } from './lone-activities.js';
import { MaxMinSolver } from './max-min-solver.js';
import { Progress } from './progress.js';
import type { Routes } from './routes.js';
import { heldAlone, heldByCap, heldByNothing, SharingSystem } from './sharing-system.js';

const infinity = Number.POSITIVE_INFINITY;

/**
 * Activities whose bytes flow, at one time after another: who has the links for himself and who shares them, what each still has to
 * send, and when the next of them end. What changes at one instant is noted, and solved at once by `settle`.
 */
export class FlowingActivities {
  /** Simulated seconds. Starts as no integer: V8 then need not change its mind later. */
  now = 0.5;
  /** Instants at which somebody's rate depended on somebody else's change. */
  solves = 0;
  readonly system: SharingSystem;
  readonly routes: Routes;
  readonly progress: Progress;
  /** Ends by link and by activity (`eventOfActivity`). */
  readonly queue = new EventQueue();
  private readonly alone: LoneActivities;
  private readonly solver: MaxMinSolver;
  /** Activities that came since the last solve. */
  private readonly entered = new IdList();

  /** @throws RangeError when a capacity is negative or not a number. */
  constructor(capacitiesBytesPerSecond: ArrayLike<number>) {
    this.now = 0;
    this.system = new SharingSystem(capacitiesBytesPerSecond);
    this.routes = this.system.routes;
    this.alone = new LoneActivities(this.system);
    this.progress = new Progress(this.system);
    this.solver = new MaxMinSolver(this.system, this.progress);
  }

  /** Rates that were computed, over all solves. */
  get updates(): number {
    return this.solver.updates;
  }

  /** Follows the numbers of links and activities. */
  grow(): void {
    this.system.follow();
    this.progress.grow(this.system.bottleneck.length);
    this.alone.grow();
  }

  /** Changes what a link carries from now on. */
  setCapacity(link: number, capacityBytesPerSecond: number): void {
    // What an activity can have at most changes with it: those on the link come anew, with what they have left.
    const alone = this.alone.on[link] as number;
    if (alone >= 0) this.meet(alone);
    const activities = this.system.activitiesOn(link);
    const left = activities.map((activity) => this.progress.leftAt(activity, this.now));
    for (const activity of activities) this.takeOff(activity);
    this.system.capacity[link] = capacityBytesPerSecond;
    activities.forEach((activity, i) => {
      this.enter(activity, left[i] ?? 0);
    });
  }

  /** Bytes per second on a link after the last solve. */
  loadOf(link: number): number {
    return this.alone.loadOf(link) + this.system.loadOf(link);
  }

  /** First byte: an activity that has `need`, its volume over its share, to send comes to its links. */
  enter(activity: number, need: number): void {
    const alone = this.alone;
    if (alone.enter(activity)) {
      this.progress.set(activity, need, this.now);
      const level = this.system.highestLevel[activity] as number;
      if (level > 0) this.queue.set(eventOfActivity(activity), this.now + need / level);
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
    const left = this.progress.leftAt(activity, this.now);
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
        this.progress.join(holder, activity, need, this.now);
        this.expect(holder);
        return;
      }
      if (liveLinks === 0) {
        this.progress.set(activity, need, this.now);
        this.queue.set(eventOfActivity(activity), this.now + need / (this.routes.capLevel[activity] as number));
        return;
      }
    }
    this.awaitSolve(activity, need);
  }

  private awaitSolve(activity: number, need: number): void {
    this.progress.set(activity, need, this.now);
    this.entered.add(activity);
  }

  /** Takes an activity off its links at any time. */
  takeOff(activity: number): void {
    const holder = this.system.bottleneck[activity] as number;
    if (holder === heldByNothing) {
      const { ids } = this.entered;
      const at = ids.indexOf(activity);
      ids.copyWithin(at, at + 1, this.entered.length--);
    }
    this.queue.remove(eventOfActivity(activity));
    this.leave(activity);
    if (holder >= 0) this.expect(holder);
  }

  /** Takes an activity off its links at its end, when its event is out of the queue. */
  leave(activity: number): void {
    const holder = this.system.bottleneck[activity] as number;
    if (holder === heldAlone) {
      this.alone.leave(activity);
      return;
    }
    if (holder >= 0) {
      this.progress.read(holder, this.now);
      this.progress.quit(holder, activity);
    }
    this.system.leave(activity);
  }

  /** Solves the changes of this instant, if there are any. */
  settle(): void {
    if (this.entered.length > 0 || this.system.disturbed.length > 0) this.solve();
  }

  private solve(): void {
    const { system, solver, entered } = this;
    const { disturbed } = system;
    const updates = solver.updates;
    solver.begin(this.now);
    for (let i = 0; i < disturbed.length; i++) solver.disturb(disturbed.ids[i] as number);
    for (let i = 0; i < entered.length; i++) solver.admit(entered.ids[i] as number);
    entered.length = 0;
    disturbed.length = 0;
    solver.solve();
    if (solver.updates > updates) this.solves++;
    const { changedLinks, changedCaps } = solver;
    for (let i = 0; i < changedLinks.length; i++) this.expect(changedLinks.ids[i] as number);
    for (let i = 0; i < changedCaps.length; i++) {
      const activity = changedCaps.ids[i] as number;
      const event = eventOfActivity(activity);
      if (system.bottleneck[activity] !== heldByCap) this.queue.remove(event);
      else {
        const left = this.progress.leftAt(activity, this.now);
        this.queue.set(event, this.now + left / (this.routes.capLevel[activity] as number));
      }
    }
  }

  /** Sets the event of those whom a link holds to the next of their ends. */
  private expect(link: number): void {
    const time = this.progress.nextEnd(link);
    if (time < infinity) this.queue.set(link << 1, time);
    else this.queue.remove(link << 1);
  }
}

/** Events of activities and of links share a queue: odd and even numbers. */
export function eventOfActivity(activity: number): number {
  return 2 * activity + 1;
}
