/**
 * A scheduling policy of your own: the job with the fewest GPU-seconds first, later ones may pass those that do not fit.
 *
 *   regatta cluster --jobs jobs.csv --nodes 16 --policy fifo,examples/my-scheduling-policy/smallest-first.ts
 *   regatta check --policy examples/my-scheduling-policy/smallest-first.ts
 */
import type { Decision, SchedulingPolicy } from '@regatta/sim-core';

const smallestFirst: SchedulingPolicy = {
  name: 'smallest-first',
  // It asks the trial whether a job fits, so it knows about nodes.
  reasonsIn: 'nodes',
  // What it promises, and `check` therefore tests: no waiting job fits after a pass.
  claims: { workConserving: true },
  // The order in which `view.queue` hands out jobs.
  queueKey: (job) => job.gpus * job.spec.estimateSeconds,
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
  explain: (view, job) => (job.gpus > view.freeGpus ? `needs ${job.gpus} GPUs, ${view.freeGpus} are free` : undefined),
};

export default smallestFirst;
