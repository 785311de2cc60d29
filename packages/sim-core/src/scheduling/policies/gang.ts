import type { Decision, SchedulingPolicy } from '../policy.js';

/**
 * Gang scheduling as batch systems on Kubernetes do it: by priority, then submission, each job with all its GPUs or none,
 * skipping what does not fit. So that a large gang does not starve, nothing passes a job that has waited longer than
 * `patienceSeconds`. Two gangs that each hold half of what they need (Volcano issue 3373) cannot come about.
 * @param patienceSeconds Default 6 hours.
 */
export function gang(patienceSeconds = 21_600): SchedulingPolicy {
  return {
    name: 'gang',
    reasonsIn: 'nodes',
    claims: { scaleFree: false },
    queueKey: (job) => -(job.spec.priority ?? 0),
    decide(view) {
      const decisions: Decision[] = [];
      const trial = view.trial();
      const head = view.queue.first();
      for (let job = head; job !== undefined; job = view.queue.next(job, { maxGpus: trial.freeGpus })) {
        if (trial.take(job)) decisions.push({ kind: 'start', job: job.id });
        else if (view.timeSeconds - job.spec.submitSeconds >= patienceSeconds) break;
      }
      return decisions;
    },
  };
}
