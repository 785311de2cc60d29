import type { ClusterOutcome } from './cluster-run.js';
import { completionOf, waitOf } from './cluster-summary.js';

/** Difference of a policy to another on the same jobs and failures, job by job; negative is better. */
export interface PairedDifference {
  readonly policy: string;
  readonly against: string;
  /** Jobs that ended under both. */
  readonly jobs: number;
  readonly waitSeconds: DifferenceEstimate;
  readonly completionSeconds: DifferenceEstimate;
}

export interface DifferenceEstimate {
  readonly mean: number;
  /** 95 % interval of the mean by the normal approximation; jobs of one run are correlated, so it is a guide. */
  readonly low: number;
  readonly high: number;
  readonly jobsBetter: number;
  readonly jobsWorse: number;
}

/** Compares two runs of the same jobs. */
export function pairedDifference(outcome: ClusterOutcome, against: ClusterOutcome): PairedDifference {
  const others = new Map(against.jobs.map((job) => [job.spec.id, job]));
  const pairs = outcome.jobs.flatMap((job) => {
    const other = others.get(job.spec.id);
    const both = other !== undefined && Number.isFinite(job.finishSeconds) && Number.isFinite(other.finishSeconds);
    return both && job.status !== 'rejected' && other.status !== 'rejected' ? [[job, other] as const] : [];
  });
  return {
    policy: outcome.policy,
    against: against.policy,
    jobs: pairs.length,
    waitSeconds: estimate(pairs.map(([job, other]) => waitOf(job) - waitOf(other))),
    completionSeconds: estimate(pairs.map(([job, other]) => completionOf(job) - completionOf(other))),
  };
}

function estimate(differences: readonly number[]): DifferenceEstimate {
  const n = differences.length;
  const mean = differences.reduce((sum, value) => sum + value, 0) / n;
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, n - 1);
  const half = 1.96 * Math.sqrt(variance / n);
  return {
    mean,
    low: mean - half,
    high: mean + half,
    jobsBetter: differences.filter((value) => value < 0).length,
    jobsWorse: differences.filter((value) => value > 0).length,
  };
}
