import type { JobState } from './job-state.js';
import type { JobView, RunningJobs } from './policy.js';

/** Running jobs, sorted by planned end at all times: adding and removing is a binary search and a shift. */
export class RunningSet implements RunningJobs {
  readonly #sorted: JobState[] = [];

  get size(): number {
    return this.#sorted.length;
  }

  /** By (planned end, rank): a job that has run over its estimate counts as ending now, and stands first. */
  get byEstimatedEnd(): readonly JobState[] {
    return this.#sorted;
  }

  [Symbol.iterator](): Iterator<JobState & JobView> {
    return this.#sorted[Symbol.iterator]();
  }

  add(job: JobState): void {
    this.#sorted.splice(this.#place(job), 0, job);
  }

  remove(job: JobState): void {
    const at = this.#place(job);
    if (this.#sorted[at] !== job) throw new Error(`RunningSet.remove: job ${job.id} does not run`);
    this.#sorted.splice(at, 1);
  }

  /** Index of the first job that is not before the given one. */
  #place(job: JobState): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#sorted[middle] as JobState;
      const before =
        other.plannedEndSeconds < job.plannedEndSeconds ||
        (other.plannedEndSeconds === job.plannedEndSeconds && other.rank < job.rank);
      if (before) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
