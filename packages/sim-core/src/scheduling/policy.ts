import type { JobSpec, Tenant } from './job-spec.js';

/** What a policy sees of a job at the instant of a pass. All times in seconds. */
export interface JobView {
  readonly spec: JobSpec;
  readonly id: string;
  /** Place in the order (submit time, position in the file): the tie rule of every policy. */
  readonly rank: number;
  /** Key under which the job stands in the queue. */
  readonly queueKey: number;
  readonly tenant: string;
  /** GPUs asked for. */
  readonly gpus: number;
  /** GPUs held now; 0 while it waits. */
  readonly heldGpus: number;
  /** Start of the present stretch of running, NaN while it waits. */
  readonly startSeconds: number;
  /** Instant at which it ends by the user's estimate; never before now. NaN while it waits. */
  readonly estimatedEndSeconds: number;
  /** What is left of the user's estimate at speed 1, without what starting again costs. */
  readonly remainingEstimateSeconds: number;
  /** Seconds without progress that starting it now would cost. */
  readonly restartSeconds: number;
  /** True work left at speed 1: only an oracle policy such as SRTF may look at it. */
  readonly remainingSeconds: number;
  /** The same if it were preempted now: more where a preemption falls back to the last checkpoint. */
  readonly remainingIfPreemptedSeconds: number;
  /** Attained service: GPUs x executed seconds over all stretches. */
  readonly serviceGpuSeconds: number;
  /** Seconds of overhead that are left before it makes progress again. */
  readonly overheadLeftSeconds: number;
  readonly preemptions: number;
}

/** Bounds on what a search of the queue returns. */
export interface QueueLimits {
  /** Only jobs that can start on this many GPUs (default: any). */
  readonly maxGpus?: number;
  /** Only jobs that would end within this time by what is left of their estimate (default: any). */
  readonly maxEstimateSeconds?: number;
}

/** Waiting jobs in the policy's order, ties by (submit time, position in the file). Searching costs O(sizes x log n), not O(n). */
export interface JobQueue extends Iterable<JobView> {
  readonly size: number;
  /** First job within the limits. */
  first(limits?: QueueLimits): JobView | undefined;
  /** First job within the limits that stands behind the given one, which need not be in the queue itself. */
  next(after: JobView, limits?: QueueLimits): JobView | undefined;
}

/** Running jobs, in the orders that policies ask for. */
export interface RunningJobs extends Iterable<JobView> {
  readonly size: number;
  /** By (estimated end, rank). */
  readonly byEstimatedEnd: readonly JobView[];
}

/**
 * Scratch copy of the free GPUs. A pass tries its decisions on it: `take` answers whether the job can be placed now under the
 * placement rule and, if so, sets its GPUs aside; `release` gives back what a running job holds.
 */
export interface AllocationTrial {
  readonly freeGpus: number;
  /** Whether `take` would succeed. */
  fits(job: JobView, gpus?: number): boolean;
  take(job: JobView, gpus?: number): boolean;
  /** Gives back what a running job holds, or what the job took on this trial. */
  release(job: JobView): void;
  /** A copy to try something on without touching this one. */
  fork(): AllocationTrial;
}

/** A node as a policy sees it. */
export interface NodeView {
  readonly node: number;
  readonly leaf: number;
  readonly pod: number;
  /** Up, not draining, not a spare. */
  readonly takesJobs: boolean;
  readonly gpuIds: readonly number[];
}

/** The state that a policy decides on: everything it may know, and nothing else. */
export interface ClusterView {
  readonly timeSeconds: number;
  /** GPUs of the nodes that are up and not draining. */
  readonly capacityGpus: number;
  readonly freeGpus: number;
  /** Waiting jobs in the order of the policy's `queueKey`. */
  readonly queue: JobQueue;
  /** Waiting jobs of one tenant, same order; only for policies with `perTenant`. */
  queueOf(tenant: string): JobQueue;
  /** Tenants in order of name: those declared and those that jobs name. */
  readonly tenants: readonly Tenant[];
  readonly running: RunningJobs;
  /** GPUs that running jobs of the tenant hold. */
  heldBy(tenant: string): number;
  readonly minimumRunSeconds: number;
  /** What the policy remembered at its last pass. */
  readonly memo: unknown;
  job(id: string): JobView | undefined;
  /** Whether some job of the run must sit within a node, leaf or pod: then counting GPUs does not say whether a job fits. */
  readonly scoped: boolean;
  /** GPU indices that a running job holds; undefined in the pool model. */
  gpusOf(job: JobView): readonly number[] | undefined;
  /** The nodes, for policies that choose GPUs themselves; none in the pool model. */
  readonly nodes: readonly NodeView[];
  trial(): AllocationTrial;
  /** Work in a second that the job would do on so many GPUs, ideally placed; 1 at the GPUs that it asked for. */
  speedAt(job: JobView, gpus: number): number;
  /** GPU counts that the job may run on, ascending: one for a rigid job, those that keep the global batch for an elastic one. */
  sizesOf(job: JobView): readonly number[];
}

/** What a policy wants done, in the order listed. */
export type Decision =
  /** Start (or resume) a waiting job on `gpus` GPUs (default: as many as it asked for), on given GPUs or wherever the placement policy says. */
  | { readonly kind: 'start'; readonly job: string; readonly gpus?: number; readonly gpuIds?: readonly number[] }
  | { readonly kind: 'preempt'; readonly job: string; readonly for?: string }
  | { readonly kind: 'resize'; readonly job: string; readonly gpus: number }
  | { readonly kind: 'reject'; readonly job: string; readonly reason: string }
  /** Ask for a pass at a later instant at which nothing else may happen. */
  | { readonly kind: 'wake'; readonly atSeconds: number }
  /** Decide once more at this instant, on the state that these decisions leave; has no effect if they change nothing. */
  | { readonly kind: 'again' }
  /** Hand a value to the next pass: the only state that a policy keeps. */
  | { readonly kind: 'remember'; readonly memo: unknown };

/** Promises of a policy, each of which the invariant of spec/scheduling.md A then tests. */
export interface PolicyClaims {
  /** S10: starts in order of submission. */
  readonly fifoOrder?: boolean;
  /** S11: no waiting job fits after a pass. */
  readonly workConserving?: boolean;
  /** S12: the head's shadow time never moves back. */
  readonly easyHead?: boolean;
  /** S13: with exact estimates a later submission moves no earlier start. */
  readonly conservative?: boolean;
  /** S14: tenants keep their quotas. */
  readonly quota?: boolean;
  /** S15: what starts in a tenant's private cluster starts in the shared one. */
  readonly cells?: boolean;
  /** S18: every job that fits the empty cluster ends (default true). */
  readonly starvationFree?: boolean;
  /** S23: waiting and running jobs are served by the number of these thresholds that their service has reached. */
  readonly lasThresholdsGpuSeconds?: readonly number[];
  /** S22: times and sizes scale (default true; false for policies with thresholds in absolute units). */
  readonly scaleFree?: boolean;
}

/**
 * A scheduling policy: state in, decisions out. `decide` runs once at the end of each instant at which something happened
 * (spec/scheduling.md B1); it must be a pure function of the view. Policies that reason in counts of GPUs say `pool`, those
 * that look at which GPUs are free say `nodes` (spec/scheduling.md B4).
 */
export interface SchedulingPolicy {
  readonly name: string;
  readonly reasonsIn: 'pool' | 'nodes';
  /** Cannot run in the pool model, since it chooses GPUs itself. */
  readonly requiresNodes?: boolean;
  /** Order of the queue, evaluated when a job enters it: smaller first, ties by rank (default 0: order of submission). */
  queueKey?(job: JobView): number;
  /** Searches bound `maxGpus` by the least GPUs that an elastic job can start on, not by its request. */
  readonly elastic?: boolean;
  /** Keep queues by tenant too. */
  readonly perTenant?: boolean;
  readonly claims?: PolicyClaims;
  decide(view: ClusterView): readonly Decision[];
  /** Why a job waits, for the user; undefined leaves it to the engine. */
  explain?(view: ClusterView, job: JobView): string | undefined;
}

/** A policy threw, never ended, or decided something that makes no sense; the message names policy, time and job. */
export class PolicyError extends Error {
  constructor(
    readonly policy: string,
    readonly timeSeconds: number,
    problem: string,
    options?: { cause?: unknown },
  ) {
    super(`policy ${policy} at ${timeSeconds} s: ${problem}`, options);
    this.name = 'PolicyError';
  }
}
