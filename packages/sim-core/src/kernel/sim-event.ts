type Listener<T> = (event: SimEvent<T>) => void;

/** Somebody who waits for an event: what a process is, so that no closure lies between it and what it waits for. */
export interface Waiter {
  happened(event: Outcome): void;
}

/** How an event happened. */
export interface Outcome {
  readonly failed: boolean;
  readonly value: unknown;
  readonly error: unknown;
}

type Waiting<T> = Listener<T> | Waiter;

const pending = 0;
const succeeded = 1;
const failed = 2;

/** Something that happens once, with a value or a failure; processes wait for it by yielding it. */
export class SimEvent<T> {
  // Few fields: with many events pending, what a timeout costs is the memory that it touches.
  #state: typeof pending | typeof succeeded | typeof failed = pending;
  #value: T | undefined;
  #error: unknown;
  /** Most events have one listener: an array only for more. */
  #listener: Waiting<T> | Waiting<T>[] | undefined;

  get pending(): boolean {
    return this.#state === pending;
  }

  get failed(): boolean {
    return this.#state === failed;
  }

  /** The value it succeeded with; undefined before. */
  get value(): T | undefined {
    return this.#value;
  }

  get error(): unknown {
    return this.#error;
  }

  /** @throws Error when it has happened already. */
  succeed(value: T): void {
    this.#happen(succeeded);
    this.#value = value;
    this.#tell();
  }

  /** Lets it happen as a failure: whoever waits for it gets `error` thrown. @throws Error when it has happened already. */
  fail(error: unknown): void {
    this.#happen(failed);
    this.#error = error;
    this.#tell();
  }

  /** Calls back when it happens, at once if it has. */
  whenHappens(listener: Waiting<T>): void {
    if (this.#state !== pending) this.#call(listener);
    else if (this.#listener === undefined) this.#listener = listener;
    else if (Array.isArray(this.#listener)) this.#listener.push(listener);
    else this.#listener = [this.#listener, listener];
  }

  /** Forgets a listener. */
  forget(listener: Waiting<T>): void {
    if (Array.isArray(this.#listener)) this.#listener = this.#listener.filter((other) => other !== listener);
    else if (this.#listener === listener) this.#listener = undefined;
  }

  #happen(state: typeof succeeded | typeof failed): void {
    if (this.#state !== pending)
      throw new Error(`SimEvent: has ${this.#state === failed ? 'failed' : 'succeeded'} already`);
    this.#state = state;
  }

  #call(listener: Waiting<T>): void {
    if (typeof listener === 'function') listener(this);
    else listener.happened(this);
  }

  #tell(): void {
    const waiting = this.#listener;
    this.#listener = undefined;
    if (waiting === undefined) return;
    if (Array.isArray(waiting)) for (const listener of waiting) this.#call(listener);
    else this.#call(waiting);
  }
}

/** Succeeds when all have; fails with the first failure. */
export function allOf(events: readonly SimEvent<unknown>[]): SimEvent<unknown[]> {
  const all = new SimEvent<unknown[]>();
  let left = events.length;
  if (left === 0) all.succeed([]);
  for (const event of events) {
    event.whenHappens((done) => {
      if (!all.pending) return;
      if (done.failed) all.fail(done.error);
      else if (--left === 0) all.succeed(events.map((e) => e.value));
    });
  }
  return all;
}

/** Happens with the first that happens, and as it does. */
export function anyOf(events: readonly SimEvent<unknown>[]): SimEvent<unknown> {
  const any = new SimEvent<unknown>();
  for (const event of events) {
    event.whenHappens((done) => {
      if (!any.pending) return;
      if (done.failed) any.fail(done.error);
      else any.succeed(done.value);
    });
  }
  return any;
}
