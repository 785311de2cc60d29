import { confidenceInterval, type Interval } from './confidence-interval.js';
import { mean, variance } from './moments.js';

/** Difference of two variants that met the same luck, trial by trial. */
export interface PairedComparison {
  /** Mean of `values[i] - against[i]`. */
  readonly meanDifference: number;
  readonly interval: Interval;
  /** Whether the interval leaves zero out; never for a single pair. */
  readonly significant: boolean;
  /**
   * How many times as many trials unpaired runs would need for an interval as narrow: the variance of a difference of
   * independent runs over that of the pairs. Infinity where all pairs differ by the same; 1 for a single pair.
   */
  readonly trialsRatio: number;
}

/**
 * Compares two variants by the difference within each trial, which common random numbers make far less variable than either.
 * @throws RangeError when the lists are empty or of different length, or the level lies outside (0, 1).
 */
export function pairedComparison(
  values: ArrayLike<number>,
  against: ArrayLike<number>,
  level = 0.95,
): PairedComparison {
  if (values.length !== against.length) {
    throw new RangeError(`pairedComparison: ${values.length} values against ${against.length}`);
  }
  const differences = Float64Array.from(values, (value, i) => value - (against[i] ?? Number.NaN));
  const interval = confidenceInterval(differences, level);
  const paired = variance(differences);
  const unpaired = variance(values) + variance(against);
  return {
    meanDifference: mean(differences),
    interval,
    significant: differences.length > 1 && (interval[0] > 0 || interval[1] < 0),
    trialsRatio: paired === unpaired ? 1 : unpaired / paired,
  };
}
