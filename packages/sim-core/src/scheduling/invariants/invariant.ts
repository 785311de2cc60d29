import type { ClusterOutcome, ClusterRunInput } from '../cluster-run.js';
import { runCluster } from '../run-cluster.js';

/** Numbers of spec/scheduling.md A. */
export type InvariantId = `S${number}`;

/** One breach of an invariant. */
export interface Violation {
  readonly invariant: InvariantId;
  readonly timeSeconds: number;
  readonly job?: string;
  readonly message: string;
}

/** A run to be checked: its input, its outcome, and the means to run the same policy on a changed input. */
export interface CheckedRun {
  readonly input: ClusterRunInput;
  readonly outcome: ClusterOutcome;
  rerun(changes: Partial<ClusterRunInput>): ClusterOutcome;
}

/** One invariant: what it says, which runs it can be asked of, and its check on log and input. */
export interface Invariant {
  readonly id: InvariantId;
  readonly title: string;
  /** Whether the policy claims it and the run meets its conditions. */
  applies(run: CheckedRun): boolean;
  /** Breaches, the earliest first; empty when it holds. */
  check(run: CheckedRun): readonly Violation[];
}

/** Runs the input and wraps it for checking. */
export function checkedRun(input: ClusterRunInput): CheckedRun {
  const checked = { ...input, checkIdempotence: true, keepLog: true };
  return observedRun(checked, runCluster(checked));
}

/** A run that has been made already. */
export function observedRun(input: ClusterRunInput, outcome: ClusterOutcome): CheckedRun {
  return { input, outcome, rerun: (changes) => runCluster({ ...input, keepLog: true, ...changes }) };
}

/** What rounding may do to a time or a sum of this size. */
export function slack(...sizes: readonly number[]): number {
  return 1e-9 * sizes.reduce((most, size) => (Number.isFinite(size) ? Math.max(most, Math.abs(size)) : most), 1e-3);
}
