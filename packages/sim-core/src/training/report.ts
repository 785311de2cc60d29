import type { LossAccount } from '../metrics/loss-causes.js';

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
  readonly gpuSeconds: LossAccount;
  readonly folding: { readonly ranks: number; readonly classes: number; readonly events: number };
}
