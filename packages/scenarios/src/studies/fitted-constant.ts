/** Constants that measurements can fit: efficiencies of a device, and the least time of a benchmark's iteration. */
export type ConstantName = 'gemmMax' | 'narrowGemmMax' | 'nvlinkMax' | 'nicMax' | 'benchmarkLaunchSeconds';

/** One fitted constant, with what it rests on. */
export interface FittedConstant {
  readonly device: string;
  readonly stack: string;
  readonly name: ConstantName;
  readonly value: number;
  readonly before: number;
  readonly default: number;
  /** Ids of the rows, or of the tables of a benchmark, that it was fitted to. */
  readonly rows: readonly string[];
  /** Mean |predicted - measured| / measured over those rows, with the old value and with the new one. */
  readonly errorBefore: number;
  readonly errorAfter: number;
  /** Mean error of each row under the constant fitted on the others; absent with one row. */
  readonly leaveOneOutError?: number;
  /** Greatest distance of a single row's own best value from the common one. */
  readonly spread: number;
  readonly confidence: 'low' | 'medium' | 'high';
  /** What is doubtful about it, in words. */
  readonly remark?: string;
}

/** A measurement beside what the model says of it under a value of the constant. */
export interface Sample {
  readonly id: string;
  readonly measuredSeconds: number;
  predictedSeconds(value: number): number;
}

const errorOf = (sample: Sample, value: number): number =>
  Math.abs(sample.predictedSeconds(value) / sample.measuredSeconds - 1);

export const meanError = (samples: readonly Sample[], value: number): number =>
  samples.reduce((sum, sample) => sum + errorOf(sample, value), 0) / samples.length;

/**
 * Efficiency at which the mean log error of the samples is nothing; times get shorter as an efficiency grows, so bisection finds
 * it. At most 1, at least 0.05.
 */
export function fitEfficiency(samples: readonly Sample[]): number {
  const logError = (value: number): number =>
    samples.reduce((sum, sample) => sum + Math.log(sample.predictedSeconds(value) / sample.measuredSeconds), 0);
  let low = 0.05;
  let high = 1;
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    if (logError(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Efficiency with the least mean error of the samples: a search over all, then about the best. For measurements that are quick to predict. */
export function leastErrorEfficiency(samples: readonly Sample[]): number {
  let [best, step] = [0.525, 0.025];
  let candidates = Array.from({ length: 39 }, (_, i) => 0.05 + i * step);
  for (let round = 0; round < 4; round++) {
    let least = Number.POSITIVE_INFINITY;
    for (const value of candidates) {
      const error = meanError(samples, value);
      if (error >= least) continue;
      least = error;
      best = value;
    }
    step /= 8;
    candidates = Array.from({ length: 17 }, (_, i) => best + (i - 8) * step).filter(
      (value) => value >= 0.05 && value <= 1,
    );
  }
  return best;
}

const atEdge = (value: number): boolean => value > 0.99 || value < 0.06;

function confidenceOf(rows: number, spread: number, value: number, error: number): FittedConstant['confidence'] {
  if (atEdge(value) || error > 0.1) return 'low';
  if (rows >= 4 && spread < 0.05) return 'high';
  return rows >= 2 && spread < 0.1 ? 'medium' : 'low';
}

function remarkOf(value: number, spread: number, single: readonly number[]): string | undefined {
  if (atEdge(value)) return `no efficiency explains the measurements: ${value.toFixed(2)} is as far as it goes`;
  if (spread > 0.15)
    return `the measurements contradict one another: singly they give ${Math.min(...single).toFixed(2)} to ${Math.max(...single).toFixed(2)}`;
  return undefined;
}

/** Fits one efficiency to samples in groups: a training run each, or the sizes of a benchmark's table. */
export function fittedConstant(
  what: Pick<FittedConstant, 'device' | 'stack' | 'name' | 'before' | 'default'>,
  groups: readonly (readonly Sample[])[],
  fit: (samples: readonly Sample[]) => number = fitEfficiency,
): FittedConstant {
  const samples = groups.flat();
  const value = fit(samples);
  const single = groups.map((group) => fit(group));
  const spread = Math.max(...single.map((one) => Math.abs(one - value)));
  const errorAfter = meanError(samples, value);
  const held = groups.map((group, i) =>
    groups.length < 2 ? 0 : meanError(group, fit(groups.filter((_, j) => j !== i).flat())),
  );
  const remark = remarkOf(value, spread, single);
  return {
    ...what,
    value,
    rows: [...new Set(samples.map(({ id }) => id))],
    errorBefore: meanError(samples, what.before),
    errorAfter,
    ...(groups.length > 1 ? { leaveOneOutError: held.reduce((a, b) => a + b, 0) / held.length } : {}),
    spread,
    confidence: confidenceOf(groups.length, spread, value, errorAfter),
    ...(remark === undefined ? {} : { remark }),
  };
}
