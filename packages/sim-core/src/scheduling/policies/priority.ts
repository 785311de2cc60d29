import type { JobView, SchedulingPolicy } from '../policy.js';
import { isProtected } from './greedy-preemptive.js';
import { PreemptionPlan } from './preemption-plan.js';
import { victimsFor } from './victims.js';
import { WaitingLine } from './waiting-line.js';

/**
 * Strict priority with preemption: jobs in order of priority, then submission; a job that does not fit preempts running jobs
 * of lower priority (lowest first, latest started first) if that makes room for it, and otherwise blocks those behind it.
 */
export const priority: SchedulingPolicy = {
  name: 'priority',
  reasonsIn: 'nodes',
  queueKey: keyOf,
  decide(view) {
    const trial = view.trial();
    const plan = new PreemptionPlan();
    const line = new WaitingLine(view, keyOf);
    let lower: JobView[] | undefined;
    for (let job = line.next(); job !== undefined; job = line.next()) {
      const waiting = job;
      if (!trial.fits(waiting)) {
        lower ??= [...view.running]
          .filter((other) => !isProtected(view, other))
          .sort((a, b) => keyOf(b) - keyOf(a) || b.startSeconds - a.startSeconds || b.rank - a.rank);
        const candidates = lower.filter((other) => keyOf(other) > keyOf(waiting));
        const victims = victimsFor(waiting, candidates, trial);
        if (victims === undefined) break;
        lower = lower.filter((other) => !victims.includes(other));
        for (const victim of victims) {
          plan.preempt(victim, waiting);
          line.add(victim);
        }
      }
      trial.take(waiting);
      plan.start(waiting);
    }
    return plan.decisions(view);
  },
};

function keyOf(job: JobView): number {
  return -(job.spec.priority ?? 0);
}
