import {
  type ClusterOutcome,
  type ClusterRunInput,
  type ClusterSummary,
  type PairedDifference,
  pairedDifference,
  type QueueTimeline,
  runCluster,
  type SchedulingPolicy,
  summarise,
} from '@regatta/sim-core';

/** One job in the JSON of `cluster`; a time that it did not get to is null. */
export interface ClusterJobRow {
  readonly id: string;
  readonly submitSeconds: number;
  readonly startSeconds: number | null;
  readonly finishSeconds: number | null;
  readonly gpus: number;
  readonly nodes: number;
  readonly preemptions: number;
  readonly status: string;
  /** Why it waits, or waited at the pass after its submission; absent when it started at once. */
  readonly waitReason?: string;
}

export interface ClusterResult {
  readonly policy: string;
  /** Whether the policy reasons in counts of GPUs or in nodes (spec/scheduling.md B4). */
  readonly reasonsIn: 'pool' | 'nodes';
  readonly summary: ClusterSummary;
  readonly jobs: readonly ClusterJobRow[];
  readonly timeline: QueueTimeline;
}

export interface ClusterStudy {
  readonly results: readonly ClusterResult[];
  /** Each further policy against the first, on the same jobs and failures. */
  readonly differences: readonly PairedDifference[];
  readonly outcomes: readonly ClusterOutcome[];
}

/** Most points of the timeline that a report keeps. */
const timelinePoints = 500;

/** Runs the same jobs and failures under each policy. @throws PolicyError of the first policy that fails. */
export function clusterStudy(
  input: Omit<ClusterRunInput, 'policy'>,
  policies: readonly SchedulingPolicy[],
  progress: (policy: string) => void = () => {},
): ClusterStudy {
  const outcomes = policies.map((policy) => {
    progress(policy.name);
    return runCluster({ ...input, policy });
  });
  const [first] = outcomes;
  return {
    outcomes,
    results: outcomes.map((outcome, index) => ({
      policy: outcome.policy,
      reasonsIn: policies[index]?.reasonsIn ?? 'pool',
      summary: summarise(outcome, input.cluster),
      jobs: outcome.jobs.filter((job) => job.status !== 'future').map(jobRow),
      timeline: thinned(outcome.timeline, timelinePoints),
    })),
    differences: first === undefined ? [] : outcomes.slice(1).map((outcome) => pairedDifference(outcome, first)),
  };
}

function jobRow(job: ClusterOutcome['jobs'][number]): ClusterJobRow {
  const known = (seconds: number): number | null => (Number.isNaN(seconds) ? null : seconds);
  return {
    id: job.spec.id,
    submitSeconds: job.spec.submitSeconds,
    startSeconds: known(job.startSeconds),
    finishSeconds: known(job.finishSeconds),
    gpus: job.spec.gpus,
    nodes: job.nodes,
    preemptions: job.preemptions,
    status: job.status,
    ...(job.waitReason === '' ? {} : { waitReason: job.waitReason }),
  };
}

/** Every n-th point, and the last. */
function thinned(timeline: QueueTimeline, points: number): QueueTimeline {
  const length = timeline.timeSeconds.length;
  const step = Math.max(1, Math.ceil(length / points));
  const keep = (column: readonly number[]): number[] => column.filter((_, i) => i % step === 0 || i === length - 1);
  return {
    timeSeconds: keep(timeline.timeSeconds),
    queuedJobs: keep(timeline.queuedJobs),
    runningJobs: keep(timeline.runningJobs),
    heldGpus: keep(timeline.heldGpus),
    fragmentedGpus: keep(timeline.fragmentedGpus),
  };
}
