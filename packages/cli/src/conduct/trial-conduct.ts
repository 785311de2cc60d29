import { availableParallelism } from 'node:os';
import {
  executorHere,
  StepMemo,
  type TrialConduct,
  type TrialExecutor,
  type TrialTask,
  type WatchedTrial,
  watchedTrial,
} from '@regatta/scenarios';
import cliProgress from 'cli-progress';
import { duration } from '../render/format.js';
import { TrialPool, type UserPolicies } from '../workers/trial-pool.js';
import type { Io } from './io.js';

/** Threads cost about as much to start: what takes less stays in this one. */
const worthThreadsSeconds = 0.5;
const progressAfterSeconds = 1;

/** Exit code of a command that was stopped by Ctrl-C: what shells expect of SIGINT. */
export const interrupted = 130;

/** Says what a stopped study still tells. */
export function remarkStopped(io: Io, some: boolean): void {
  io.remark(some ? 'stopped: these are the trials that were done by then' : 'stopped before any trial was done');
}

export interface ConductedTrials<Result> {
  readonly result: Result;
  readonly stopped: boolean;
}

/**
 * Conducts a study's trials: on worker threads when asked for or when they pay, with a progress bar on a terminal, and with
 * Ctrl-C for what is done so far (a second one ends the program at once). Results are the same with any number of workers.
 * Users' policies never run in this thread: one that never returns could not be stopped.
 * @param workers Threads; undefined: as many as there are cores, if the first trials say that it takes long enough.
 */
export async function conductTrials<Result>(
  io: Io,
  workers: number | undefined,
  trials: number,
  users: UserPolicies,
  study: (conduct: TrialConduct) => Promise<Result>,
): Promise<ConductedTrials<Result>> {
  let stopped = false;
  const stop = (): void => {
    stopped = true;
  };
  process.once('SIGINT', stop);
  const bar = io.interactive ? progressBar() : undefined;
  const threads = workers ?? availableParallelism();
  const team = new Team(threads, workers !== undefined, trials, users);
  try {
    const result = await study({
      execute: team.execute,
      ahead: threads + 1,
      stopped: () => stopped,
      onProgress: (label, done, of) => bar?.(label, done, of),
    });
    return { result, stopped };
  } finally {
    bar?.('', 0, 0);
    team.close();
    process.off('SIGINT', stop);
  }
}

/** Runs one trial with all that happens in it. */
export async function conductWatched(task: TrialTask, trial: number, users: UserPolicies): Promise<WatchedTrial> {
  if (Object.keys(users.code).length === 0) return watchedTrial(task, trial);
  const pool = new TrialPool(1, users);
  try {
    return await pool.watch(task, trial);
  } finally {
    pool.close();
  }
}

/** This thread, and a pool once it pays. */
class Team {
  readonly #threads: number;
  readonly #trials: number;
  readonly #users: UserPolicies;
  readonly #memo = new StepMemo();
  readonly #here = executorHere(this.#memo);
  #pool: TrialPool | undefined;
  #line: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(threads: number, asked: boolean, trials: number, users: UserPolicies) {
    this.#threads = threads;
    this.#trials = trials;
    this.#users = users;
    const apart = Object.keys(users.code).length > 0;
    if (apart || (asked && threads > 1)) this.#pool = new TrialPool(threads, users);
  }

  readonly execute: TrialExecutor = (task, first, count) => {
    if (this.#pool) return this.#pool.execute(task, first, count);
    // One after the other, and each in a turn of its own so that Ctrl-C is heard; by its turn there may be a pool.
    const books = this.#line.then(async () => {
      await new Promise((turn) => setImmediate(turn));
      if (this.#closed) throw new Error('the study has ended');
      if (this.#pool) return this.#pool.execute(task, first, count);
      const start = performance.now();
      const done = await this.#here(task, first, count);
      this.#time((performance.now() - start) / 1000, first, count);
      return done;
    });
    this.#line = books.then(
      () => undefined,
      () => undefined,
    );
    return books;
  };

  close(): void {
    this.#closed = true;
    this.#pool?.close();
  }

  /** Starts the pool when the rest would take long; the first block is slower than the others, and doesn't count. */
  #time(seconds: number, first: number, count: number): void {
    if (first === 0) return;
    const rest = ((this.#trials - first - count) / count) * seconds;
    if (!this.#closed && this.#threads > 1 && rest > worthThreadsSeconds)
      this.#pool = new TrialPool(this.#threads, this.#users, this.#memo.takeNews());
  }
}

/** A bar with the time left, shown once the work has taken a second. */
function progressBar(): (label: string, done: number, trials: number) => void {
  const start = performance.now();
  let shown: { readonly bar: cliProgress.SingleBar; readonly label: string; since: number; before: number } | undefined;
  return (label, done, trials) => {
    if (shown && shown.label !== label) {
      shown.bar.stop();
      shown = undefined;
    }
    if (label === '' || (performance.now() - start) / 1000 < progressAfterSeconds) return;
    if (!shown) {
      const bar = new cliProgress.SingleBar({
        format: `${label} {bar} {value}/{total} trials, {left} left`,
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
      });
      bar.start(trials, done, { left: '?' });
      shown = { bar, label, since: performance.now(), before: done };
    }
    // From the start, all workers together: smoother than the last few blocks.
    const seconds = (performance.now() - shown.since) / 1000;
    const left = done > shown.before ? Math.ceil((seconds * (trials - done)) / (done - shown.before)) : undefined;
    shown.bar.update(done, { left: left === undefined ? '?' : left < 120 ? `${left} s` : duration(left) });
  };
}
