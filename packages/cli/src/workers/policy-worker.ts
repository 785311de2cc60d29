import { parentPort, workerData } from 'node:worker_threads';
import { InputError } from '@regatta/scenarios';
import { PolicyError, type SchedulingPolicy } from '@regatta/sim-core';
import { runCheckTask } from './check-task.js';
import { isPolicyFile, runClusterTask } from './cluster-task.js';
import { loadPolicyFile } from './policy-file.js';
import type { PolicyTask, WorkerMessage } from './policy-task.js';
import { type Pulse, sharedPulse } from './user-file.js';

/** Runs a task with users' policies apart from the main thread, which watches the pulse and stops what never returns. */
async function run(task: PolicyTask, pulse: Pulse): Promise<WorkerMessage> {
  try {
    if (task.kind === 'check') {
      return { kind: 'result', result: runCheckTask(task, await loadPolicyFile(task.policy, pulse)) };
    }
    const users = new Map<string, SchedulingPolicy>();
    for (const name of task.policies) if (isPolicyFile(name)) users.set(name, await loadPolicyFile(name, pulse));
    const { study, violations } = runClusterTask(task, users, (policy) => send({ kind: 'progress', policy }));
    // Logs are long, and nobody asks for them any more.
    const outcomes = study.outcomes.map((outcome) => ({ ...outcome, log: [] }));
    return { kind: 'result', result: { study: { ...study, outcomes }, violations } };
  } catch (error) {
    if (error instanceof InputError) return { kind: 'wrongInput', issues: error.issues };
    if (error instanceof PolicyError) return { kind: 'policyError', message: error.message };
    return { kind: 'bug', text: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function send(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

const { task, pulse } = workerData as { task: PolicyTask; pulse: SharedArrayBuffer };
send(await run(task, sharedPulse(pulse)));
