import type { AllocationTrial, ClusterView, JobView } from '../policy.js';

/** A job that has its GPUs, or takes them in this pass, and the instant at which it ends by the estimate. */
export interface ExpectedEnd {
  readonly job: JobView;
  readonly gpus: number;
  readonly endSeconds: number;
}

/** Expected ends in order of time: of the running jobs and of those that this pass has started. */
export function* expectedEnds(view: ClusterView, fresh: readonly ExpectedEnd[]): Generator<ExpectedEnd> {
  const started = [...fresh].sort((a, b) => a.endSeconds - b.endSeconds || a.job.rank - b.job.rank);
  let next = 0;
  for (const job of view.running.byEstimatedEnd) {
    const endSeconds = job.estimatedEndSeconds;
    for (let at = started[next]; at !== undefined && at.endSeconds <= endSeconds; at = started[++next]) yield at;
    yield { job, gpus: job.heldGpus, endSeconds };
  }
  for (let at = started[next]; at !== undefined; at = started[++next]) yield at;
}

/** How long a job that starts now runs by its estimate. */
export function expectedSeconds(job: JobView): number {
  return job.restartSeconds + job.remainingEstimateSeconds;
}

/** The end that the estimate gives a job which starts now. */
export function freshEnd(view: ClusterView, job: JobView): ExpectedEnd {
  return { job, gpus: job.gpus, endSeconds: view.timeSeconds + expectedSeconds(job) };
}

/**
 * Shadow time of a head that cannot start now (Mu'alem and Feitelson, TPDS 2001; spec/scheduling.md B3): the first instant at
 * which it fits when all jobs end at their estimates, counting every job that ends up to that instant; Infinity when it never
 * fits. `future` is left as the free GPUs of that instant, before the head takes its own.
 */
export function shadowSeconds(head: JobView, ends: Iterable<ExpectedEnd>, future: AllocationTrial): number {
  let instant = Number.NEGATIVE_INFINITY;
  for (const end of ends) {
    if (end.endSeconds > instant) {
      if (instant > Number.NEGATIVE_INFINITY && future.fits(head)) return instant;
      instant = end.endSeconds;
    }
    future.release(end.job);
  }
  return future.fits(head) ? instant : Number.POSITIVE_INFINITY;
}
