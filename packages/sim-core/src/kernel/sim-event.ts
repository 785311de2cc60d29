type Listener<T> = (event: SimEvent<T>) => void;

/** Something that happens once, with a value or a failure; processes wait for it by yielding it. */
export class SimEvent<T> {
  #state: 'pending' | 'succeeded' | 'failed' = 'pending';
  #value: T | undefined;
  #error: unknown;
  /** Most events have one listener: an array only for more. */
  #listener: Listener<T> | undefined;
  #others: Listener<T>[] | undefined;

  get pending(): boolean {
    return this.#state === 'pending';
  }

  get failed(): boolean {
    return this.#state === 'failed';
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
    this.#happen('succeeded');
    this.#value = value;
    this.#tell();
  }

  /** Lets it happen as a failure: whoever waits for it gets `error` thrown. @throws Error when it has happened already. */
  fail(error: unknown): void {
    this.#happen('failed');
    this.#error = error;
    this.#tell();
  }

  /** Calls back when it happens, at once if it has. */
  whenHappens(listener: Listener<T>): void {
    if (this.#state !== 'pending') listener(this);
    else if (this.#listener === undefined) this.#listener = listener;
    else if (this.#others === undefined) this.#others = [listener];
    else this.#others.push(listener);
  }

  /** Forgets a listener. */
  forget(listener: Listener<T>): void {
    this.#others = this.#others?.filter((other) => other !== listener);
    if (this.#listener === listener) this.#listener = this.#others?.shift();
  }

  #happen(state: 'succeeded' | 'failed'): void {
    if (this.#state !== 'pending') throw new Error(`SimEvent: has ${this.#state} already`);
    this.#state = state;
  }

  #tell(): void {
    const first = this.#listener;
    const others = this.#others;
    this.#listener = undefined;
    this.#others = undefined;
    first?.(this);
    if (others) for (const listener of others) listener(this);
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
