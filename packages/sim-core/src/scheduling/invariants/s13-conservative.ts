import type { ClusterOutcome } from '../cluster-run.js';
import { hasConstantSpeed, isCostless, isScoped, isUndisturbed, ranToTheEnd } from './conditions.js';
import type { Invariant } from './invariant.js';
import { rankedJobs } from './log-replay.js';

/** S13: with exact estimates, a job that is submitted later moves the start of no earlier one: runs of prefixes agree. */
export const conservativePrefix: Invariant = {
  id: 'S13',
  title: 'conservative',
  applies: (run) =>
    run.input.policy.claims?.conservative === true &&
    isUndisturbed(run) &&
    hasConstantSpeed(run) &&
    isCostless(run) &&
    ranToTheEnd(run) &&
    run.input.jobs.length > 1 &&
    run.input.jobs.every((job) => !isScoped(run, job)),
  check(run) {
    const exact = rankedJobs(run.input.jobs).map((job) => ({ ...job, estimateSeconds: job.runSeconds }));
    const whole = startTimes(run.rerun({ jobs: exact }));
    const lengths = new Set([1, Math.floor(exact.length / 2), exact.length - 1]);
    for (const length of lengths) {
      const prefix = exact.slice(0, length);
      for (const [id, start] of startTimes(run.rerun({ jobs: prefix }))) {
        const later = whole.get(id) ?? Number.NaN;
        if (later === start || (Number.isNaN(later) && Number.isNaN(start))) continue;
        const message = `job ${id} starts at ${start} s without, and at ${later} s with the jobs after the first ${length}`;
        return [{ invariant: 'S13', timeSeconds: start, job: id, message }];
      }
    }
    return [];
  },
};

function startTimes(outcome: ClusterOutcome): Map<string, number> {
  return new Map(outcome.jobs.map((job) => [job.spec.id, job.startSeconds]));
}
