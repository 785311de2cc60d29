import { type ClusterStudy, clusterStudy, InputError, type ResolvedScenario, stepSpeed } from '@regatta/scenarios';
import {
  builtInPlacement,
  builtInPolicy,
  type ClusterRunInput,
  type PolicyOptions,
  packed,
  RandomStreams,
  type SchedulingPolicy,
  uplinkContention,
} from '@regatta/sim-core';
import { observedRun, singleRunInvariants, type Violation, violationsOf } from '@regatta/sim-core/testing';

/** A `cluster` run as plain data, so that it can be handed to a worker. */
export interface ClusterTask {
  readonly kind: 'cluster';
  readonly input: Pick<ClusterRunInput, 'cluster' | 'jobs' | 'tenants' | 'nodeEvents' | 'terms' | 'untilSeconds'>;
  readonly placement: string;
  readonly policies: readonly string[];
  readonly policyOptions: PolicyOptions;
  /** Down over up bandwidth of the leaves, when jobs that share spines slow each other. */
  readonly contention?: number;
  readonly seed: number;
  /** Scenario whose step simulation gives the jobs their speed (default: speed follows the GPU count alone). */
  readonly stepScenario?: ResolvedScenario;
}

export interface ClusterTaskResult {
  readonly study: ClusterStudy;
  /** Breaches of the invariants that hold for everyone, by users' policies: built-in ones are tested elsewhere. */
  readonly violations: readonly (Violation & { readonly policy: string })[];
}

/** Names of policies that are files. */
export function isPolicyFile(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name) || name.includes('/');
}

/**
 * Runs the task. @param users Policies of users' files, by the name that the task gives them.
 * @throws PolicyError of the first policy that fails.
 */
export function runClusterTask(
  task: ClusterTask,
  users: ReadonlyMap<string, SchedulingPolicy>,
  progress: (policy: string) => void,
): ClusterTaskResult {
  const policies = task.policies.flatMap((name) => {
    const policy = users.get(name) ?? builtInPolicy(name, task.policyOptions);
    return policy === undefined ? [] : [policy];
  });
  const [homeless] =
    task.input.cluster.model === 'pool' ? policies.filter((policy) => policy.requiresNodes === true) : [];
  if (homeless !== undefined) {
    throw new InputError([
      {
        code: 'usage',
        path: '--policy',
        expected: '--nodes',
        received: '',
        message: `policy ${homeless.name} needs a cluster of nodes, this is a pool`,
      },
    ]);
  }
  const placement = builtInPlacement(task.placement, new RandomStreams(task.seed)) ?? packed;
  const { cluster } = task.input;
  const input = {
    ...task.input,
    placement,
    ...(task.stepScenario === undefined ? {} : { speed: stepSpeed(task.stepScenario) }),
    ...(task.contention === undefined ? {} : { contention: uplinkContention(cluster.leafOf, task.contention) }),
  };
  const study = clusterStudy(input, policies, progress);
  const violations = policies.flatMap((policy, index) => {
    const outcome = study.outcomes[index];
    if (outcome === undefined || ![...users.values()].includes(policy)) return [];
    const found = violationsOf(observedRun({ ...input, policy }, outcome), singleRunInvariants);
    return found.map((violation) => ({ ...violation, policy: policy.name }));
  });
  return { study, violations };
}
