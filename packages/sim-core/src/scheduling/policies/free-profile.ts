/** Free GPUs over future time, piecewise constant: what the reservations of conservative backfill are cut from. */
export class FreeProfile {
  /** `#free[i]` holds from `#times[i]` to `#times[i + 1]`, the last for ever. */
  readonly #times: number[];
  readonly #free: number[];

  constructor(nowSeconds: number, freeGpus: number) {
    this.#times = [nowSeconds];
    this.#free = [freeGpus];
  }

  /** GPUs come back for good; calls must be in order of time. */
  giveBack(seconds: number, gpus: number): void {
    const last = this.#times.length - 1;
    const free = (this.#free[last] ?? 0) + gpus;
    if (this.#times[last] === seconds) this.#free[last] = free;
    else {
      this.#times.push(seconds);
      this.#free.push(free);
    }
  }

  /** Earliest instant from which `gpus` GPUs are free for `seconds`; Infinity when there is none. */
  earliest(gpus: number, seconds: number): number {
    const times = this.#times;
    for (let start = 0; start < times.length; start++) {
      if ((this.#free[start] ?? 0) < gpus) continue;
      const from = times[start] ?? 0;
      const until = from + seconds;
      let end = start + 1;
      while (end < times.length && (times[end] ?? 0) < until && (this.#free[end] ?? 0) >= gpus) end++;
      if (end >= times.length || (times[end] ?? 0) >= until) return from;
      start = end;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Takes GPUs out for `seconds` from an instant on. */
  reserve(fromSeconds: number, seconds: number, gpus: number): void {
    const first = this.#cut(fromSeconds);
    const end = this.#cut(fromSeconds + seconds);
    for (let i = first; i < end; i++) this.#free[i] = (this.#free[i] ?? 0) - gpus;
  }

  /** Index of the piece that begins at the instant, made if there is none. */
  #cut(seconds: number): number {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#times[middle] ?? 0) < seconds) low = middle + 1;
      else high = middle;
    }
    if (this.#times[low] === seconds) return low;
    this.#times.splice(low, 0, seconds);
    this.#free.splice(low, 0, this.#free[low - 1] ?? 0);
    return low;
  }
}
