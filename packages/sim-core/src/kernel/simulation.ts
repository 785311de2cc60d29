import { EventQueue } from './event-queue.js';
import { Process, type ProcessBody } from './process.js';
import { SimEvent } from './sim-event.js';

/** An action that is scheduled and may still be taken back or moved. */
export interface Scheduled {
  /** Takes the action out; false when it has run. */
  cancel(): boolean;
  /** Moves it to another absolute time, behind what is scheduled there already; false when it has run. */
  reschedule(timeSeconds: number): boolean;
}

/** What happens at a time: a closure, or an event that succeeds. */
type Action = (() => void) | SimEvent<void>;

/**
 * A clock and its pending actions, for readable models: schedule closures, or write processes as generators. Actions at the
 * same time run in the order in which they were scheduled. (The simulator's hot rooms use EventQueue directly.)
 */
export class Simulation {
  readonly #queue = new EventQueue();
  /** Actions by slot; the queue's payload is the slot. */
  readonly #actions: (Action | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  #now = 0;

  /** Simulated seconds. */
  get now(): number {
    return this.#now;
  }

  /**
   * Runs an action after a delay.
   * @throws RangeError when the delay is negative or not a number.
   */
  schedule(delaySeconds: number, action: () => void): Scheduled {
    if (!(delaySeconds >= 0)) throw new RangeError(`Simulation.schedule: delay is ${delaySeconds}, must be 0 or more`);
    return this.at(this.#now + delaySeconds, action);
  }

  /**
   * Runs an action at an absolute time.
   * @throws RangeError when the time lies in the past.
   */
  at(timeSeconds: number, action: () => void): Scheduled {
    if (!(timeSeconds >= this.#now))
      throw new RangeError(`Simulation.at: ${timeSeconds} lies before now (${this.#now})`);
    const slot = this.#slotFor(action);
    const id = this.#queue.push(timeSeconds, slot);
    return {
      cancel: () => {
        const pending = this.#queue.cancel(id);
        if (pending) this.#release(slot);
        return pending;
      },
      reschedule: (time) => {
        if (!(time >= this.#now)) throw new RangeError(`Scheduled.reschedule: ${time} lies before now (${this.#now})`);
        return this.#queue.reschedule(id, time);
      },
    };
  }

  #slotFor(action: Action): number {
    const slot = this.#freeSlots.pop() ?? this.#actions.length;
    this.#actions[slot] = action;
    return slot;
  }

  #release(slot: number): void {
    this.#actions[slot] = undefined;
    this.#freeSlots.push(slot);
  }

  /** An event that somebody will trigger. */
  event<T>(): SimEvent<T> {
    return new SimEvent<T>();
  }

  /** An event that succeeds after a delay. */
  timeout(delaySeconds: number): SimEvent<void> {
    const event = new SimEvent<void>();
    if (!(delaySeconds >= 0)) throw new RangeError(`Simulation.timeout: delay is ${delaySeconds}, must be 0 or more`);
    this.#queue.push(this.#now + delaySeconds, this.#slotFor(event));
    return event;
  }

  /** Starts a process now: a generator that yields the events that it waits for. */
  process<T>(body: ProcessBody<T>): Process<T> {
    return new Process<T>(this, body);
  }

  /** Runs the next action; false when there is none. */
  step(): boolean {
    const slot = this.#queue.pop();
    if (slot < 0) return false;
    this.#now = this.#queue.poppedTime;
    const action = this.#actions[slot];
    this.#release(slot);
    if (typeof action === 'function') action();
    else action?.succeed(undefined);
    return true;
  }

  /** Runs until nothing is pending, or up to and including `untilSeconds`; the clock then stands there. */
  run(untilSeconds = Number.POSITIVE_INFINITY): void {
    while (this.#queue.peekTime() <= untilSeconds) if (!this.step()) break;
    if (untilSeconds < Number.POSITIVE_INFINITY && untilSeconds > this.#now) this.#now = untilSeconds;
  }
}
