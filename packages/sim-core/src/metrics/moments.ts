/**
 * Arithmetic mean.
 * @throws RangeError when there are no values.
 */
export function mean(values: ArrayLike<number>): number {
  if (values.length === 0) throw new RangeError('mean: no values');
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  return sum / values.length;
}

/**
 * Sample variance (divisor n - 1), in two passes so that a large mean costs no digits; 0 for one value.
 * @throws RangeError when there are no values.
 */
export function variance(values: ArrayLike<number>): number {
  const centre = mean(values);
  let squares = 0;
  let rest = 0;
  for (let i = 0; i < values.length; i++) {
    const deviation = (values[i] ?? 0) - centre;
    squares += deviation * deviation;
    rest += deviation;
  }
  // The deviations would add up to nothing but for the rounding of the mean, which this takes out (Chan, Golub, LeVeque 1983).
  return values.length > 1 ? Math.max(0, squares - (rest * rest) / values.length) / (values.length - 1) : 0;
}

/** Square root of the sample variance. @throws RangeError when there are no values. */
export function standardDeviation(values: ArrayLike<number>): number {
  return Math.sqrt(variance(values));
}

/** Standard error of the mean of independent values; 0 for one value. @throws RangeError when there are no values. */
export function standardError(values: ArrayLike<number>): number {
  return Math.sqrt(variance(values) / values.length);
}
