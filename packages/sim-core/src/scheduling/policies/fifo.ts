import type { ClusterView, Decision, SchedulingPolicy } from '../policy.js';

/** Strict first in, first out: a head that does not fit blocks everyone behind it. */
export const fifo: SchedulingPolicy = {
  name: 'fifo',
  reasonsIn: 'nodes',
  claims: { fifoOrder: true },
  decide: startUntilBlocked,
};

/** Starts jobs in the queue's order until one does not fit. */
export function startUntilBlocked(view: ClusterView): Decision[] {
  const decisions: Decision[] = [];
  const trial = view.trial();
  for (let job = view.queue.first(); job !== undefined && trial.take(job); job = view.queue.next(job)) {
    decisions.push({ kind: 'start', job: job.id });
  }
  return decisions;
}
