import { EventHeap } from './event-heap.js';
import { widen } from './widen.js';

/** Slots that an event id can name at one time; an id is generation * slotSpan + slot. */
const slotSpan = 0x4000000;
const generationMask = 0x7ffffff;

// A slot's four links.
const next = 0;
const previous = 1;
const payloadOf = 2;
const generationOf = 3;

// What `previous` says of a slot that follows no other: below these, -1 - bucket for the first of a bucket.
const isFree = -0x80000000;
const isNear = -0x7fffffff;
const isFar = -0x7ffffffe;

/** So few events are kept in the heap alone. */
const fewEvents = 48;
const sampleSize = 64;

/**
 * Pending events in order of time, then of scheduling. Three stores, each later than the one before: a heap of the near
 * events, a rung of buckets of equal width, and an unordered list of the far ones. A bucket joins the heap when its turn
 * comes, and the far events are laid out as a new rung when the last one is used up, so that an event costs a constant time
 * however many are pending: the ladder queue of Tang, Goh and Thng (2005) with one rung, and a heap in place of its sorted
 * list so that no distribution of times costs more than a heap would.
 */
export class EventQueue {
  /** Time of the event that `pop` returned last. */
  poppedTime = 0;
  /** Id of the event that `pop` returned last. */
  poppedId = -1;
  #live = 0;
  #sequence = 0;
  #slots = 0;
  #firstFree = -1;
  /** Time and sequence number of each slot; sequence -1 when it is free. */
  #keys: Float64Array;
  /** The four links of each slot. */
  #links: Int32Array;

  // Near: entries are stale when their sequence number is no longer their slot's.
  readonly #near = new EventHeap();
  #stale = 0;
  #nearLimit = fewEvents + 16;

  // Rung: bucket b holds times from rungStart + b / bucketsPerSecond; those before nextBucket have joined the heap.
  #rungStart = 0;
  #bucketsPerSecond = 0;
  #nextBucket = 1;
  #bucketCount = 1;
  /** First slot of each bucket plus one; 0 when it is empty. */
  #heads = new Int32Array(64);

  // Far: what comes after `farAfter`. Infinity always does.
  #farAfter = Number.MAX_VALUE;
  #farLength = 0;
  #farTimes: Float64Array;
  #farSlots: Int32Array;
  #liveAtLayout = 0;
  readonly #sample = new Float64Array(sampleSize);

  /** @param initialCapacity Events to make room for at once. */
  constructor(initialCapacity = 64) {
    const capacity = Math.max(4, Math.ceil(initialCapacity));
    this.#keys = new Float64Array(2 * capacity);
    this.#links = new Int32Array(4 * capacity);
    this.#farTimes = new Float64Array(capacity);
    this.#farSlots = new Int32Array(capacity);
  }

  /** Events that are pending. */
  get size(): number {
    return this.#live;
  }

  /**
   * Schedules an event and returns its id. Events at the same time come in the order of their scheduling.
   * @param time Seconds; Infinity comes after every number.
   * @param payload An int32 of the caller's.
   * @throws RangeError when `time` is NaN or negative infinity.
   */
  push(time: number, payload: number): number {
    if (!(time > Number.NEGATIVE_INFINITY)) throw new RangeError(`EventQueue.push: time is ${time}`);
    let slot = this.#firstFree;
    if (slot >= 0) this.#firstFree = this.#links[4 * slot + next] as number;
    else slot = this.#newSlot();
    this.#links[4 * slot + payloadOf] = payload;
    this.#live++;
    this.#place(slot, time);
    return (this.#links[4 * slot + generationOf] as number) * slotSpan + slot;
  }

  /** Takes a pending event out; false when it has fired or was cancelled before. */
  cancel(id: number): boolean {
    const slot = this.#slotOf(id);
    if (slot < 0) return false;
    this.#takeOut(slot);
    this.#free(slot);
    this.#dropGarbage();
    return true;
  }

  /**
   * Moves a pending event to another time, behind the events already scheduled there; false when it is not pending.
   * @throws RangeError when `time` is NaN or negative infinity.
   */
  reschedule(id: number, time: number): boolean {
    if (!(time > Number.NEGATIVE_INFINITY)) throw new RangeError(`EventQueue.reschedule: time is ${time}`);
    const slot = this.#slotOf(id);
    if (slot < 0) return false;
    this.#takeOut(slot);
    this.#place(slot, time);
    this.#dropGarbage();
    return true;
  }

  /** Time of the next event, Infinity when there is none. */
  peekTime(): number {
    const near = this.#near;
    while (near.length > 0 || this.#refill()) {
      if (this.#keys[2 * near.topSlot + 1] === near.topSequence) return near.topTime;
      near.removeTop();
      this.#stale--;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Takes out the next event and returns its payload, -1 when there is none (`size` tells, should -1 be a payload). */
  pop(): number {
    const near = this.#near;
    while (near.length > 0 || this.#refill()) {
      const slot = near.topSlot;
      const sequence = near.topSequence;
      const time = near.topTime;
      near.removeTop();
      if (this.#keys[2 * slot + 1] === sequence) {
        const at = 4 * slot;
        this.poppedTime = time;
        this.poppedId = (this.#links[at + generationOf] as number) * slotSpan + slot;
        this.#free(slot);
        return this.#links[at + payloadOf] as number;
      }
      this.#stale--;
    }
    return -1;
  }

  /** Takes out all events; their ids count as cancelled. */
  clear(): void {
    for (let slot = 0; slot < this.#slots; slot++) {
      if (this.#links[4 * slot + previous] !== isFree) this.#free(slot);
    }
    this.#near.length = 0;
    this.#stale = 0;
    this.#heads.fill(0);
    this.#farLength = 0;
    this.#useHeapAlone();
  }

  #newSlot(): number {
    const slot = this.#slots++;
    if (4 * slot === this.#links.length) {
      this.#keys = widen(this.#keys, new Float64Array(4 * slot));
      this.#links = widen(this.#links, new Int32Array(8 * slot));
    }
    return slot;
  }

  #slotOf(id: number): number {
    const slot = id % slotSpan;
    if (!(id >= 0 && slot < this.#slots)) return -1;
    const at = 4 * slot;
    const same = this.#links[at + generationOf] === Math.floor(id / slotSpan);
    return same && this.#links[at + previous] !== isFree ? slot : -1;
  }

  #free(slot: number): void {
    const links = this.#links;
    const at = 4 * slot;
    this.#keys[2 * slot + 1] = -1;
    links[at + next] = this.#firstFree;
    links[at + previous] = isFree;
    links[at + generationOf] = ((links[at + generationOf] as number) + 1) & generationMask;
    this.#firstFree = slot;
    this.#live--;
  }

  /** Gives a slot its time and the next sequence number, and puts it where it belongs. */
  #place(slot: number, time: number): void {
    const sequence = this.#sequence++;
    this.#keys[2 * slot] = time;
    this.#keys[2 * slot + 1] = sequence;
    if (time > this.#farAfter) {
      this.#addFar(slot, time);
      return;
    }
    // Rounding doesn't matter here: what counts is that a later time never gets a smaller position.
    const position = (time - this.#rungStart) * this.#bucketsPerSecond;
    if (position >= this.#nextBucket) {
      this.#addToBucket(slot, position);
      return;
    }
    this.#links[4 * slot + previous] = isNear;
    this.#near.push(time, sequence, slot);
    if (this.#near.length > this.#nearLimit) this.#layOutAgain();
  }

  #addToBucket(slot: number, position: number): void {
    const links = this.#links;
    const bucket = position < this.#bucketCount ? position | 0 : this.#bucketCount - 1;
    const second = (this.#heads[bucket] as number) - 1;
    this.#heads[bucket] = slot + 1;
    links[4 * slot + next] = second;
    links[4 * slot + previous] = -1 - bucket;
    if (second >= 0) links[4 * second + previous] = slot;
  }

  #addFar(slot: number, time: number): void {
    const index = this.#farLength++;
    if (index === this.#farSlots.length) {
      this.#farTimes = widen(this.#farTimes, new Float64Array(2 * index));
      this.#farSlots = widen(this.#farSlots, new Int32Array(2 * index));
    }
    this.#farTimes[index] = time;
    this.#farSlots[index] = slot;
    this.#links[4 * slot + next] = index;
    this.#links[4 * slot + previous] = isFar;
  }

  /** Takes a slot out of its store; in the heap its entry stays behind as a stale one. */
  #takeOut(slot: number): void {
    const links = this.#links;
    const before = links[4 * slot + previous] as number;
    const after = links[4 * slot + next] as number;
    if (before === isNear) {
      this.#stale++;
    } else if (before === isFar) {
      const last = --this.#farLength;
      const moved = this.#farSlots[last] as number;
      this.#farTimes[after] = this.#farTimes[last] as number;
      this.#farSlots[after] = moved;
      links[4 * moved + next] = after;
    } else {
      if (before >= 0) links[4 * before + next] = after;
      else this.#heads[-1 - before] = after + 1;
      if (after >= 0) links[4 * after + previous] = before;
    }
  }

  #dropGarbage(): void {
    if (this.#stale < fewEvents || 2 * this.#stale < this.#near.length) return;
    this.#near.filter((slot, sequence) => this.#keys[2 * slot + 1] === sequence);
    this.#stale = 0;
  }

  /** Brings the next events into the empty heap; false when there are none. */
  #refill(): boolean {
    if (this.#live === 0) return false;
    // A rung that was laid out for far fewer events has buckets that are too wide.
    if (this.#live > 2 * this.#liveAtLayout + fewEvents) this.#layOutAgain();
    const near = this.#near;
    while (near.length === 0) {
      if (this.#nextBucket === this.#bucketCount) {
        this.#layOut();
        continue;
      }
      let slot = (this.#heads[this.#nextBucket] as number) - 1;
      this.#heads[this.#nextBucket++] = 0;
      while (slot >= 0) {
        near.push(this.#keys[2 * slot] as number, this.#keys[2 * slot + 1] as number, slot);
        this.#links[4 * slot + previous] = isNear;
        slot = this.#links[4 * slot + next] as number;
      }
    }
    this.#setNearLimit();
    return true;
  }

  /** Only after so many more events in the heap is it worth its while to lay all out again. */
  #setNearLimit(): void {
    this.#nearLimit = fewEvents + 16 + 2 * this.#near.length + (this.#live >> 2);
  }

  #useHeapAlone(): void {
    this.#rungStart = 0;
    this.#bucketsPerSecond = 0;
    this.#nextBucket = 1;
    this.#bucketCount = 1;
    this.#farAfter = Number.MAX_VALUE;
  }

  /** Puts the far events on a new rung, up to about the ninth tenth of them; a few, or many at one time, go to the heap. */
  #layOut(): void {
    const count = this.#farLength;
    let earliest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) earliest = Math.min(earliest, this.#farTimes[i] as number);
    this.#useHeapAlone();
    this.#liveAtLayout = this.#live;
    if (earliest === Number.POSITIVE_INFINITY) this.#farAfter = earliest;
    else if (count > fewEvents) this.#makeRung(earliest, this.#sampledLatest(earliest), count);
    const latest = this.#farAfter;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const time = this.#farTimes[i] as number;
      const slot = this.#farSlots[i] as number;
      if (time <= latest) {
        this.#placeFromFar(slot, time);
        continue;
      }
      this.#farTimes[kept] = time;
      this.#farSlots[kept] = slot;
      this.#links[4 * slot + next] = kept++;
    }
    this.#farLength = kept;
    if (latest === Number.POSITIVE_INFINITY) this.#farAfter = Number.MAX_VALUE;
    this.#setNearLimit();
  }

  #placeFromFar(slot: number, time: number): void {
    const position = (time - this.#rungStart) * this.#bucketsPerSecond;
    if (position >= this.#nextBucket) {
      this.#addToBucket(slot, position);
      return;
    }
    this.#links[4 * slot + previous] = isNear;
    this.#near.push(time, this.#keys[2 * slot + 1] as number, slot);
  }

  #makeRung(earliest: number, latest: number, buckets: number): void {
    this.#farAfter = latest;
    const bucketsPerSecond = buckets / (latest - earliest);
    // With all at one time, or so close or far apart that the numbers give out, the heap does it alone.
    if (!(bucketsPerSecond > 0 && bucketsPerSecond < Number.POSITIVE_INFINITY)) return;
    this.#rungStart = earliest;
    this.#bucketsPerSecond = bucketsPerSecond;
    this.#nextBucket = 0;
    this.#bucketCount = buckets;
    if (buckets > this.#heads.length) this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(buckets)));
  }

  /** About nine tenths of the far events come up to this time; a finite one. */
  #sampledLatest(earliest: number): number {
    const stride = this.#farLength / sampleSize;
    for (let i = 0; i < sampleSize; i++) this.#sample[i] = this.#farTimes[Math.floor(i * stride)] as number;
    this.#sample.sort();
    let rank = Math.floor(0.9 * sampleSize);
    while (rank > 0 && this.#sample[rank] === Number.POSITIVE_INFINITY) rank--;
    const latest = this.#sample[rank] as number;
    return latest === Number.POSITIVE_INFINITY ? earliest : latest;
  }

  /** Makes all events far ones and lays them out for as many as there are now. */
  #layOutAgain(): void {
    for (let bucket = this.#nextBucket; bucket < this.#bucketCount; bucket++) {
      let slot = (this.#heads[bucket] as number) - 1;
      this.#heads[bucket] = 0;
      while (slot >= 0) {
        const after = this.#links[4 * slot + next] as number;
        this.#addFar(slot, this.#keys[2 * slot] as number);
        slot = after;
      }
    }
    this.#near.forEach((slot, sequence) => {
      if (this.#keys[2 * slot + 1] === sequence) this.#addFar(slot, this.#keys[2 * slot] as number);
    });
    this.#near.length = 0;
    this.#stale = 0;
    this.#layOut();
  }
}
