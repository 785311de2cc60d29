import { SimEvent } from './sim-event.js';

interface Waiting {
  readonly event: SimEvent<void>;
  readonly priority: number;
}

/** A number of equal places that processes hold for a while: yield `request()`, then `release()`. */
export class Resource {
  readonly #waiting: Waiting[] = [];
  #free: number;

  /** @throws RangeError when there is not at least one place. */
  constructor(readonly capacity: number) {
    if (!(capacity >= 1)) throw new RangeError(`Resource: capacity is ${capacity}, must be 1 or more`);
    this.#free = capacity;
  }

  get inUse(): number {
    return this.capacity - this.#free;
  }

  get queueLength(): number {
    return this.#waiting.length;
  }

  /** An event that succeeds when a place is the asker's. Smaller priorities first, then first come, first served. */
  request(priority = 0): SimEvent<void> {
    const event = new SimEvent<void>();
    if (this.#free > 0) {
      this.#free--;
      event.succeed(undefined);
      return event;
    }
    let at = this.#waiting.length;
    while (at > 0 && (this.#waiting[at - 1]?.priority ?? 0) > priority) at--;
    this.#waiting.splice(at, 0, { event, priority });
    return event;
  }

  /** Takes a request back that has not been granted; false when it has. */
  withdraw(request: SimEvent<void>): boolean {
    const at = this.#waiting.findIndex((waiting) => waiting.event === request);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }

  /** Gives a place back; the first in the queue gets it. @throws Error when none is in use. */
  release(): void {
    if (this.#free === this.capacity) throw new Error('Resource.release: no place is in use');
    const next = this.#waiting.shift();
    if (next) next.event.succeed(undefined);
    else this.#free++;
  }
}
