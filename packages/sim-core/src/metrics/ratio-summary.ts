import { confidenceInterval } from './confidence-interval.js';
import { mean } from './moments.js';
import { type Summary, summary } from './summary.js';

/**
 * Summary of a ratio of totals, such as time over events: the mean is total over total, since the mean of the trials' own ratios
 * is biased where events are few; its interval is that of the ratio estimator (delta method; Cochran, Sampling Techniques, 6.4). Percentiles are
 * of the trials' own ratios, a trial without events counting as one with one. Without any event at all it summarises the numerators.
 * @throws RangeError when there are no values, one is NaN, or the lists differ in length.
 */
export function ratioSummary(numerators: readonly number[], denominators: readonly number[]): Summary {
  if (numerators.length !== denominators.length)
    throw new RangeError(`ratioSummary: ${numerators.length} numerators, ${denominators.length} denominators`);
  const own = summary(numerators.map((value, i) => value / Math.max(1, denominators[i] ?? 0)));
  const events = mean(denominators);
  if (!(events > 0)) return own;
  const ratio = mean(numerators) / events;
  const residuals = numerators.map((value, i) => (value - ratio * (denominators[i] ?? 0)) / events);
  const [low, high] = confidenceInterval(residuals);
  return { ...own, mean: ratio, ci95: [ratio + low, ratio + high] };
}
