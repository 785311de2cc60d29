import type { JobSpec } from '../job-spec.js';
import type { Invariant } from './invariant.js';

/** S16: the same input gives the same log, byte for byte, also when rows of different submit times change places. */
export const determinism: Invariant = {
  id: 'S16',
  title: 'determinism',
  applies: () => true,
  check(run) {
    const log = JSON.stringify(run.outcome.log);
    const differs = (what: string) => ({
      invariant: 'S16' as const,
      timeSeconds: 0,
      message: `${what} gave another log`,
    });
    if (JSON.stringify(run.rerun({}).log) !== log) return [differs('a second run of the same input')];
    if (JSON.stringify(run.rerun({ jobs: laterFirst(run.input.jobs) }).log) !== log) {
      return [differs('the same jobs in another order of rows')];
    }
    return [];
  },
};

/** Rows in descending order of submit time, those of equal time as they were. */
function laterFirst(jobs: readonly JobSpec[]): JobSpec[] {
  return jobs
    .map((job, position) => ({ job, position }))
    .sort((a, b) => b.job.submitSeconds - a.job.submitSeconds || a.position - b.position)
    .map(({ job }) => job);
}
