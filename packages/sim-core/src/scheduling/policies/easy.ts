import type { ClusterView, Decision, JobView, SchedulingPolicy } from '../policy.js';
import { type ExpectedEnd, expectedEnds, expectedSeconds, freshEnd, shadowSeconds } from './expected-ends.js';

/**
 * EASY backfill (Lifka 1995; Mu'alem and Feitelson 2001): the head that does not fit gets the earliest start that the
 * estimates allow, and later jobs may go first if they end by then or use GPUs that the head will leave over
 * (spec/scheduling.md B3). Reserves by count; a head with a scope is re-tried on the GPUs that would be free.
 */
export const easy: SchedulingPolicy = {
  name: 'easy',
  reasonsIn: 'pool',
  claims: { easyHead: true },
  decide(view) {
    const decisions: Decision[] = [];
    const trial = view.trial();
    const fresh: ExpectedEnd[] = [];
    let head = view.queue.first();
    for (; head !== undefined && trial.take(head); head = view.queue.next(head)) {
      decisions.push({ kind: 'start', job: head.id });
      fresh.push(freshEnd(view, head));
    }
    if (head === undefined || view.queue.next(head, { maxGpus: trial.freeGpus }) === undefined) return decisions;
    const future = trial.fork();
    const shadow = shadowSeconds(head, expectedEnds(view, fresh), future);
    // A head that can never start (nodes are down) reserves nothing.
    let extra = shadow === Number.POSITIVE_INFINITY ? shadow : future.freeGpus - head.gpus;
    const scoped = (head.spec.within ?? 'any') !== 'any' && head.spec.spill !== true;
    for (let job = nextCandidate(view, head); job !== undefined; job = nextCandidate(view, job)) {
      const endsInTime = view.timeSeconds + expectedSeconds(job) <= shadow;
      if (!endsInTime && (job.gpus > extra || (scoped && delays(job)))) continue;
      if (!trial.take(job)) continue;
      if (!endsInTime) extra -= job.gpus;
      fresh.push(freshEnd(view, job));
      decisions.push({ kind: 'start', job: job.id });
    }
    return decisions;

    /** Next job behind `after` that fits now and either ends by the shadow time or leaves the head its GPUs. */
    function nextCandidate(view: ClusterView, after: JobView): JobView | undefined {
      const span = shadow - view.timeSeconds;
      // A hair of slack against rounding of the difference; the exact comparison follows.
      const maxEstimateSeconds = span + 1e-12 * Math.max(1, Math.abs(shadow));
      const early = view.queue.next(after, { maxGpus: trial.freeGpus, maxEstimateSeconds });
      const spare = view.queue.next(after, { maxGpus: Math.min(trial.freeGpus, extra) });
      if (early === undefined || spare === undefined) return early ?? spare;
      return early.queueKey < spare.queueKey || (early.queueKey === spare.queueKey && early.rank < spare.rank)
        ? early
        : spare;
    }

    /** Whether the job, where it would be placed now, keeps a head with a scope from starting at the shadow time. */
    function delays(job: JobView): boolean {
      const then = trial.fork();
      if (head === undefined || !then.take(job)) return true;
      for (const end of expectedEnds(view, fresh)) if (end.endSeconds <= shadow) then.release(end.job);
      return !then.fits(head);
    }
  },
  explain(view, job) {
    const head = view.queue.first();
    if (head === undefined) return undefined;
    const seconds = shadowSeconds(head, expectedEnds(view, []), view.trial());
    const start = Number.isFinite(seconds) ? `reserved for ${seconds} s` : 'cannot start on the nodes that are up';
    if (head.id === job.id) return `head of the queue, needs ${job.gpus} GPUs, ${view.freeGpus} are free: ${start}`;
    if (job.gpus > view.freeGpus) return undefined;
    return `would delay job ${head.id}, ${start}`;
  },
};
