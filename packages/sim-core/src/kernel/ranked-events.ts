import { EventHeap } from './event-heap.js';
import { EventQueue } from './event-queue.js';

/** Something that sleeps in the queue until its time. */
export interface Sleeper<T> {
  /** Its time has come: it says what happens, if anything, and may schedule itself or others again. */
  wake(time: number): T | undefined;
}

/**
 * Pending events of which those of one instant come in the order of their rank, and only within a rank in the order of scheduling:
 * for models whose rules say what goes first, so that nothing depends on who was scheduled when. What is scheduled for the
 * instant that runs still gets its place in it.
 */
export class RankedEvents<T> {
  /** Time of the next event; Infinity: there is none. */
  nextTime = Number.POSITIVE_INFINITY;
  readonly #later = new EventQueue();
  /** Events of the instant that runs, by rank and admission. */
  readonly #due = new EventHeap();
  #admitted = 0;
  readonly #sleepers: (Sleeper<T> | undefined)[] = [];
  readonly #ranks: number[] = [];
  readonly #freeSlots: number[] = [];

  /**
   * Schedules an event.
   * @param time Absolute, not before the event that woke last. What never happens (Infinity) is not kept.
   * @param rank Smaller ones come first where times are equal.
   * @throws RangeError when `time` is not a number.
   */
  schedule(time: number, rank: number, sleeper: Sleeper<T>): void {
    if (time === Number.POSITIVE_INFINITY) return;
    const slot = this.#freeSlots.pop() ?? this.#sleepers.length;
    this.#later.push(time, slot);
    this.#sleepers[slot] = sleeper;
    this.#ranks[slot] = rank;
    if (time < this.nextTime) this.nextTime = time;
  }

  /** Wakes whoever is next; returns what it says happens, undefined when that is nothing or nobody is there. */
  wakeNext(): T | undefined {
    const time = this.nextTime;
    const due = this.#due;
    const later = this.#later;
    while (later.size > 0 && later.peekTime() === time) {
      const slot = later.pop();
      due.push(this.#ranks[slot] ?? 0, this.#admitted++, slot);
    }
    if (due.length === 0) return undefined;
    const slot = due.topSlot;
    due.removeTop();
    const sleeper = this.#sleepers[slot];
    this.#sleepers[slot] = undefined;
    this.#freeSlots.push(slot);
    if (due.length === 0) this.nextTime = later.peekTime();
    return sleeper?.wake(time);
  }
}
