import { Worker } from 'node:worker_threads';
import {
  InputError,
  type SimulatedSteps,
  type TrialExecutor,
  type TrialTask,
  type WatchedTrial,
} from '@regatta/scenarios';
import { PolicyStopped } from './policy-task.js';
import { linesBetween } from './step-exchange.js';
import type { TrialAnswer, TrialOrder } from './trial-messages.js';
import { watchPulse } from './watch-pulse.js';

interface Member {
  readonly worker: Worker;
  readonly knows: Set<number>;
  readonly stopWatching: () => void;
  waiting: number;
}

type Answered = Extract<TrialAnswer, { readonly books: unknown }>;

/** Compiled code of users' recovery policies by path, and how long one call into them may take. */
export interface UserPolicies {
  readonly code: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/** Worker threads that run blocks of trials; each block goes to the one with the least before it. */
export class TrialPool {
  readonly #members: Member[];
  readonly #users: UserPolicies;
  readonly #tasks = new Map<TrialTask, number>();
  readonly #open = new Map<number, { settle: (answer: Answered) => void; fail: (error: Error) => void }>();
  #orders = 0;

  /** @param known Step times that were simulated before. */
  constructor(workers: number, users: UserPolicies, known: SimulatedSteps = []) {
    this.#users = users;
    const lines = linesBetween(workers);
    // Bundled, every chunk of the command line lies beside the folder of the workers.
    const code = new URL('./workers/trial-worker.js', import.meta.url);
    const names = Object.keys(users.code);
    this.#members = lines.map((peers) => {
      const pulse = new SharedArrayBuffer(8);
      const stuck = `policy ${names.join(', ')}: did not return within ${users.timeoutSeconds} s, stopped`;
      const watch = (): (() => void) =>
        watchPulse(pulse, users.timeoutSeconds, () => this.#failAll(new PolicyStopped(stuck)));
      const member: Member = {
        worker: new Worker(code, { workerData: { pulse, peers, known }, transferList: [...peers] }),
        knows: new Set<number>(),
        stopWatching: names.length > 0 ? watch() : () => undefined,
        waiting: 0,
      };
      member.worker.on('message', (answer: TrialAnswer) => {
        member.waiting--;
        this.#receive(answer);
      });
      member.worker.on('error', (error) => this.#failAll(error));
      return member;
    });
  }

  readonly execute: TrialExecutor = async (task, first, count) =>
    (await this.#order(task, { first, count, watch: false })).books;

  async watch(task: TrialTask, trial: number): Promise<WatchedTrial> {
    const { watched } = await this.#order(task, { first: trial, count: 1, watch: true });
    if (!watched) throw new Error('trial-pool: a watched trial came without its phases');
    return watched;
  }

  close(): void {
    for (const { worker, stopWatching } of this.#members) {
      stopWatching();
      void worker.terminate();
    }
  }

  #order(task: TrialTask, what: Pick<TrialOrder, 'first' | 'count' | 'watch'>): Promise<Answered> {
    const member = this.#members.reduce((least, other) => (other.waiting < least.waiting ? other : least));
    const index = this.#tasks.get(task) ?? this.#tasks.size;
    this.#tasks.set(task, index);
    const details = member.knows.has(index) ? {} : { details: { task, policies: this.#users.code } };
    const order: TrialOrder = { id: this.#orders++, task: index, ...what, ...details };
    member.knows.add(index);
    member.waiting++;
    return new Promise((settle, fail) => {
      this.#open.set(order.id, { settle, fail });
      member.worker.postMessage(order);
    });
  }

  #receive(answer: TrialAnswer): void {
    const order = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    if ('books' in answer) order?.settle(answer);
    else if ('issues' in answer) order?.fail(new InputError(answer.issues));
    else if ('policyError' in answer) order?.fail(new PolicyStopped(answer.policyError));
    else order?.fail(new Error(answer.error));
  }

  #failAll(error: Error): void {
    for (const { fail } of this.#open.values()) fail(error);
    this.#open.clear();
  }
}
