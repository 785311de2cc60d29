import type { SchedulingPolicy } from '@regatta/sim-core';
import {
  type CheckOptions,
  type Counterexample,
  findCounterexample,
  renderCounterexample,
} from '@regatta/sim-core/testing';

/** A `check` run as plain data. */
export interface CheckTask {
  readonly kind: 'check';
  readonly policy: string;
  readonly options: CheckOptions;
}

export interface CheckTaskResult {
  readonly policy: string;
  readonly counterexample?: Omit<Counterexample, 'error'> & { readonly error?: string };
  /** The counterexample for people. */
  readonly text: string;
}

/** Searches a world in which the policy breaks something. */
export function runCheckTask(task: CheckTask, policy: SchedulingPolicy): CheckTaskResult {
  const found = findCounterexample(policy, task.options);
  if (found === undefined) return { policy: policy.name, text: '' };
  const { error, ...rest } = found;
  return {
    policy: policy.name,
    text: renderCounterexample(policy, found),
    counterexample: { ...rest, ...(error === undefined ? {} : { error: error.message }) },
  };
}
