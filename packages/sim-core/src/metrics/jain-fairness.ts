/**
 * Fairness of an allocation, from 1/n (one has everything) to 1 (all have the same): (sum x)^2 / (n sum x^2), Jain, Chiu and
 * Hawe (1984). Nobody having anything counts as fair.
 * @throws RangeError when there are no values or one is negative or not finite.
 */
export function jainFairness(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('jainFairness: no values');
  const wrong = values.find((value) => !(value >= 0 && value < Number.POSITIVE_INFINITY));
  if (wrong !== undefined) throw new RangeError(`jainFairness: a value is ${wrong}, must be finite and 0 or more`);
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  if (largest === 0) return 1;
  // In units of the largest, so that no square leaves the range of numbers.
  const sum = values.reduce((total, value) => total + value / largest, 0);
  const squares = values.reduce((total, value) => total + (value / largest) ** 2, 0);
  return (sum * sum) / (values.length * squares);
}
