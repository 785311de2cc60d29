import type { ClusterRunInput } from '../cluster-run.js';
import { gpuPool } from '../cluster-shape.js';
import type { JobSpec } from '../job-spec.js';
import { costlessTerms } from '../run-terms.js';
import { hasConstantSpeed } from './conditions.js';
import { type CheckedRun, type Invariant, slack, type Violation } from './invariant.js';

/** S22: all times twice as long give all starts twice as late; all GPUs and sizes threefold (in a pool) give the same times. */
export const scale: Invariant = {
  id: 'S22',
  title: 'scale',
  applies: (run) => run.input.policy.claims?.scaleFree !== false && hasConstantSpeed(run),
  check(run) {
    const slower = compareStarts(run, run.rerun(stretched(run.input, 2)), 2, 'all times doubled');
    if (slower.length > 0 || run.input.cluster.model !== 'pool') return slower;
    return compareStarts(run, run.rerun(enlarged(run.input, 3)), 1, 'all GPUs tripled');
  },
};

function compareStarts(run: CheckedRun, other: CheckedRun['outcome'], factor: number, what: string): Violation[] {
  const starts = new Map(other.jobs.map((job) => [job.spec.id, job.startSeconds]));
  for (const { spec, startSeconds } of run.outcome.jobs) {
    const expected = startSeconds * factor;
    const start = starts.get(spec.id) ?? Number.NaN;
    if (Number.isNaN(expected) && Number.isNaN(start)) continue;
    if (Math.abs(start - expected) <= slack(expected)) continue;
    const message = `with ${what} job ${spec.id} starts at ${start} s, not ${expected} s`;
    return [{ invariant: 'S22', timeSeconds: startSeconds, job: spec.id, message }];
  }
  return [];
}

function stretched(input: ClusterRunInput, factor: number): Partial<ClusterRunInput> {
  const terms = { ...costlessTerms, ...input.terms };
  const jobs = input.jobs.map(
    (job): JobSpec => ({
      ...job,
      submitSeconds: job.submitSeconds * factor,
      runSeconds: job.runSeconds * factor,
      estimateSeconds: job.estimateSeconds * factor,
      ...(job.cancelSeconds === undefined ? {} : { cancelSeconds: job.cancelSeconds * factor }),
      ...(job.failedAttempts === undefined ? {} : { failedAttempts: job.failedAttempts.map((s) => s * factor) }),
    }),
  );
  return {
    jobs,
    nodeEvents: (input.nodeEvents ?? []).map((event) => ({ ...event, timeSeconds: event.timeSeconds * factor })),
    terms: {
      ...terms,
      restartSeconds: terms.restartSeconds * factor,
      resizeSeconds: terms.resizeSeconds * factor,
      checkpointIntervalSeconds: terms.checkpointIntervalSeconds * factor,
      checkpointWriteSeconds: terms.checkpointWriteSeconds * factor,
      minimumRunSeconds: terms.minimumRunSeconds * factor,
    },
    ...(input.untilSeconds === undefined ? {} : { untilSeconds: input.untilSeconds * factor }),
  };
}

function enlarged(input: ClusterRunInput, factor: number): Partial<ClusterRunInput> {
  const times = (gpus: number | undefined): number | undefined => (gpus === undefined ? undefined : gpus * factor);
  return {
    cluster: gpuPool((input.cluster.nodeGpus[0] ?? 1) * factor),
    jobs: input.jobs.map((job) => ({ ...job, gpus: job.gpus * factor })),
    tenants: (input.tenants ?? []).map(({ quotaGpus, borrowLimitGpus, ...tenant }) => {
      const quota = times(quotaGpus);
      const limit = times(borrowLimitGpus);
      return {
        ...tenant,
        ...(quota === undefined ? {} : { quotaGpus: quota }),
        ...(limit === undefined ? {} : { borrowLimitGpus: limit }),
      };
    }),
  };
}
