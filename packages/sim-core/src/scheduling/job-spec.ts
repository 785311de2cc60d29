/** How near the GPUs of a job must be to each other. */
export type PlacementScope = 'node' | 'leaf' | 'pod' | 'any';

/** How the last attempt of a job ended in the log it comes from. */
export type JobEnding = 'completed' | 'failed' | 'cancelled';

/** A job as a trace or a user states it; times in seconds from the start of the trace. */
export interface JobSpec {
  readonly id: string;
  readonly submitSeconds: number;
  /** GPUs asked for, all at once (a gang). */
  readonly gpus: number;
  /** True run time of the last attempt on `gpus` GPUs at speed 1. Policies other than SRTF must not look at it. */
  readonly runSeconds: number;
  /** The user's estimate (walltime); readers set it to the run time where a log has none. */
  readonly estimateSeconds: number;
  readonly tenant?: string;
  /** Greater is more urgent (default 0). */
  readonly priority?: number;
  /** false: may be preempted for a guaranteed job and does not count against the quota (default true). */
  readonly guaranteed?: boolean;
  /** Elastic range; a job without both is rigid. */
  readonly minGpus?: number;
  readonly maxGpus?: number;
  /** Throughput by GPU count, linear between points, for elastic jobs: `[[1, 1], [2, 1.9], [4, 3.5]]`. */
  readonly scaling?: readonly (readonly [gpus: number, throughput: number])[];
  /** Run times of earlier attempts that ended by the user's own error; the work of each is lost. */
  readonly failedAttempts?: readonly number[];
  /** How the last attempt ends (default completed). */
  readonly ending?: JobEnding;
  /** Absolute time at which the user takes the job back, waiting or running. */
  readonly cancelSeconds?: number;
  /** All GPUs within one node, leaf or pod (default any). */
  readonly within?: PlacementScope;
  /** true: `within` is a wish, the job may spill (recorded in the log). */
  readonly spill?: boolean;
  /** What it takes beside GPUs, for DRF. */
  readonly cpus?: number;
  readonly memoryBytes?: number;
  /** Sequences of one optimizer step, sequences of one micro-batch, GPUs of one model replica: what a resize keeps. */
  readonly globalBatch?: number;
  readonly microBatch?: number;
  readonly gpusPerReplica?: number;
  /** Name of the model or application, for a speed model. */
  readonly application?: string;
  /** Line of the file that the job was read from. */
  readonly line?: number;
}

/** A share of the cluster that belongs to somebody. */
export interface Tenant {
  readonly name: string;
  /** Weight of fair share (default 1). */
  readonly weight?: number;
  /** Guaranteed GPUs (default: no quota, all jobs opportunistic). */
  readonly quotaGpus?: number;
  /** GPUs that it may borrow beyond its quota (default: no bound). */
  readonly borrowLimitGpus?: number;
  /** Nodes that are its own cells (policy `cells`). */
  readonly nodes?: readonly number[];
}

/** Least GPUs that the job can run on. */
export function leastGpus(job: JobSpec): number {
  return job.minGpus ?? job.gpus;
}

/** Most GPUs that the job can use. */
export function mostGpus(job: JobSpec): number {
  return job.maxGpus ?? job.gpus;
}

export function isElastic(job: JobSpec): boolean {
  return job.minGpus !== undefined || job.maxGpus !== undefined;
}

/** Least GPUs that a policy starts the job on: an elastic policy's least, if the job is free to sit anywhere. */
export function startingGpus(job: JobSpec, elasticPolicy: boolean): number {
  const bound = (job.within ?? 'any') !== 'any' && job.spill !== true;
  return elasticPolicy && !bound ? leastGpus(job) : job.gpus;
}

/** Name of the tenant of a job; jobs without one share the tenant `default`. */
export function tenantOf(job: JobSpec): string {
  return job.tenant ?? 'default';
}

/** Whether every attempt of the job, each with its own run time, is a positive finite length. */
export function hasPositiveWork(job: JobSpec): boolean {
  const positive = (seconds: number): boolean => Number.isFinite(seconds) && seconds > 0;
  return positive(job.runSeconds) && positive(job.estimateSeconds) && (job.failedAttempts ?? []).every(positive);
}
