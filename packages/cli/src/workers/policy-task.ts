import { Worker } from 'node:worker_threads';
import { InputError, type InputIssue } from '@regatta/scenarios';
import { PolicyError } from '@regatta/sim-core';
import type { CheckTask, CheckTaskResult } from './check-task.js';
import type { ClusterTask, ClusterTaskResult } from './cluster-task.js';
import { watchPulse } from './watch-pulse.js';

export type PolicyTask = ClusterTask | CheckTask;

/** What the worker tells the main thread. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly policy: string }
  | { readonly kind: 'result'; readonly result: ClusterTaskResult | CheckTaskResult }
  | { readonly kind: 'wrongInput'; readonly issues: readonly InputIssue[] }
  | { readonly kind: 'policyError'; readonly message: string }
  | { readonly kind: 'bug'; readonly text: string };

/** Thrown when a user's policy has to be stopped or has thrown: exit 1. */
export class PolicyStopped extends Error {}

/**
 * Runs a task with users' policies in a worker. A call into a policy that takes longer than `timeoutSeconds` is stopped.
 * @throws PolicyStopped when the policy throws, decides nonsense or never returns; InputError when its file is wrong.
 */
export function runInWorker(
  task: PolicyTask,
  timeoutSeconds: number,
  progress: (policy: string) => void,
): Promise<ClusterTaskResult | CheckTaskResult> {
  const pulse = new SharedArrayBuffer(8);
  // Bundled, every chunk of the command line lies beside the folder of the workers.
  const worker = new Worker(new URL('./workers/policy-worker.js', import.meta.url), { workerData: { task, pulse } });
  return new Promise((settle, fail) => {
    const stopWatching = watchPulse(pulse, timeoutSeconds, () => {
      const names = task.kind === 'check' ? task.policy : task.policies.filter((name) => /[./]/.test(name)).join(', ');
      finish(() => fail(new PolicyStopped(`policy ${names}: did not return within ${timeoutSeconds} s, stopped`)));
    });
    const finish = (then: () => void): void => {
      stopWatching();
      void worker.terminate();
      then();
    };
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'progress') progress(message.policy);
      else if (message.kind === 'result') finish(() => settle(message.result));
      else if (message.kind === 'wrongInput') finish(() => fail(new InputError(message.issues)));
      else if (message.kind === 'policyError') finish(() => fail(new PolicyStopped(message.message)));
      else finish(() => fail(new Error(message.text)));
    });
    worker.on('error', (error) => finish(() => fail(error)));
  });
}

/** The message of a policy that failed, whichever thread it ran in; undefined for any other error. */
export function policyFailure(error: unknown): string | undefined {
  return error instanceof PolicyStopped || error instanceof PolicyError ? error.message : undefined;
}
