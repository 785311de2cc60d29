import { longRunTrial, type PhaseInterval, type RunBooks, type RunObserver, type RunStop } from '@regatta/sim-core';
import { longRunInput, type TrialTask } from './long-run-input.js';
import type { UserRecovery } from './recovery-plan.js';
import { StepMemo } from './step-memo.js';

/** Runs trials [first, first + count) of a task, wherever it likes: a trial's books depend on the task and its number alone. */
export type TrialExecutor = (task: TrialTask, first: number, count: number) => Promise<readonly RunBooks[]>;

/**
 * Runs one trial of the task; what all its trials share is prepared once.
 * @param users Recovery policies of users' files that the task names.
 * @param memo Step times of degraded states, shared with whoever else has it.
 */
export function trialRunner(
  task: TrialTask,
  users?: UserRecovery,
  memo?: StepMemo,
): (trial: number, observer?: RunObserver) => RunBooks {
  const { run, recovery } = longRunInput(task, undefined, users, memo);
  if (!recovery) throw new Error(`trialRunner: ${task.scenario.recovery?.policy} was not loaded`);
  return (trial, observer) => longRunTrial({ ...run, recovery }, { seed: task.scenario.seed, trial }, observer);
}

/** One trial with all that happened in it. */
export interface WatchedTrial {
  readonly books: RunBooks;
  readonly phases: readonly PhaseInterval[];
  readonly stops: readonly RunStop[];
}

/** Runs one trial of the task and keeps its phases and stops. */
export function watchedTrial(task: TrialTask, trial: number, users?: UserRecovery, memo?: StepMemo): WatchedTrial {
  const phases: PhaseInterval[] = [];
  const stops: RunStop[] = [];
  const books = trialRunner(
    task,
    users,
    memo,
  )(trial, {
    phase: (phase) => phases.push(phase),
    stop: (stop) => stops.push(stop),
  });
  return { books, phases, stops };
}

/** Runs trials in the calling thread. */
export function executorHere(memo = new StepMemo()): TrialExecutor {
  const known = new Map<TrialTask, (trial: number) => RunBooks>();
  return (task, first, count) => {
    const run = known.get(task) ?? trialRunner(task, undefined, memo);
    known.set(task, run);
    return Promise.resolve(Array.from({ length: count }, (_, i) => run(first + i)));
  };
}

/** Trials are asked for in blocks of so many, so that whether there are enough is decided alike with any number of workers. */
export const trialsPerBlock = 10;

export interface TrialRequest {
  readonly trials: number;
  readonly execute: TrialExecutor;
  /** Blocks asked for ahead: as many as there are workers. */
  readonly ahead?: number;
  /** Whether the trials so far suffice; asked after each block. */
  readonly enough?: (books: readonly (readonly RunBooks[])[]) => boolean;
  /** Whether the user wants to stop; what is done by then is kept. */
  readonly stopped?: () => boolean;
  readonly onProgress?: (done: number) => void;
}

/** Books of the first trials of each task, as many of one as of the other, in the order of the tasks. */
export async function collectTrials(
  tasks: readonly TrialTask[],
  { trials, execute, ahead = 1, enough, stopped, onProgress }: TrialRequest,
): Promise<RunBooks[][]> {
  const books = tasks.map((): RunBooks[] => []);
  const blocks = Math.ceil(trials / trialsPerBlock);
  const asked: Promise<readonly (readonly RunBooks[])[]>[] = [];
  const ask = (block: number): Promise<readonly (readonly RunBooks[])[]> => {
    const first = block * trialsPerBlock;
    const count = Math.min(trialsPerBlock, trials - first);
    const results = Promise.all(tasks.map((task) => execute(task, first, count)));
    // What comes after the last block that is needed may fail without anyone asking.
    results.catch(() => undefined);
    return results;
  };
  for (let block = 0; block < blocks && !stopped?.(); block++) {
    while (asked.length < Math.min(blocks, block + Math.max(1, ahead))) asked.push(ask(asked.length));
    const results = await asked[block];
    if (stopped?.()) break;
    results?.forEach((more, i) => {
      books[i]?.push(...more);
    });
    onProgress?.(Math.min(trials, (block + 1) * trialsPerBlock));
    if (enough?.(books)) break;
  }
  return books;
}
