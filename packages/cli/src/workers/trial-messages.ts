import type { InputIssue, SimulatedSteps, TrialTask, WatchedTrial } from '@regatta/scenarios';
import type { RunBooks } from '@regatta/sim-core';

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
  /** Degraded states that others have simulated since the last order. */
  readonly steps: SimulatedSteps;
}

export type TrialAnswer =
  | {
      readonly id: number;
      readonly books: readonly RunBooks[];
      readonly watched?: WatchedTrial;
      readonly steps: SimulatedSteps;
    }
  | { readonly id: number; readonly issues: readonly InputIssue[] }
  | { readonly id: number; readonly policyError: string }
  | { readonly id: number; readonly error: string };
