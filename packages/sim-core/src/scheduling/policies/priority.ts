import type { Decision, JobView, SchedulingPolicy } from '../policy.js';
import { isProtected } from './greedy-preemptive.js';
import { victimsFor } from './victims.js';

/**
 * Strict priority with preemption: jobs in order of priority, then submission; a job that does not fit preempts running jobs
 * of lower priority (lowest first, latest started first) if that makes room for it, and otherwise blocks those behind it.
 */
export const priority: SchedulingPolicy = {
  name: 'priority',
  reasonsIn: 'nodes',
  queueKey: (job) => -(job.spec.priority ?? 0),
  decide(view) {
    const decisions: Decision[] = [];
    const trial = view.trial();
    const importance = (job: JobView): number => job.spec.priority ?? 0;
    let lower: JobView[] | undefined;
    for (let job = view.queue.first(); job !== undefined; job = view.queue.next(job)) {
      const waiting = job;
      if (!trial.fits(waiting)) {
        lower ??= [...view.running]
          .filter((other) => !isProtected(view, other))
          .sort((a, b) => importance(a) - importance(b) || b.startSeconds - a.startSeconds || b.rank - a.rank);
        const candidates = lower.filter((other) => importance(other) < importance(waiting));
        const victims = victimsFor(waiting, candidates, trial);
        if (victims === undefined) break;
        lower = lower.filter((other) => !victims.includes(other));
        for (const victim of victims) decisions.push({ kind: 'preempt', job: victim.id, for: waiting.id });
      }
      trial.take(waiting);
      decisions.push({ kind: 'start', job: waiting.id });
    }
    return decisions;
  },
};
