import type { Mark } from './checkpoint-tiers.js';
import type { PhaseKind, RunBooks, RunEvent, RunObserver } from './run-plan.js';

/** The clock of a job, and where its time went. */
export class RunAccounts {
  time = 0;
  /** Seconds computed to the present state, and what they are worth at the healthy configuration's speed. */
  compute = 0;
  work = 0;
  /** At which the job computed last. */
  speed = 1;
  #interruptions = 0;
  #plannedStops = 0;
  readonly #spent = { compute: 0, checkpoint: 0, down: 0, restart: 0 };
  readonly #observer: RunObserver;

  constructor(observer: RunObserver) {
    this.#observer = observer;
  }

  /** The present state. */
  get mark(): Mark {
    return { compute: this.compute, work: this.work };
  }

  /** Lets a phase run until a time. */
  advance(kind: PhaseKind, until: number): void {
    if (until > this.time) this.#observer.phase?.([kind, this.time, until]);
    this.#spent[kind] += until - this.time;
    this.time = until;
  }

  /** Adds what was computed to the present state. */
  count(seconds: number, speed: number): void {
    this.compute += seconds;
    this.work += seconds * speed;
    if (seconds > 0) this.speed = speed;
  }

  /** Goes back to a state that was saved: what was computed since is lost. */
  goBackTo({ compute, work }: Mark): void {
    this.compute = compute;
    this.work = work;
  }

  /** Something interrupts the job. */
  interrupt(why: 'failure' | 'start-up', event: RunEvent | undefined): void {
    this.#interruptions++;
    this.#observer.stop?.({ time: this.time, why, event });
  }

  /** The job stops because it wants to. */
  pause(why: 'planned' | 'straggler' | 'grow back', event: RunEvent | undefined): void {
    this.#plannedStops++;
    this.#observer.stop?.({ time: this.time, why, event });
  }

  /** @throws Error when the books do not balance. */
  books(finished: boolean): RunBooks {
    const { compute, checkpoint, restart, down } = this.#spent;
    const useful = this.compute;
    const lost = compute - useful;
    const wall = this.time;
    const sum = useful + lost + checkpoint + restart + down;
    if (!(Math.abs(sum - wall) <= 1e-9 * Math.max(1, wall)) || lost < -1e-6 * Math.max(1, wall))
      throw new Error(`RunAccounts: ${sum} is booked of a wall time of ${wall}, ${lost} of it lost`);
    return {
      wall,
      useful,
      work: this.work,
      lost,
      checkpoint,
      restart,
      down,
      interruptions: this.#interruptions,
      plannedStops: this.#plannedStops,
      finished,
    };
  }
}
