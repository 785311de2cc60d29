import { Book } from './books.js';
import type { ClassCursors } from './class-cursors.js';
import type { Ledger } from './ledger.js';
import { EventKind, type StepClock } from './step-clock.js';
import type { Template } from './template.js';

/** The compute stream of each class: one segment under way at most, at a rate that changes while collectives take compute units. */
export class ComputeStreams {
  readonly #clock: StepClock;
  readonly #cursors: ClassCursors;
  readonly #ledger: Ledger;
  readonly #factors: Float64Array;
  // One entry a class: the event of the segment under way (-1: none), its work that was left at the anchor, the rate since.
  readonly #event: Float64Array;
  readonly #work: Float64Array;
  readonly #anchor: Float64Array;
  readonly #rate: Float64Array;

  /** @param factors See ExecutionOptions. */
  constructor(clock: StepClock, cursors: ClassCursors, ledger: Ledger, factors: Float64Array) {
    this.#clock = clock;
    this.#cursors = cursors;
    this.#ledger = ledger;
    this.#factors = factors;
    this.#event = new Float64Array(cursors.count).fill(-1);
    this.#work = new Float64Array(cursors.count);
    this.#anchor = new Float64Array(cursors.count);
    this.#rate = new Float64Array(cursors.count).fill(1);
  }

  /** Undisturbed seconds of a segment on a class, its slowness included. */
  seconds(template: Template, segment: number, k: number): number {
    const at = segment * 3;
    const seconds = template.seconds;
    const factors = this.#factors;
    return (
      (seconds[at] as number) * (factors[k * 3] as number) +
      (seconds[at + 1] as number) * (factors[k * 3 + 1] as number) +
      (seconds[at + 2] as number) * (factors[k * 3 + 2] as number)
    );
  }

  start(k: number, template: Template, segment: number): void {
    const { now, queue } = this.#clock;
    const work = this.seconds(template, segment, k);
    this.#work[k] = work;
    this.#anchor[k] = now;
    this.#cursors.waitStart[k] = now;
    this.#event[k] = queue.push(now + work / (this.#rate[k] as number), k * 4 + EventKind.segment);
  }

  /** Books what the segment that ends now took beyond its undisturbed seconds. */
  ended(k: number): void {
    const cursors = this.#cursors;
    this.#event[k] = -1;
    const template = cursors.template(k);
    const undisturbed = template ? this.seconds(template, cursors.segment[k] as number, k) : 0;
    const { now } = this.#clock;
    this.#ledger.book(k, Book.smContention, now - (cursors.waitStart[k] as number) - undisturbed);
    this.#ledger.tape?.computed(k, now);
  }

  /** Changes the rate of a class's stream; a segment under way keeps the work that is left. */
  setRate(k: number, rate: number): void {
    const old = this.#rate[k] as number;
    if (old === rate) return;
    this.#rate[k] = rate;
    const event = this.#event[k] as number;
    if (event < 0) return;
    const { now, queue } = this.#clock;
    const done = (now - (this.#anchor[k] as number)) * old;
    const left = Math.max(0, (this.#work[k] as number) - done);
    this.#work[k] = left;
    this.#anchor[k] = now;
    queue.reschedule(event, now + left / rate);
  }
}
