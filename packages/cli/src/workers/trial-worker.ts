import { parentPort, workerData } from 'node:worker_threads';
import { InputError, StepMemo, type TrialTask, trialRunner, type UserRecovery, watchedTrial } from '@regatta/scenarios';
import { RecoveryPolicyError, type RecoveryPolicyFactory, type RunBooks } from '@regatta/sim-core';
import { loadRecoveryPolicy } from './recovery-file.js';
import { exchangeWith } from './step-exchange.js';
import type { TaskDetails, TrialAnswer, TrialOrder, TrialWorkerData } from './trial-messages.js';
import { sharedPulse } from './user-file.js';

interface Prepared {
  readonly task: TrialTask;
  readonly users: UserRecovery;
  readonly run: (trial: number) => RunBooks;
}

const { pulse: beats, peers, known }: TrialWorkerData = workerData;
const pulse = sharedPulse(beats);
const prepared = new Map<number, Promise<Prepared>>();
/** Of all tasks: variants of one job have states in common. */
const memo = new StepMemo(exchangeWith(peers));
memo.learn(known);

async function prepare({ task, policies }: TaskDetails): Promise<Prepared> {
  const users = new Map<string, RecoveryPolicyFactory>();
  for (const [path, code] of Object.entries(policies)) users.set(path, await loadRecoveryPolicy(path, code, pulse));
  return { task, users, run: trialRunner(task, users, memo) };
}

async function answerTo({ id, task: index, details, first, count, watch }: TrialOrder): Promise<TrialAnswer> {
  try {
    const ready = prepared.get(index) ?? (details ? prepare(details) : undefined);
    if (!ready) throw new Error(`trial-worker: task ${index} was not sent`);
    prepared.set(index, ready);
    const { run, users, task } = await ready;
    if (watch) {
      const watched = watchedTrial(task, first, users, memo);
      return { id, books: [watched.books], watched };
    }
    return { id, books: Array.from({ length: count }, (_, i) => run(first + i)) };
  } catch (error) {
    if (error instanceof InputError) return { id, issues: error.issues };
    if (error instanceof RecoveryPolicyError) return { id, policyError: error.message };
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

parentPort?.on('message', async (order: TrialOrder) => parentPort?.postMessage(await answerTo(order)));
