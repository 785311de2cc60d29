/** Count, mean and variance of values that come one by one and are not kept: Welford (1962), merged as in Chan et al. (1983). */
export class RunningMoments {
  #count = 0;
  #mean = 0;
  #squares = 0;

  get count(): number {
    return this.#count;
  }

  /** NaN before the first value. */
  get mean(): number {
    return this.#count > 0 ? this.#mean : Number.NaN;
  }

  /** Sample variance (divisor n - 1); 0 for one value, NaN before the first. */
  get variance(): number {
    if (this.#count === 0) return Number.NaN;
    return this.#count > 1 ? this.#squares / (this.#count - 1) : 0;
  }

  /** Standard error of the mean of independent values; 0 for one value, NaN before the first. */
  get standardError(): number {
    return Math.sqrt(this.variance / this.#count);
  }

  add(value: number): void {
    this.#count++;
    const before = value - this.#mean;
    this.#mean += before / this.#count;
    this.#squares += before * (value - this.#mean);
  }

  /** Takes in the values that another accumulator has seen. */
  merge(other: RunningMoments): void {
    const count = this.#count + other.#count;
    if (count === 0) return;
    const apart = other.#mean - this.#mean;
    this.#squares += other.#squares + (apart * apart * this.#count * other.#count) / count;
    this.#mean += (apart * other.#count) / count;
    this.#count = count;
  }
}
