import type { TrialTask } from '@regatta/scenarios';
import type { RunBooks } from '@regatta/sim-core';

/** What a pool asks of one of its workers. A task is sent with its first block only. */
export interface TrialOrder {
  readonly id: number;
  readonly task: number;
  readonly details?: TrialTask;
  readonly first: number;
  readonly count: number;
}

export type TrialAnswer =
  | { readonly id: number; readonly books: readonly RunBooks[] }
  | { readonly id: number; readonly error: string };
