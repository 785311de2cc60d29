import type { MessagePort } from 'node:worker_threads';
import type { InputIssue, SimulatedSteps, TrialTask, WatchedTrial } from '@regatta/scenarios';
import type { RunBooks } from '@regatta/sim-core';

/** What a worker of a pool begins with. */
export interface TrialWorkerData {
  /** Beats while a user's policy runs. */
  readonly pulse: SharedArrayBuffer;
  /** To each of the other workers: degraded states, as soon as one has simulated them. */
  readonly peers: readonly MessagePort[];
  /** Degraded states that were simulated before. */
  readonly known: SimulatedSteps;
}

/** A task with the code of the users' recovery policies that it names, by path. */
export interface TaskDetails {
  readonly task: TrialTask;
  readonly policies: Readonly<Record<string, string>>;
}

/** What a pool asks of one of its workers. A task is sent with its first block only. */
export interface TrialOrder {
  readonly id: number;
  readonly task: number;
  readonly details?: TaskDetails;
  readonly first: number;
  readonly count: number;
  /** Send the phases and stops of the first trial too. */
  readonly watch: boolean;
}

export type TrialAnswer =
  | {
      readonly id: number;
      readonly books: readonly RunBooks[];
      readonly watched?: WatchedTrial;
    }
  | { readonly id: number; readonly issues: readonly InputIssue[] }
  | { readonly id: number; readonly policyError: string }
  | { readonly id: number; readonly error: string };
