/** Times between failures of one instance, in seconds. */
export interface GapDistribution {
  readonly meanSeconds: number;
  /** Gap of a uniform draw in [0, 1), increasing. */
  quantile(uniform: number): number;
  /** Share of gaps that are at most this long. */
  cumulative(seconds: number): number;
}

/** Constant rate 1 / mean: memoryless. */
export function exponentialGaps(meanSeconds: number): GapDistribution {
  return {
    meanSeconds,
    quantile: (uniform) => -meanSeconds * Math.log1p(-uniform),
    cumulative: (seconds) => -Math.expm1(-seconds / meanSeconds),
  };
}

/** Weibull with the given mean: shape below 1 = early failures, above 1 = wear. */
export function weibullGaps(meanSeconds: number, shape: number): GapDistribution {
  const scale = meanSeconds / gamma(1 + 1 / shape);
  return {
    meanSeconds,
    quantile: (uniform) => scale * (-Math.log1p(-uniform)) ** (1 / shape),
    cumulative: (seconds) => -Math.expm1(-((seconds / scale) ** shape)),
  };
}

/** Draws from a list of observed gaps, scaled so that their mean is `meanSeconds` where one is given. */
export function empiricalGaps(values: readonly number[], meanSeconds?: number): GapDistribution {
  if (values.length === 0) throw new RangeError('empiricalGaps: values is empty');
  const observed = values.reduce((sum, value) => sum + value, 0) / values.length;
  const factor = meanSeconds === undefined ? 1 : meanSeconds / observed;
  const sorted = values.map((value) => value * factor).sort((a, b) => a - b);
  return {
    meanSeconds: observed * factor,
    quantile: (uniform) => sorted[Math.min(sorted.length - 1, Math.floor(uniform * sorted.length))] ?? 0,
    cumulative: (seconds) => sorted.filter((value) => value <= seconds).length / sorted.length,
  };
}

const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** Gamma function for x > 0.5; Lanczos, relative error below 1e-14. */
function gamma(x: number): number {
  const t = x - 1;
  const series = lanczos.reduce((sum, c, i) => sum + c / (t + i + 1), 0.9999999999998099);
  const base = t + 7.5;
  return Math.sqrt(2 * Math.PI) * base ** (t + 0.5) * Math.exp(-base) * series;
}
