/** Average over time of something that keeps its value between changes, such as the length of a queue or the GPUs in use. */
export class TimeWeightedAverage {
  readonly #startSeconds: number;
  #sinceSeconds: number;
  #value: number;
  #area = 0;
  #peak: number;

  constructor(startSeconds = 0, value = 0) {
    this.#startSeconds = startSeconds;
    this.#sinceSeconds = startSeconds;
    this.#value = value;
    this.#peak = value;
  }

  /** The value since the last change. */
  get value(): number {
    return this.#value;
  }

  /** The greatest value so far. */
  get peak(): number {
    return this.#peak;
  }

  /** The value is another from `timeSeconds` on. @throws RangeError when that lies before the last change. */
  set(timeSeconds: number, value: number): void {
    this.#area = this.areaUntil(timeSeconds);
    this.#sinceSeconds = timeSeconds;
    this.#value = value;
    this.#peak = Math.max(this.#peak, value);
  }

  /** The value changes by `difference` at `timeSeconds`. @throws RangeError when that lies before the last change. */
  add(timeSeconds: number, difference: number): void {
    this.set(timeSeconds, this.#value + difference);
  }

  /** Integral of the value from the start, in value times seconds. @throws RangeError when the time lies before the last change. */
  areaUntil(timeSeconds: number): number {
    if (!(timeSeconds >= this.#sinceSeconds)) {
      throw new RangeError(`TimeWeightedAverage: ${timeSeconds} lies before the last change (${this.#sinceSeconds})`);
    }
    return this.#area + this.#value * (timeSeconds - this.#sinceSeconds);
  }

  /** Average from the start; the value itself while no time has passed. @throws RangeError when the time lies before the last change. */
  averageUntil(timeSeconds: number): number {
    const area = this.areaUntil(timeSeconds);
    return timeSeconds > this.#startSeconds ? area / (timeSeconds - this.#startSeconds) : this.#value;
  }
}
