import type { ClusterView, JobView, QueueLimits } from '../policy.js';

/**
 * The queue as it will be once the preemptions of this pass are carried out: waiting jobs in their order, with preempted ones
 * in between. Jobs are handed out once, each behind the one before.
 */
export class WaitingLine {
  readonly #view: ClusterView;
  readonly #keyOf: (job: JobView) => number;
  readonly #returned: JobView[] = [];
  #last: JobView | undefined;
  #lastKey = Number.NEGATIVE_INFINITY;
  #lastRank = -1;

  /** @param keyOf Key under which a preempted job will stand; that of a waiting job is its queue key. */
  constructor(view: ClusterView, keyOf: (job: JobView) => number) {
    this.#view = view;
    this.#keyOf = keyOf;
  }

  /** A preempted job joins the line. */
  add(job: JobView): void {
    this.#returned.push(job);
  }

  /** Next job in the line within the limits; undefined at its end. */
  next(limits: QueueLimits = {}): JobView | undefined {
    const { maxGpus = Number.POSITIVE_INFINITY } = limits;
    const queued =
      this.#last === undefined ? this.#view.queue.first(limits) : this.#view.queue.next(this.#last, limits);
    let best = queued;
    let bestKey = queued?.queueKey ?? Number.POSITIVE_INFINITY;
    for (const job of this.#returned) {
      const key = this.#keyOf(job);
      if (job.gpus > maxGpus || key < this.#lastKey || (key === this.#lastKey && job.rank <= this.#lastRank)) continue;
      if (best === undefined || key < bestKey || (key === bestKey && job.rank < best.rank)) {
        best = job;
        bestKey = key;
      }
    }
    if (best === undefined) return undefined;
    this.#lastKey = bestKey;
    this.#lastRank = best.rank;
    if (best === queued) this.#last = best;
    return best;
  }
}
