/** Slots that an event id can name at one time. */
const slotSpan = 0x4000000;

/**
 * Pending events in order of time, then of scheduling: a 4-ary heap on typed arrays with sift by hole. Cancelled and moved
 * entries stay in the heap until they surface or outnumber the live ones, so `cancel` is O(1) and garbage is bounded.
 */
export class EventQueue {
  /** Time of the event that `pop` returned last. */
  poppedTime = 0;
  /** Id of the event that `pop` returned last. */
  poppedId = -1;
  #length = 0;
  #live = 0;
  #sequence = 0;
  #slots = 0;
  #freeHead = -1;
  // Heap entries: an entry is stale when its sequence number is no longer its slot's.
  #times: Float64Array;
  #sequences: Float64Array;
  #entries: Int32Array;
  // Slots.
  #slotSequence: Float64Array;
  #slotPayload: Int32Array;
  #slotGeneration: Int32Array;
  #nextFree: Int32Array;

  constructor(initialCapacity = 64) {
    const capacity = Math.max(4, initialCapacity);
    this.#times = new Float64Array(capacity);
    this.#sequences = new Float64Array(capacity);
    this.#entries = new Int32Array(capacity);
    this.#slotSequence = new Float64Array(capacity).fill(-1);
    this.#slotPayload = new Int32Array(capacity);
    this.#slotGeneration = new Int32Array(capacity);
    this.#nextFree = new Int32Array(capacity);
  }

  /** Events that are pending. */
  get size(): number {
    return this.#live;
  }

  /**
   * Schedules an event and returns its id. Events at the same time run in the order of their scheduling.
   * @param payload An int32 of the caller's.
   * @throws RangeError when `time` is NaN or negative infinity.
   */
  push(time: number, payload: number): number {
    if (!(time > Number.NEGATIVE_INFINITY)) throw new RangeError(`EventQueue.push: time is ${time}`);
    let slot = this.#freeHead;
    if (slot >= 0) this.#freeHead = this.#nextFree[slot] as number;
    else {
      slot = this.#slots++;
      if (slot === this.#slotPayload.length) this.#growSlots();
    }
    this.#slotPayload[slot] = payload;
    this.#live++;
    this.#insert(time, slot);
    return (this.#slotGeneration[slot] as number) * slotSpan + slot;
  }

  /** Takes a pending event out; false when it has fired or was cancelled before. */
  cancel(id: number): boolean {
    const slot = this.#slotOf(id);
    if (slot < 0) return false;
    this.#free(slot);
    this.#live--;
    this.#collectGarbage();
    return true;
  }

  /** Moves a pending event to another time, behind the events already scheduled there; false when it is not pending. */
  reschedule(id: number, time: number): boolean {
    if (!(time > Number.NEGATIVE_INFINITY)) throw new RangeError(`EventQueue.reschedule: time is ${time}`);
    const slot = this.#slotOf(id);
    if (slot < 0) return false;
    this.#insert(time, slot);
    this.#collectGarbage();
    return true;
  }

  /** Time of the next event, Infinity when there is none. */
  peekTime(): number {
    this.#dropStale();
    return this.#length === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number);
  }

  /** Takes out the next event and returns its payload, -1 when there is none. */
  pop(): number {
    this.#dropStale();
    if (this.#length === 0) return -1;
    const slot = this.#entries[0] as number;
    this.poppedTime = this.#times[0] as number;
    this.poppedId = (this.#slotGeneration[slot] as number) * slotSpan + slot;
    const payload = this.#slotPayload[slot] as number;
    this.#free(slot);
    this.#live--;
    this.#removeTop();
    return payload;
  }

  clear(): void {
    for (let slot = 0; slot < this.#slots; slot++) if ((this.#slotSequence[slot] as number) >= 0) this.#free(slot);
    this.#length = 0;
    this.#live = 0;
  }

  #slotOf(id: number): number {
    const slot = id % slotSpan;
    const known = id >= 0 && slot < this.#slots && this.#slotGeneration[slot] === Math.floor(id / slotSpan);
    return known && (this.#slotSequence[slot] as number) >= 0 ? slot : -1;
  }

  #free(slot: number): void {
    this.#slotSequence[slot] = -1;
    this.#slotGeneration[slot] = ((this.#slotGeneration[slot] as number) + 1) & 0x7ffffff;
    this.#nextFree[slot] = this.#freeHead;
    this.#freeHead = slot;
  }

  #insert(time: number, slot: number): void {
    const sequence = this.#sequence++;
    this.#slotSequence[slot] = sequence;
    if (this.#length === this.#entries.length) this.#growHeap();
    const times = this.#times;
    const sequences = this.#sequences;
    const entries = this.#entries;
    let hole = this.#length++;
    // A new entry has the greatest sequence number, so it only passes parents that are strictly later.
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      const parentTime = times[parent] as number;
      if (time >= parentTime) break;
      times[hole] = parentTime;
      sequences[hole] = sequences[parent] as number;
      entries[hole] = entries[parent] as number;
      hole = parent;
    }
    times[hole] = time;
    sequences[hole] = sequence;
    entries[hole] = slot;
  }

  #removeTop(): void {
    const last = --this.#length;
    if (last > 0)
      this.#sink(0, this.#times[last] as number, this.#sequences[last] as number, this.#entries[last] as number);
  }

  #sink(from: number, time: number, sequence: number, slot: number): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const entries = this.#entries;
    const length = this.#length;
    let hole = from;
    for (;;) {
      const first = (hole << 2) + 1;
      if (first >= length) break;
      const end = Math.min(first + 4, length);
      let best = first;
      let bestTime = times[first] as number;
      for (let child = first + 1; child < end; child++) {
        const childTime = times[child] as number;
        if (
          childTime < bestTime ||
          (childTime === bestTime && (sequences[child] as number) < (sequences[best] as number))
        ) {
          best = child;
          bestTime = childTime;
        }
      }
      if (bestTime > time || (bestTime === time && (sequences[best] as number) > sequence)) break;
      times[hole] = bestTime;
      sequences[hole] = sequences[best] as number;
      entries[hole] = entries[best] as number;
      hole = best;
    }
    times[hole] = time;
    sequences[hole] = sequence;
    entries[hole] = slot;
  }

  #dropStale(): void {
    while (this.#length > 0 && this.#slotSequence[this.#entries[0] as number] !== this.#sequences[0]) this.#removeTop();
  }

  #collectGarbage(): void {
    if (this.#length < 64 || this.#length < 2 * this.#live) return;
    let kept = 0;
    for (let i = 0; i < this.#length; i++) {
      const slot = this.#entries[i] as number;
      if (this.#slotSequence[slot] !== this.#sequences[i]) continue;
      this.#times[kept] = this.#times[i] as number;
      this.#sequences[kept] = this.#sequences[i] as number;
      this.#entries[kept] = slot;
      kept++;
    }
    this.#length = kept;
    for (let i = (kept - 2) >> 2; i >= 0; i--) {
      this.#sink(i, this.#times[i] as number, this.#sequences[i] as number, this.#entries[i] as number);
    }
  }

  #growHeap(): void {
    this.#times = widen(this.#times, new Float64Array(this.#times.length * 2));
    this.#sequences = widen(this.#sequences, new Float64Array(this.#sequences.length * 2));
    this.#entries = widen(this.#entries, new Int32Array(this.#entries.length * 2));
  }

  #growSlots(): void {
    const length = this.#slotPayload.length * 2;
    this.#slotSequence = widen(this.#slotSequence, new Float64Array(length).fill(-1));
    this.#slotPayload = widen(this.#slotPayload, new Int32Array(length));
    this.#slotGeneration = widen(this.#slotGeneration, new Int32Array(length));
    this.#nextFree = widen(this.#nextFree, new Int32Array(length));
  }
}

function widen<T extends Float64Array | Int32Array>(narrow: T, wide: T): T {
  wide.set(narrow);
  return wide;
}
