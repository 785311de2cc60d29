import {
  builtInRecovery,
  type Cluster,
  checkedRecovery,
  isRefused,
  type Job,
  type RecoverableJob,
  type RecoveryPolicy,
  type RecoveryPolicyFactory,
  type StepReport,
} from '@regatta/sim-core';
import { isRecoveryFile } from '../schema/long-run-schema.js';
import type { ResolvedScenario } from '../schema/scenario-schema.js';
import { perturbationOf } from '../schema/to-core.js';
import { DegradedSteps } from './degraded-steps.js';
import type { ReportProblem } from './failure-model.js';
import type { StepMemo } from './step-memo.js';

type Recovery = NonNullable<ResolvedScenario['recovery']>;

export const defaultRecovery: Recovery = { policy: 'restart', spares: 0, restartSeconds: 300, failoverSeconds: 30 };

/** Recovery policies of users' files, by the path that a scenario names. */
export type UserRecovery = ReadonlyMap<string, RecoveryPolicyFactory>;

/**
 * The recovery policy of a scenario's job, with the step times of its degraded states.
 * @param memo Where step times are kept; absent: nobody else has them.
 * @throws RecoveryPolicyError when a user's policy breaks its contract.
 */
export function recoveryPolicyOf(
  scenario: ResolvedScenario,
  job: Job,
  cluster: Cluster,
  healthy: StepReport,
  users: UserRecovery,
  problem: ReportProblem,
  memo?: StepMemo,
): RecoveryPolicy {
  const { policy: name, failoverSeconds } = scenario.recovery ?? defaultRecovery;
  const states = new DegradedSteps(job, cluster, perturbationOf(scenario), healthy, memo);
  const { nodes, gpusPerNode } = cluster;
  const recoverable: RecoverableJob = { nodes, gpusPerNode, parallel: job.parallel, failoverSeconds, states };
  const user = users.get(name);
  const builtIn = builtInRecovery[name] ?? builtInRecovery.restart;
  try {
    if (user) return checkedRecovery(name, user, recoverable);
    if (isRecoveryFile(name) || !builtIn) throw new Error(`recoveryPolicyOf: ${name} was not loaded`);
    return builtIn(recoverable);
  } catch (error) {
    if (!isRefused(error)) throw error;
    problem('recovery.policy', error.message, error.expected);
    return { configuration: () => -1, nodesInUse: () => nodes, speed: () => 1 };
  }
}
