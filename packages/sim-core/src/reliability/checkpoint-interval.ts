import { lambertW0 } from './lambert-w.js';

/** Young 1974: sqrt(2 delta M), first order in delta / M (spec/reliability.md 4). Any one unit of time. */
export const youngInterval = (write: number, mtbf: number): number => Math.sqrt(2 * write * mtbf);

/** Daly 2006, higher order; capped at M from delta = 2M on (spec/reliability.md 4). */
export function dalyInterval(write: number, mtbf: number): number {
  if (write >= 2 * mtbf) return mtbf;
  const ratio = write / (2 * mtbf);
  return Math.sqrt(2 * write * mtbf) * (1 + Math.sqrt(ratio) / 3 + ratio / 9) - write;
}

/**
 * The exact minimum of the expected wall time for each unit of work, M (1 + W0(-exp(-1 - delta/M))): it depends on neither the
 * restart nor the down time (spec/reliability.md 4).
 */
export function optimalInterval(write: number, mtbf: number): number {
  if (write === 0 || mtbf === Number.POSITIVE_INFINITY) return write === 0 ? 0 : Number.POSITIVE_INFINITY;
  const ratio = write / mtbf;
  // Where delta << M the exponential loses the digits that count; the branch-point series in sqrt(2 delta/M) keeps them.
  if (ratio < 1e-8) return dalyInterval(write, mtbf);
  return mtbf * (1 + lambertW0(-Math.exp(-1 - ratio)));
}

/** Availability model of Saxena et al. (arXiv:2410.18124): the interval there includes the save; M mean time to failure. */
export const availabilityInterval = (save: number, mtbf: number, recovery: number): number =>
  save + Math.sqrt(2 * (mtbf + recovery) * save + save * save);
