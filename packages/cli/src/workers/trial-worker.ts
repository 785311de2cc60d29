import { parentPort } from 'node:worker_threads';
import { trialRunner } from '@regatta/scenarios';
import type { RunBooks } from '@regatta/sim-core';
import type { TrialAnswer, TrialOrder } from './trial-messages.js';

const runners = new Map<number, (trial: number) => RunBooks>();

function answerTo({ id, task, details, first, count }: TrialOrder): TrialAnswer {
  try {
    const run = runners.get(task) ?? (details ? trialRunner(details) : undefined);
    if (!run) throw new Error(`trial-worker: task ${task} was not sent`);
    runners.set(task, run);
    return { id, books: Array.from({ length: count }, (_, i) => run(first + i)) };
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

parentPort?.on('message', (order: TrialOrder) => parentPort?.postMessage(answerTo(order)));
