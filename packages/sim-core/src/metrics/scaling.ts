/** Throughput of one point of a scaling study. */
export interface ScalingPoint {
  readonly gpus: number;
  readonly tokensPerSecond: number;
}

export interface Scaling {
  /** Throughput over the baseline's. */
  readonly speedup: number;
  /** GPUs over the baseline's. */
  readonly idealSpeedup: number;
  /** speedup / idealSpeedup: the "linear speedup ratio" of the literature (spec/model.md 9.1). */
  readonly scalingEfficiency: number;
}

/** Speedup and linear-scaling efficiency of a point against a baseline; the same for weak and strong scaling. */
export function scalingAgainst(baseline: ScalingPoint, point: ScalingPoint): Scaling {
  const speedup = point.tokensPerSecond / baseline.tokensPerSecond;
  const idealSpeedup = point.gpus / baseline.gpus;
  return { speedup, idealSpeedup, scalingEfficiency: speedup / idealSpeedup };
}
