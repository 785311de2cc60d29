import type { AllocationTrial, JobView } from '../policy.js';

/**
 * Running jobs to preempt so that `job` fits, chosen among the candidates in the given order; undefined when even all of them
 * would not make room under the placement rule, so that nobody is preempted in vain (Kueue issue 5243). Candidates that turn
 * out not to be needed are spared. The trial is left with the chosen ones released; untouched when there is no solution.
 */
export function victimsFor(
  job: JobView,
  candidates: readonly JobView[],
  trial: AllocationTrial,
): JobView[] | undefined {
  const attempt = trial.fork();
  const chosen: JobView[] = [];
  for (const candidate of candidates) {
    if (attempt.fits(job)) break;
    attempt.release(candidate);
    chosen.push(candidate);
  }
  if (!attempt.fits(job)) return undefined;
  const spared = new Set<JobView>();
  const needed = chosen.filter((candidate, at) => {
    const without = trial.fork();
    chosen.forEach((other, index) => {
      if (index !== at && !spared.has(other)) without.release(other);
    });
    if (!without.fits(job)) return true;
    spared.add(candidate);
    return false;
  });
  for (const victim of needed) trial.release(victim);
  return needed;
}
