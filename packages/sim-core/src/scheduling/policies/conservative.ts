import type { Decision, SchedulingPolicy } from '../policy.js';
import { expectedEnds, expectedSeconds } from './expected-ends.js';
import { FreeProfile } from './free-profile.js';

/**
 * Conservative backfill: every waiting job gets a reservation in queue order, and a job starts when its reservation is now.
 * All reservations are rebuilt at each pass. Reserves by count.
 */
export const conservative: SchedulingPolicy = {
  name: 'conservative',
  reasonsIn: 'pool',
  claims: { conservative: true },
  decide(view) {
    const decisions: Decision[] = [];
    const now = view.timeSeconds;
    const trial = view.trial();
    let freeNow = trial.freeGpus;
    if (view.queue.first({ maxGpus: freeNow }) === undefined) return decisions;
    const profile = new FreeProfile(now, freeNow);
    for (const end of expectedEnds(view, [])) profile.giveBack(end.endSeconds, end.gpus);
    for (let job = view.queue.first(); job !== undefined; job = view.queue.next(job)) {
      const seconds = expectedSeconds(job);
      const start = profile.earliest(job.gpus, seconds);
      if (start < Number.POSITIVE_INFINITY) profile.reserve(start, seconds, job.gpus);
      if (start === now) {
        freeNow -= job.gpus;
        if (trial.take(job)) decisions.push({ kind: 'start', job: job.id });
      }
      // Reservations only matter to jobs that could still start now.
      if (view.queue.next(job, { maxGpus: freeNow }) === undefined) break;
    }
    return decisions;
  },
};
