import type { JobSpec } from '../job-spec.js';
import { isElastic } from '../job-spec.js';
import { costlessTerms } from '../run-terms.js';
import type { CheckedRun } from './invariant.js';

/** Whether the job must sit within a node, leaf or pod of this run's cluster. */
export function isScoped(run: CheckedRun, job: JobSpec): boolean {
  return run.input.cluster.model === 'nodes' && (job.within ?? 'any') !== 'any' && job.spill !== true;
}

/** No failures, drains, cancellations or retries: what most promises of backfilling presume. */
export function isUndisturbed(run: CheckedRun): boolean {
  return (
    (run.input.nodeEvents ?? []).length === 0 &&
    run.input.jobs.every((job) => job.cancelSeconds === undefined && (job.failedAttempts ?? []).length === 0)
  );
}

/** Every job runs at speed 1 on the GPUs that it asked for, wherever it sits. */
export function hasConstantSpeed(run: CheckedRun): boolean {
  return run.input.speed === undefined && run.input.contention === undefined && !run.input.jobs.some(isElastic);
}

/** Starting, stopping and saving cost nothing. */
export function isCostless(run: CheckedRun): boolean {
  const terms = { ...costlessTerms, ...run.input.terms };
  return terms.restartSeconds === 0 && terms.resizeSeconds === 0 && terms.checkpointWriteSeconds === 0;
}

export function ranToTheEnd(run: CheckedRun): boolean {
  return run.input.untilSeconds === undefined;
}

/** Wall work of all attempts of a job at speed 1, as far as it is let run. */
export function totalWork(run: CheckedRun, job: JobSpec): number {
  const limit = run.input.terms?.overrun === 'kill' ? job.estimateSeconds : Number.POSITIVE_INFINITY;
  return [...(job.failedAttempts ?? []), job.runSeconds].reduce((sum, seconds) => sum + Math.min(limit, seconds), 0);
}
