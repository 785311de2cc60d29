import type { Parallel } from '../training/job.js';
import type { Ailment } from './ailment.js';

/**
 * What a job does when nodes are missing. A configuration is a way to run, numbered by its policy; 0 is the healthy one, with no
 * node missing. Policies hold no state: the same nodes missing give the same configuration.
 */
export interface RecoveryPolicy {
  /** The best configuration with these nodes missing (spares are already counted in), or -1: it must wait for one of them. */
  configuration(missing: readonly number[]): number;
  /** Nodes that a configuration runs on: the first of those that are there. */
  nodesInUse(configuration: number): number;
  /** Throughput over the healthy configuration's while nodes ail: of the step simulation of that state (`job.states`). */
  speed(configuration: number, ailments: readonly Ailment[]): number;
  /** Seconds to go on in another configuration without a restart from a checkpoint, losing only the step in flight; absent: it can't. */
  readonly failoverSeconds?: number;
}

/** A way to run on fewer nodes than the job's: how many it uses, and how fast it is against the healthy one. */
export interface ReducedPlan {
  readonly nodes: number;
  readonly speed: (ailments: readonly Ailment[]) => number;
}

/**
 * States in which failures leave a job, each priced by the step simulation of that state, remembered. Speeds are throughput over
 * the healthy step's; the global batch stays what it is, with more accumulation where there are fewer replicas.
 */
export interface DegradedStates {
  /** All nodes there, some of them ailing. */
  asItIs(ailments: readonly Ailment[]): number;
  /** The job in another parallel shape; undefined: its sizes don't divide, or it doesn't fit the memory. */
  reshaped(parallel: Partial<Parallel>): ReducedPlan | undefined;
  /** The fastest shape found for so many nodes; undefined: none fits. */
  bestPlan(nodes: number): ReducedPlan | undefined;
  /** So many pipeline stages miss `missingPeers` of their nodes each, whose micro-batches the others of the stage take over. */
  rerouted(missingPeers: number, stagesHit: number, ailments: readonly Ailment[]): number;
}

/** A job as its recovery policy sees it. */
export interface RecoverableJob {
  /** Nodes of the healthy configuration; node n holds the ranks from n * gpusPerNode on. */
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly parallel: Parallel;
  /** Of the scenario: how long peers take to go on without a node. */
  readonly failoverSeconds: number;
  readonly states: DegradedStates;
}

/** A recovery policy for a job. @throws RecoveryRefused when it makes no sense for this job. */
export type RecoveryPolicyFactory = (job: RecoverableJob) => RecoveryPolicy;

/** The job is none that a recovery policy can work with. */
export class RecoveryRefused extends Error {
  override readonly name = 'RecoveryRefused';

  /** @param expected What would do. */
  constructor(
    message: string,
    readonly expected: string,
  ) {
    super(message);
  }
}

/** Whether a policy refused the job. By its name: a user's bundled file has a class of its own. */
export function isRefused(error: unknown): error is RecoveryRefused {
  return error instanceof Error && error.name === 'RecoveryRefused' && 'expected' in error;
}
