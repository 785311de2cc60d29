import type { Decision, SchedulingPolicy } from '../policy.js';

/** Queue order, skipping what does not fit: never leaves a waiting job that could start, may starve large ones. */
export const firstFit: SchedulingPolicy = {
  name: 'first-fit',
  reasonsIn: 'nodes',
  claims: { workConserving: true },
  decide(view) {
    const decisions: Decision[] = [];
    const trial = view.trial();
    let job = view.queue.first({ maxGpus: trial.freeGpus });
    while (job !== undefined) {
      if (trial.take(job)) decisions.push({ kind: 'start', job: job.id });
      job = view.queue.next(job, { maxGpus: trial.freeGpus });
    }
    return decisions;
  },
};
