import { widen } from './widen.js';

const sampleSize = 64;

/** Events in no order, each a slot and its time: cheap to add to, and read through as a whole when their turn comes. */
export class FarEvents {
  length = 0;
  /** No event is earlier. */
  earliest = Number.POSITIVE_INFINITY;
  #times: Float64Array;
  #slots: Int32Array;
  readonly #sample = new Float64Array(sampleSize);

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#slots = new Int32Array(capacity);
  }

  timeAt(index: number): number {
    return this.#times[index] as number;
  }

  slotAt(index: number): number {
    return this.#slots[index] as number;
  }

  /** Adds an event and returns its index. */
  add(slot: number, time: number): number {
    const index = this.length++;
    if (index === this.#slots.length) {
      this.#times = widen(this.#times, new Float64Array(2 * index));
      this.#slots = widen(this.#slots, new Int32Array(2 * index));
    }
    this.#times[index] = time;
    this.#slots[index] = slot;
    if (time < this.earliest) this.earliest = time;
    return index;
  }

  /** Takes an event out by putting the last one in its place; returns the slot of that one. */
  removeAt(index: number): number {
    const last = --this.length;
    const moved = this.#slots[last] as number;
    this.#times[index] = this.#times[last] as number;
    this.#slots[index] = moved;
    return moved;
  }

  clear(): void {
    this.length = 0;
    this.earliest = Number.POSITIVE_INFINITY;
  }

  /** A time that about nine tenths of the events don't exceed, from a sample at equal steps; a finite one if any is. */
  sampledLatest(): number {
    const sample = this.#sample;
    for (let i = 0; i < sampleSize; i++) sample[i] = this.#times[Math.floor((i * this.length) / sampleSize)] as number;
    sample.sort();
    let rank = Math.floor(0.9 * sampleSize);
    while (rank > 0 && sample[rank] === Number.POSITIVE_INFINITY) rank--;
    const latest = sample[rank] as number;
    return latest < Number.POSITIVE_INFINITY ? latest : this.earliest;
  }
}
