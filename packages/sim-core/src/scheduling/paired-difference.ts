import { confidenceInterval } from '../metrics/confidence-interval.js';
import { mean } from '../metrics/moments.js';
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
  /** 95 % interval of the mean by Student's t; jobs of one run are correlated, so it is a guide. */
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

/** NaN where there are no pairs. */
function estimate(differences: readonly number[]): DifferenceEstimate {
  const none = differences.length === 0;
  const [low, high] = none ? [Number.NaN, Number.NaN] : confidenceInterval(differences);
  return {
    mean: none ? Number.NaN : mean(differences),
    low,
    high,
    jobsBetter: differences.filter((value) => value < 0).length,
    jobsWorse: differences.filter((value) => value > 0).length,
  };
}
