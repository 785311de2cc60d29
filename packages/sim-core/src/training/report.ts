/** Causes of spec/model.md 9.2 in the order in which they are listed; every GPU-second is booked under exactly one. */
export const lossCauses = [
  'ideal',
  'recompute',
  'optimizer',
  'kernelInefficiency',
  'stragglers',
  'smContention',
  'networkContention',
  'exposedTensor',
  'exposedContext',
  'exposedExpert',
  'exposedPipeline',
  'exposedData',
  'imbalance',
  'pipelineBubble',
] as const;
export type LossCause = (typeof lossCauses)[number];

/** Bytes of the rank whose peak is the greatest; the parts add up to peakBytes. */
export interface MemoryReport {
  readonly deviceBytes: number;
  readonly peakBytes: number;
  readonly fits: boolean;
  readonly weightsBytes: number;
  readonly gradientsBytes: number;
  readonly optimizerBytes: number;
  readonly activationsBytes: number;
  readonly otherBytes: number;
  readonly worstRank: number;
}

/** One simulated optimizer step. */
export interface StepReport {
  readonly gpus: number;
  readonly microBatches: number;
  readonly stepSeconds: number;
  readonly tokensPerSecond: number;
  readonly modelFlops: number;
  readonly hardwareFlops: number;
  readonly modelTflopsPerGpu: number;
  readonly hardwareTflopsPerGpu: number;
  readonly mfu: number;
  readonly hfu: number;
  readonly memory: MemoryReport;
  /** GPU-seconds by cause; they add up to gpus * stepSeconds. */
  readonly gpuSeconds: Readonly<Record<LossCause, number>>;
  readonly folding: { readonly ranks: number; readonly classes: number; readonly events: number };
}
