import type { ClusterEvent } from './cluster-log.js';
import type { ClusterShape } from './cluster-shape.js';
import type { JobSpec, Tenant } from './job-spec.js';
import type { JobStatus } from './job-state.js';
import type { NodeEvent } from './node-event.js';
import type { PlacementPolicy } from './placement-policy.js';
import type { SchedulingPolicy } from './policy.js';
import type { RunTerms } from './run-terms.js';
import type { ContentionModel, JobSpeedModel } from './speed-model.js';

/** Everything that a run depends on: equal inputs give equal logs. */
export interface ClusterRunInput {
  readonly cluster: ClusterShape;
  readonly jobs: readonly JobSpec[];
  readonly policy: SchedulingPolicy;
  /** Default: packed. */
  readonly placement?: PlacementPolicy;
  readonly tenants?: readonly Tenant[];
  readonly nodeEvents?: readonly NodeEvent[];
  readonly terms?: Partial<RunTerms>;
  /** Default: countSpeed. */
  readonly speed?: JobSpeedModel;
  readonly contention?: ContentionModel;
  /** Stop here, whatever still waits or runs. */
  readonly untilSeconds?: number;
  /** Keep the event log (default true); without it the invariants have nothing to look at. */
  readonly keepLog?: boolean;
  /** Call the policy a second time after each pass and expect no more decisions (S21). */
  readonly checkIdempotence?: boolean;
}

/** What became of one job. Times NaN when it did not get that far. */
export interface JobOutcome {
  readonly spec: JobSpec;
  readonly status: JobStatus;
  readonly startSeconds: number;
  readonly finishSeconds: number;
  readonly preemptions: number;
  readonly nodeFailures: number;
  readonly resizes: number;
  /** GPUs and nodes that it held last. */
  readonly gpus: number;
  readonly nodes: number;
  readonly waitReason: string;
  /** Seconds for which it held GPUs, whatever it did with them. */
  readonly heldSeconds: number;
  /** Attained service: GPUs x executed seconds, also those whose work was lost. */
  readonly serviceGpuSeconds: number;
  readonly busyGpuSeconds: number;
  readonly overheadGpuSeconds: number;
  readonly lostGpuSeconds: number;
}

/** Where the GPU-seconds of all GPUs went (S7): the six add up to total GPUs x horizon. */
export interface ClusterBooks {
  /** Progress that was kept. */
  readonly busyGpuSeconds: number;
  /** Restarts, checkpoints, resizes. */
  readonly overheadGpuSeconds: number;
  /** Progress that was thrown away. */
  readonly lostGpuSeconds: number;
  readonly idleGpuSeconds: number;
  /** Down, or draining and empty. */
  readonly failedGpuSeconds: number;
  /** Spare nodes that stand by. */
  readonly standbyGpuSeconds: number;
}

/** State of the cluster after each instant, in columns. */
export interface QueueTimeline {
  readonly timeSeconds: readonly number[];
  readonly queuedJobs: readonly number[];
  readonly runningJobs: readonly number[];
  readonly heldGpus: readonly number[];
  /** Free GPUs that are not part of a wholly free node: what fragmentation costs. */
  readonly fragmentedGpus: readonly number[];
}

export interface ClusterOutcome {
  readonly policy: string;
  readonly horizonSeconds: number;
  readonly jobs: readonly JobOutcome[];
  readonly books: ClusterBooks;
  readonly log: readonly ClusterEvent[];
  readonly timeline: QueueTimeline;
  /** Time integrals of jobs waiting, jobs in the system and fragmented GPUs. */
  readonly queuedJobSeconds: number;
  readonly jobsInSystemSeconds: number;
  readonly fragmentedGpuSeconds: number;
  readonly passes: number;
  readonly events: number;
  /** Instants at which a second pass would have decided more (S21); only with `checkIdempotence`. */
  readonly unsettledPasses: readonly { readonly timeSeconds: number; readonly decision: string }[];
}
