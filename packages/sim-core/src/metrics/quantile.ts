/**
 * Quantile at `p` in [0, 1], linear between order statistics: definition 7 of Hyndman and Fan (1996), as numpy and R have it.
 * @throws RangeError when there are no values, one is NaN, or `p` lies outside [0, 1].
 */
export function quantile(values: ArrayLike<number>, p: number): number {
  return quantileOfSorted(sortedCopy(values), p);
}

/** `quantile` of values that ascend already. @throws RangeError when there are none, or `p` lies outside [0, 1]. */
export function quantileOfSorted(ascending: ArrayLike<number>, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`quantile: p is ${p}, must be from 0 to 1`);
  if (ascending.length === 0) throw new RangeError('quantile: no values');
  const rank = p * (ascending.length - 1);
  const below = Math.floor(rank);
  const low = ascending[below] ?? Number.NaN;
  const high = ascending[below + 1] ?? low;
  // Equal neighbours are taken as they are: infinite ones have no difference, and rounding must not leave the interval.
  return low === high || rank === below ? low : low + (rank - below) * (high - low);
}

/** The middle value, or the mean of the two in the middle. @throws RangeError when there are no values. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** Values in ascending order, the given ones left as they are. @throws RangeError when one is NaN. */
export function sortedCopy(values: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(values).sort();
  // NaN sorts last.
  if (Number.isNaN(sorted[sorted.length - 1])) throw new RangeError('quantile: a value is NaN');
  return sorted;
}
