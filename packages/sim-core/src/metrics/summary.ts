import { confidenceInterval, type Interval } from './confidence-interval.js';
import { mean } from './moments.js';
import { quantileOfSorted, sortedCopy } from './quantile.js';

/** What a report says of a figure over independent trials. */
export interface Summary {
  readonly mean: number;
  /** 95 % confidence interval of the mean. */
  readonly ci95: Interval;
  readonly p5: number;
  readonly p50: number;
  readonly p95: number;
}

/**
 * Mean with its 95 % confidence interval (Student's t) and percentiles; of one value, that value everywhere.
 * @throws RangeError when there are no values or one is NaN.
 */
export function summary(values: ArrayLike<number>): Summary {
  const sorted = sortedCopy(values);
  return {
    mean: mean(values),
    ci95: confidenceInterval(values),
    p5: quantileOfSorted(sorted, 0.05),
    p50: quantileOfSorted(sorted, 0.5),
    p95: quantileOfSorted(sorted, 0.95),
  };
}
