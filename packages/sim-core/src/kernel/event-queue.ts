import { BucketRing } from './bucket-ring.js';
import { EventHeap } from './event-heap.js';
import { FarEvents } from './far-events.js';
import { widen } from './widen.js';

/** Slots that an event id can name at one time; an id is generation * slotSpan + slot. */
const slotSpan = 0x4000000;
const generationMask = 0x7ffffff;

// A slot's four links. `next` is another slot of its bucket or of the free ones, or its index among the far events.
const next = 0;
const previous = 1;
const payloadOf = 2;
const generationOf = 3;

// What `previous` says of a slot that follows no other; below 0 and above these, -1 - bucket for the first of a bucket.
const isFree = -0x80000000;
const isNear = -0x7fffffff;
const isFar = -0x7ffffffe;

/** So few events are kept in the heap alone. */
const fewEvents = 48;

/**
 * Pending events in order of time, then of scheduling. Three stores, each later than the one before: a heap of the near
 * events, a ring of buckets over the window of time that follows, and an unordered list of the far ones. A bucket joins the
 * heap when its turn comes, or is fired from where it is when it holds one event. An event so costs a constant time however
 * many are pending: the calendar queue of Brown (1988), with the width of its buckets from a sample as in the ladder queue
 * of Tang, Goh and Thng (2005), and a heap where those sort, so that no distribution of times costs more than a heap would.
 */
export class EventQueue {
  /** Time of the event that `pop` returned last. */
  poppedTime = 0;
  #poppedSlot = -1;
  #poppedGeneration = 0;
  #live = 0;
  #sequence = 0;
  #slots = 0;
  #firstFree = -1;
  /** Time and sequence number of each slot; sequence -1 when it is free. */
  #keys: Float64Array;
  /** The four links of each slot. */
  #links: Int32Array;
  readonly #near = new EventHeap();
  /** Entries of the heap whose sequence number is no longer their slot's. */
  #stale = 0;
  #nearLimit = fewEvents;
  readonly #ring = new BucketRing();
  readonly #far: FarEvents;
  #liveAtLayout = 0;
  #sequenceAtStop = 0;

  /** @param initialCapacity Events to make room for at once. */
  constructor(initialCapacity = 64) {
    const capacity = Math.max(4, Math.ceil(initialCapacity));
    this.#keys = new Float64Array(2 * capacity);
    this.#links = new Int32Array(4 * capacity);
    this.#far = new FarEvents(capacity);
  }

  /** Events that are pending. */
  get size(): number {
    return this.#live;
  }

  /** Id of the event that `pop` returned last; -1 before. */
  get poppedId(): number {
    return this.#poppedSlot < 0 ? -1 : this.#poppedGeneration * slotSpan + this.#poppedSlot;
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
    this.#schedule(slot, time);
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
    this.#schedule(slot, time);
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
    for (;;) {
      let slot: number;
      if (near.length === 0) {
        slot = this.#ring.takeNext();
        if (slot < 0 || (this.#links[4 * slot + next] as number) >= 0) {
          if (slot >= 0) this.#bringNear(slot);
          else if (!this.#refill()) return -1;
          continue;
        }
      } else {
        slot = near.topSlot;
        const sequence = near.topSequence;
        near.removeTop();
        if (this.#keys[2 * slot + 1] !== sequence) {
          this.#stale--;
          continue;
        }
      }
      this.poppedTime = this.#keys[2 * slot] as number;
      this.#poppedSlot = slot;
      this.#poppedGeneration = this.#links[4 * slot + generationOf] as number;
      this.#free(slot);
      return this.#links[4 * slot + payloadOf] as number;
    }
  }

  /** Takes out all events; their ids count as cancelled. */
  clear(): void {
    for (let slot = 0; slot < this.#slots; slot++) {
      if (this.#links[4 * slot + previous] !== isFree) this.#free(slot);
    }
    this.#near.length = 0;
    this.#stale = 0;
    this.#nearLimit = fewEvents;
    this.#ring.empty(() => undefined);
    this.#far.clear();
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

  /** Gives a slot its time and the next sequence number, and stores it. */
  #schedule(slot: number, time: number): void {
    this.#keys[2 * slot] = time;
    this.#keys[2 * slot + 1] = this.#sequence++;
    this.#store(slot, time);
    if (this.#near.length > this.#nearLimit) this.#layOutAgain();
  }

  #store(slot: number, time: number): void {
    const links = this.#links;
    const ring = this.#ring;
    // Rounding doesn't matter here: what counts is that a later time never gets a smaller position.
    const position = (time - ring.origin) * ring.bucketsPerSecond;
    if (!(position < ring.limit)) {
      links[4 * slot + next] = this.#far.add(slot, time);
      links[4 * slot + previous] = isFar;
    } else if (position >= ring.next) {
      const bucket = ring.bucketAt(position);
      const second = ring.first(bucket);
      ring.setFirst(bucket, slot);
      links[4 * slot + next] = second;
      links[4 * slot + previous] = -1 - bucket;
      if (second >= 0) links[4 * second + previous] = slot;
    } else this.#addNear(slot, time);
  }

  #addNear(slot: number, time: number): void {
    this.#links[4 * slot + previous] = isNear;
    this.#near.push(time, this.#keys[2 * slot + 1] as number, slot);
  }

  /** Takes a slot out of its store; in the heap its entry stays behind as a stale one. */
  #takeOut(slot: number): void {
    const links = this.#links;
    const before = links[4 * slot + previous] as number;
    const after = links[4 * slot + next] as number;
    if (before === isNear) this.#stale++;
    else if (before === isFar) links[4 * this.#far.removeAt(after) + next] = after;
    else {
      if (before >= 0) links[4 * before + next] = after;
      else this.#ring.setFirst(-1 - before, after);
      if (after >= 0) links[4 * after + previous] = before;
    }
  }

  #dropGarbage(): void {
    if (this.#stale < fewEvents || 2 * this.#stale < this.#near.length) return;
    this.#near.filter((slot, sequence) => this.#keys[2 * slot + 1] === sequence);
    this.#stale = 0;
  }

  /** Moves a bucket that begins with this slot into the heap. */
  #bringNear(first: number): void {
    for (let slot = first; slot >= 0; slot = this.#links[4 * slot + next] as number) {
      this.#addNear(slot, this.#keys[2 * slot] as number);
    }
    this.#setNearLimit();
  }

  /** Brings the next events into the empty heap; false when there are none. */
  #refill(): boolean {
    while (this.#near.length === 0 && this.#live > 0) {
      const first = this.#ring.takeNext();
      if (first >= 0) this.#bringNear(first);
      else this.#moveOn();
    }
    return this.#live > 0;
  }

  /** Only after so many more events in the heap is it worth its while to lay all out again. */
  #setNearLimit(): void {
    this.#nearLimit = fewEvents + 2 * this.#near.length + (this.#live >> 2);
  }

  /** Moves the window on, or lays all out again where its buckets are too wide or too narrow by now. */
  #moveOn(): void {
    const ring = this.#ring;
    const placed = this.#sequence - this.#sequenceAtStop;
    const fits = 2 * placed >= this.#live && placed <= 2 * ring.buckets && this.#live <= 2 * this.#liveAtLayout;
    if (!(ring.hasWidth && fits && ring.moveOn())) {
      this.#layOutAgain();
      return;
    }
    this.#sequenceAtStop = this.#sequence;
    if ((this.#far.earliest - ring.origin) * ring.bucketsPerSecond < ring.limit) this.#storeFarAgain();
  }

  /** Stores each far event where it belongs now. */
  #storeFarAgain(): void {
    const count = this.#far.length;
    this.#far.clear();
    for (let i = 0; i < count; i++) this.#store(this.#far.slotAt(i), this.#far.timeAt(i));
  }

  /** Makes all events far ones and lays them out for as many as there are now: on the ring, or few or equal ones in the heap. */
  #layOutAgain(): void {
    const far = this.#far;
    const links = this.#links;
    this.#ring.empty((first) => {
      for (let slot = first; slot >= 0; slot = links[4 * slot + next] as number)
        far.add(slot, this.#keys[2 * slot] as number);
    });
    this.#near.forEach((slot, sequence) => {
      if (this.#keys[2 * slot + 1] === sequence) far.add(slot, this.#keys[2 * slot] as number);
    });
    this.#near.length = 0;
    this.#stale = 0;
    this.#liveAtLayout = this.#live;
    this.#sequenceAtStop = this.#sequence;
    if (far.length > fewEvents) this.#ring.span(far.earliest, far.sampledLatest(), far.length);
    if (far.earliest < Number.POSITIVE_INFINITY) this.#storeFarAgain();
    else this.#bringForever();
    this.#setNearLimit();
  }

  /** When only events at infinity are left, it is their turn. */
  #bringForever(): void {
    for (let i = 0; i < this.#far.length; i++) this.#addNear(this.#far.slotAt(i), Number.POSITIVE_INFINITY);
    this.#far.clear();
  }
}
