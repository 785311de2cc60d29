import { Worker } from 'node:worker_threads';
import type { TrialExecutor, TrialTask } from '@regatta/scenarios';
import type { RunBooks } from '@regatta/sim-core';
import type { TrialAnswer, TrialOrder } from './trial-messages.js';

interface Member {
  readonly worker: Worker;
  readonly knows: Set<number>;
  waiting: number;
}

/** Worker threads that run blocks of trials; each block goes to the one with the least before it. */
export class TrialPool {
  readonly #members: Member[];
  readonly #tasks = new Map<TrialTask, number>();
  readonly #open = new Map<number, { settle: (books: readonly RunBooks[]) => void; fail: (error: Error) => void }>();
  #orders = 0;

  constructor(workers: number) {
    // Bundled, every chunk of the command line lies beside the folder of the workers.
    const code = new URL('./workers/trial-worker.js', import.meta.url);
    this.#members = Array.from({ length: workers }, () => {
      const member = { worker: new Worker(code), knows: new Set<number>(), waiting: 0 };
      member.worker.on('message', (answer: TrialAnswer) => {
        member.waiting--;
        this.#receive(answer);
      });
      member.worker.on('error', (error) => this.#failAll(error));
      return member;
    });
  }

  readonly execute: TrialExecutor = (task, first, count) => {
    const member = this.#members.reduce((least, other) => (other.waiting < least.waiting ? other : least));
    const index = this.#tasks.get(task) ?? this.#tasks.size;
    this.#tasks.set(task, index);
    const order: TrialOrder = {
      id: this.#orders++,
      task: index,
      first,
      count,
      ...(member.knows.has(index) ? {} : { details: task }),
    };
    member.knows.add(index);
    member.waiting++;
    return new Promise((settle, fail) => {
      this.#open.set(order.id, { settle, fail });
      member.worker.postMessage(order);
    });
  };

  close(): void {
    for (const { worker } of this.#members) void worker.terminate();
  }

  #receive(answer: TrialAnswer): void {
    const order = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    if ('books' in answer) order?.settle(answer.books);
    else order?.fail(new Error(answer.error));
  }

  #failAll(error: Error): void {
    for (const { fail } of this.#open.values()) fail(error);
    this.#open.clear();
  }
}
