import { Worker } from 'node:worker_threads';

/**
 * Runs in a thread of its own, since a simulation keeps this one busy: after a second it draws what is being done and for how
 * long, straight to stderr, until it is told to stop. state[0]: 1 to stop, 2 stopped; state[1]: length of the label.
 */
const painter = `
const { workerData: { shared, labels, columns } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const state = new Int32Array(shared);
const start = Date.now();
const frames = '|/-\\\\\\\\';
let drawn = false;
for (let frame = 0, wait = 1000; Atomics.load(state, 0) === 0; frame++, wait = 250) {
  if (Atomics.wait(state, 0, 0, wait) !== 'timed-out') break;
  const label = Buffer.from(labels).subarray(0, Atomics.load(state, 1)).toString();
  const text = frames[frame % 4] + ' ' + label + ', ' + Math.round((Date.now() - start) / 1000) + ' s';
  writeSync(2, '\\r\\x1b[K' + text.slice(0, columns - 1));
  drawn = true;
}
if (drawn) writeSync(2, '\\r\\x1b[K');
Atomics.store(state, 0, 2);
Atomics.notify(state, 0);
`;

const labelBytes = 200;

/** A line on a terminal that says what is being done, once that has taken a second. */
export class Progress {
  readonly #state = new Int32Array(new SharedArrayBuffer(8));
  readonly #labels = new Uint8Array(new SharedArrayBuffer(labelBytes));
  #worker: Worker | undefined;

  /** Says what is being done from now on. */
  show(label: string): void {
    const bytes = Buffer.from(label).subarray(0, labelBytes);
    this.#labels.set(bytes);
    Atomics.store(this.#state, 1, bytes.length);
    if (this.#worker) return;
    const columns = process.stderr.columns ?? 80;
    this.#worker = new Worker(painter, {
      eval: true,
      workerData: { shared: this.#state.buffer, labels: this.#labels.buffer, columns },
    });
    this.#worker.unref();
  }

  /** Clears the line; returns when it is gone, so that what follows does not mix with it. */
  stop(): void {
    if (!this.#worker || Atomics.compareExchange(this.#state, 0, 0, 1) !== 0) return;
    Atomics.notify(this.#state, 0);
    Atomics.wait(this.#state, 0, 1, 300);
    void this.#worker.terminate();
  }
}
