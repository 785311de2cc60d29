/** A run in the terms of the closed forms; any one unit of time (spec/reliability.md 1). */
export interface LongRunTerms {
  /** Useful time that the job needs (T_s). */
  readonly solve: number;
  /** Useful compute between checkpoints (tau). */
  readonly interval: number;
  /** Stall by one write (delta). */
  readonly write: number;
  /** Restart, which failures can strike (R). */
  readonly restart: number;
  /** Down time before it, which they cannot (D). */
  readonly down: number;
  /** Mean time between failures of the whole job (M). */
  readonly mtbf: number;
}

/** Expected wall time of one segment of length `length` (3.1). */
export function expectedSegment({ mtbf, restart, down }: LongRunTerms, length: number): number {
  if (mtbf === Number.POSITIVE_INFINITY) return length;
  return Math.exp(restart / mtbf) * (mtbf + down) * Math.expm1(length / mtbf);
}

/** Segments of a run: whole ones with a write, then the rest without. A rest of rounding error is none. */
export function segmentsOf({ solve, interval }: Pick<LongRunTerms, 'solve' | 'interval'>): {
  readonly whole: number;
  readonly last: number;
} {
  const whole = Math.max(0, Math.ceil(solve / interval - 1e-9) - 1);
  return { whole, last: whole === 0 ? solve : solve - whole * interval };
}

/** Expected wall time of a run under Poisson failures, exact for the model (3.2). */
export function expectedWall(terms: LongRunTerms): number {
  const { whole, last } = segmentsOf(terms);
  const each = whole === 0 ? 0 : expectedSegment(terms, terms.interval + terms.write);
  return whole * each + expectedSegment(terms, last);
}

export const expectedEttr = (terms: LongRunTerms): number => terms.solve / expectedWall(terms);

/** Expected share of useful time of a run without end: (3.1) for one segment. */
export const steadyEttr = (terms: Omit<LongRunTerms, 'solve'>): number =>
  terms.interval / expectedSegment({ ...terms, solve: terms.interval }, terms.interval + terms.write);

/**
 * First-order ETTR of Kokolis et al. (HPCA 2025 v2), (5.1): only for rate * (u0 + interval/2) below about 0.2; 0 where it
 * would be negative. u0 = restart + down.
 */
export function firstOrderEttr({ interval, write, restart, down, mtbf }: Omit<LongRunTerms, 'solve'>): number {
  return Math.max(0, (1 - (restart + down + interval / 2) / mtbf) / (1 + write / interval));
}

/** First-order ETTR with a queue wait after every failure, long runs only (spec/reliability.md 5). */
export function queuedEttr(terms: LongRunTerms, queue: number): number {
  const { solve, interval, write, restart, down, mtbf } = terms;
  const start = restart + down;
  const a = 1 - (start + interval / 2) / mtbf;
  if (a <= 0) return 0;
  const scheduled = (solve * (1 + write / interval) + start) / a;
  return solve / (scheduled * (1 + queue / mtbf) + queue);
}

/** Expected loss of one failure where a checkpoint is durable `persist` after it was taken (Gemini, SOSP 2023; section 6). */
export const wastedPerFailure = (persist: number, interval: number, retrieve: number): number =>
  persist + interval / 2 + retrieve;
