import { widen } from './widen.js';

/**
 * Entries in order of time, then of sequence number: a binary heap on parallel arrays, sifted by moving a hole. The sequence
 * numbers are what keeps ties in the order of scheduling. Grows by doubling; reading the top of an empty heap has no meaning.
 */
export class EventHeap {
  length = 0;
  #times = new Float64Array(64);
  #sequences = new Float64Array(64);
  #slots = new Int32Array(64);

  get topTime(): number {
    return this.#times[0] as number;
  }

  get topSequence(): number {
    return this.#sequences[0] as number;
  }

  get topSlot(): number {
    return this.#slots[0] as number;
  }

  push(time: number, sequence: number, slot: number): void {
    if (this.length === this.#times.length) this.#grow();
    const times = this.#times;
    const sequences = this.#sequences;
    const slots = this.#slots;
    let hole = this.length++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const parentTime = times[parent] as number;
      if (time > parentTime || (time === parentTime && sequence > (sequences[parent] as number))) break;
      times[hole] = parentTime;
      sequences[hole] = sequences[parent] as number;
      slots[hole] = slots[parent] as number;
      hole = parent;
    }
    times[hole] = time;
    sequences[hole] = sequence;
    slots[hole] = slot;
  }

  removeTop(): void {
    const last = --this.length;
    if (last > 0) this.#sink(0, last, last);
  }

  /** Keeps the entries that `isKept` says, which must be a matter of the entry alone. */
  filter(isKept: (slot: number, sequence: number) => boolean): void {
    let kept = 0;
    for (let i = 0; i < this.length; i++) {
      const slot = this.#slots[i] as number;
      const sequence = this.#sequences[i] as number;
      if (!isKept(slot, sequence)) continue;
      this.#times[kept] = this.#times[i] as number;
      this.#sequences[kept] = sequence;
      this.#slots[kept] = slot;
      kept++;
    }
    this.length = kept;
    for (let i = (kept >> 1) - 1; i >= 0; i--) this.#sink(i, i, kept);
  }

  /** Entries in no particular order. */
  forEach(visit: (slot: number, sequence: number) => void): void {
    for (let i = 0; i < this.length; i++) visit(this.#slots[i] as number, this.#sequences[i] as number);
  }

  /** Puts the entry that stands at `from` where it belongs below `hole`, in a heap of `length`. */
  #sink(start: number, from: number, length: number): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const slots = this.#slots;
    const time = times[from] as number;
    const sequence = sequences[from] as number;
    const slot = slots[from] as number;
    const firstLeaf = length >> 1;
    let hole = start;
    while (hole < firstLeaf) {
      let child = (hole << 1) + 1;
      let childTime = times[child] as number;
      const right = child + 1;
      if (right < length) {
        const rightTime = times[right] as number;
        // Which child is earlier cannot be predicted, so it is computed; that both are equal is rare.
        child += +(rightTime < childTime);
        if (rightTime === childTime) child += +((sequences[right] as number) < (sequences[child] as number));
        childTime = times[child] as number;
      }
      if (childTime > time || (childTime === time && (sequences[child] as number) > sequence)) break;
      times[hole] = childTime;
      sequences[hole] = sequences[child] as number;
      slots[hole] = slots[child] as number;
      hole = child;
    }
    times[hole] = time;
    sequences[hole] = sequence;
    slots[hole] = slot;
  }

  #grow(): void {
    this.#times = widen(this.#times, new Float64Array(this.length * 2));
    this.#sequences = widen(this.#sequences, new Float64Array(this.length * 2));
    this.#slots = widen(this.#slots, new Int32Array(this.length * 2));
  }
}
