/** Positions stay below this, so that they are whole numbers of 32 bits. */
const lastPosition = 2 ** 30;
/** Up to so many buckets stay in a processor's cache: a few events get more of them each, to be alone in their bucket. */
const cachedBuckets = 0x10000;

/**
 * Buckets of equal width over a window of time that moves on. A time is at position (time - origin) * bucketsPerSecond, in the
 * bucket of that number modulo their count. Positions below `next` have had their turn; the ring holds those from there to
 * `limit`. Without a width every finite time is at position 0, which has had its turn.
 */
export class BucketRing {
  origin = 0;
  bucketsPerSecond = 0;
  next = 1;
  limit = 1;
  /** Where the window moves on: half a ring before the limit. */
  #stop = 1;
  /** First slot of each bucket plus one; 0 when it is empty. */
  #heads = new Int32Array(64);
  /** A bit for each bucket that isn't empty. */
  #bits = new Int32Array(2);

  get buckets(): number {
    return this.#heads.length;
  }

  get hasWidth(): boolean {
    return this.bucketsPerSecond > 0;
  }

  bucketAt(position: number): number {
    return (position | 0) & (this.#heads.length - 1);
  }

  /** First slot of a bucket, -1 when it is empty. */
  first(bucket: number): number {
    return (this.#heads[bucket] as number) - 1;
  }

  setFirst(bucket: number, slot: number): void {
    this.#heads[bucket] = slot + 1;
    const bits = this.#bits;
    const bit = 1 << bucket;
    const held = bits[bucket >> 5] as number;
    bits[bucket >> 5] = slot < 0 ? held & ~bit : held | bit;
  }

  /** Takes the next bucket that is not empty and returns its first slot; -1 when the window must move on first. */
  takeNext(): number {
    const bits = this.#bits;
    const mask = bits.length - 1;
    // Bits below `next` are clear, and the stop is at the beginning of a word.
    const end = this.#stop >> 5;
    let word = this.next >> 5;
    while (word < end && bits[word & mask] === 0) word++;
    if (word >= end) return -1;
    const held = bits[word & mask] as number;
    const position = (word << 5) + 31 - Math.clz32(held & -held);
    bits[word & mask] = held & (held - 1);
    this.next = position + 1;
    const bucket = position & (this.#heads.length - 1);
    const slot = (this.#heads[bucket] as number) - 1;
    this.#heads[bucket] = 0;
    return slot;
  }

  /** Hands over the first slot of each bucket and is empty then, without width. */
  empty(visit: (slot: number) => void): void {
    for (let word = 0; word < this.#bits.length; word++) {
      for (let held = this.#bits[word] as number; held !== 0; held &= held - 1) {
        const bucket = (word << 5) + 31 - Math.clz32(held & -held);
        const slot = this.first(bucket);
        this.#heads[bucket] = 0;
        visit(slot);
      }
      this.#bits[word] = 0;
    }
    this.origin = 0;
    this.bucketsPerSecond = 0;
    this.next = 1;
    this.limit = 1;
    this.#stop = 1;
  }

  /** Lets the window begin half a ring later, all buckets before that being empty; false when positions would grow too large. */
  moveOn(): boolean {
    if (this.limit > lastPosition) return false;
    const half = this.#heads.length >> 1;
    this.next = this.#stop;
    this.#stop += half;
    this.limit += half;
    return true;
  }

  /**
   * Spans twice the time from `earliest` to `latest`, with buckets for `events` of them; all buckets must be empty. Stays
   * without width when the times are one, or so close or far apart that the numbers give out.
   */
  span(earliest: number, latest: number, events: number): void {
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(8 * events, Math.min(32 * events, cachedBuckets))));
    const bucketsPerSecond = buckets / (2 * (latest - earliest));
    if (!(bucketsPerSecond > 0 && bucketsPerSecond < Number.POSITIVE_INFINITY)) return;
    this.origin = earliest;
    this.bucketsPerSecond = bucketsPerSecond;
    this.next = 0;
    this.limit = buckets;
    this.#stop = buckets >> 1;
    if (buckets === this.#heads.length) return;
    this.#heads = new Int32Array(buckets);
    this.#bits = new Int32Array(buckets >> 5);
  }
}
