import { type Outcome, SimEvent, type Waiter } from './sim-event.js';

/** What a process needs of the simulation that it lives in. */
export interface ProcessScheduler {
  schedule(delaySeconds: number, action: () => void): unknown;
}

/** A model's life in the order of its code: `yield` an event to wait for it; the value of the yield is the event's. */
export type ProcessBody<T> = () => Generator<SimEvent<unknown>, T, unknown>;

/** What an interrupted process gets thrown where it waits. */
export class Interrupt extends Error {
  constructor(override readonly cause: unknown) {
    super('the process was interrupted');
    this.name = 'Interrupt';
  }
}

/** A running process; itself an event that others can wait for: it succeeds with what the generator returns. */
export class Process<T> extends SimEvent<T> implements Waiter {
  readonly #simulation: ProcessScheduler;
  readonly #generator: Generator<SimEvent<unknown>, T, unknown>;
  #waitsFor: SimEvent<unknown> | undefined;

  constructor(simulation: ProcessScheduler, body: ProcessBody<T>) {
    super();
    this.#simulation = simulation;
    this.#generator = body();
    simulation.schedule(0, () => this.#advance(false, undefined));
  }

  /** What it waits for has happened: it goes on. */
  happened(event: Outcome): void {
    this.#waitsFor = undefined;
    this.#advance(event.failed, event.failed ? event.error : event.value);
  }

  /** Throws an Interrupt into the process where it waits; what it waited for goes on without it. */
  interrupt(cause?: unknown): void {
    if (!this.pending) return;
    this.#waitsFor?.forget(this);
    this.#waitsFor = undefined;
    this.#simulation.schedule(0, () => {
      if (this.pending && this.#waitsFor === undefined) this.#advance(true, new Interrupt(cause));
    });
  }

  #advance(throws: boolean, value: unknown): void {
    let result: IteratorResult<SimEvent<unknown>, T>;
    try {
      result = throws ? this.#generator.throw(value) : this.#generator.next(value);
    } catch (error) {
      // A process that nobody waits for must not fail in silence; one that is waited for hands its failure on.
      if (error instanceof Interrupt) {
        this.fail(error);
        return;
      }
      throw error;
    }
    if (result.done) this.succeed(result.value);
    else {
      this.#waitsFor = result.value;
      result.value.whenHappens(this);
    }
  }
}
