import { mean, standardError } from './moments.js';
import { studentTQuantile } from './student-t.js';

/** Lower and upper end. */
export type Interval = readonly [low: number, high: number];

/**
 * Confidence interval of the mean of independent values, by Student's t; the value itself twice when there is only one.
 * @param level Probability that the interval holds the true mean.
 * @throws RangeError when there are no values or the level lies outside (0, 1).
 */
export function confidenceInterval(values: ArrayLike<number>, level = 0.95): Interval {
  const half = intervalHalfWidth(standardError(values), values.length, level);
  const centre = mean(values);
  return [centre - half, centre + half];
}

/**
 * Half the width of the interval of a mean of `count` values with the given standard error; 0 for one value. For values that
 * were accumulated (`RunningMoments`) rather than kept.
 * @throws RangeError when the level lies outside (0, 1).
 */
export function intervalHalfWidth(standardError: number, count: number, level = 0.95): number {
  if (!(level > 0 && level < 1))
    throw new RangeError(`confidenceInterval: level is ${level}, must lie between 0 and 1`);
  return count > 1 && standardError > 0 ? studentTQuantile((1 + level) / 2, count - 1) * standardError : 0;
}
