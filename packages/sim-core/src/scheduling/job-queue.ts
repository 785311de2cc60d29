import type { OrderForest } from './order-forest.js';
import type { JobQueue, JobView, QueueLimits } from './policy.js';

/** Queue of jobs bucketed by GPUs wanted: a tree in order of the key for each distinct number of GPUs. */
export class BucketQueue implements JobQueue {
  size = 0;
  readonly #forest: OrderForest;
  readonly #jobs: readonly JobView[];
  readonly #roots = new Map<number, number>();
  #sizes: number[] = [];

  /** @param jobs Views by rank: the rank of a job is its number in the forest. */
  constructor(forest: OrderForest, jobs: readonly JobView[]) {
    this.#forest = forest;
    this.#jobs = jobs;
  }

  add(rank: number, gpus: number, key: number, estimateSeconds: number): void {
    const root = this.#roots.get(gpus);
    if (root === undefined) {
      const at = this.#sizes.findIndex((size) => size > gpus);
      this.#sizes.splice(at < 0 ? this.#sizes.length : at, 0, gpus);
    }
    this.#roots.set(gpus, this.#forest.insert(root ?? -1, rank, key, estimateSeconds));
    this.size++;
  }

  remove(rank: number, gpus: number): void {
    const root = this.#forest.remove(this.#roots.get(gpus) ?? -1, rank);
    if (root >= 0) this.#roots.set(gpus, root);
    else {
      this.#roots.delete(gpus);
      this.#sizes = this.#sizes.filter((size) => size !== gpus);
    }
    this.size--;
  }

  first(limits?: QueueLimits): JobView | undefined {
    return this.#search(Number.NEGATIVE_INFINITY, -1, limits);
  }

  next(after: JobView, limits?: QueueLimits): JobView | undefined {
    return this.#search(after.queueKey, after.rank, limits);
  }

  *[Symbol.iterator](): Iterator<JobView> {
    for (let job = this.first(); job !== undefined; job = this.next(job)) yield job;
  }

  #search(key: number, rank: number, limits?: QueueLimits): JobView | undefined {
    const maxGpus = limits?.maxGpus ?? Number.POSITIVE_INFINITY;
    const maxEstimate = limits?.maxEstimateSeconds ?? Number.POSITIVE_INFINITY;
    let best = -1;
    let bestKey = 0;
    for (const size of this.#sizes) {
      if (size > maxGpus) break;
      const found = this.#forest.firstAfter(this.#roots.get(size) ?? -1, key, rank, maxEstimate);
      if (found < 0) continue;
      const foundKey = this.#forest.keyOf(found);
      if (best < 0 || foundKey < bestKey || (foundKey === bestKey && found < best)) {
        best = found;
        bestKey = foundKey;
      }
    }
    return best < 0 ? undefined : this.#jobs[best];
  }
}
