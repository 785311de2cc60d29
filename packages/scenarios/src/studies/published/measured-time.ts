import { type Job, stepFlops } from '@regatta/sim-core';
import type { PublishedRow } from './published-file.js';

/** Rows of other benchmarks than language models' pre-training. */
export const otherBenchmark = (row: PublishedRow): boolean =>
  /resnet|lora|stable.?diffusion|\b(dlrm|rnn-?t|mask.?r-?cnn|3d-?unet|ssd|retinanet|gnn)\b/i.test(row.model.name ?? '');

/** The times that a row can be scored against, in seconds; empty when it publishes none. */
export function measuredStepSeconds(row: PublishedRow): readonly number[] {
  const { measured, derived, model } = row;
  if (otherBenchmark(row)) return [];
  const step = measured.stepSeconds ?? measured.stepSecondsMean;
  if (step) return [step];
  const tokens =
    measured.tokensPerSecond ??
    (measured.tokensPerSecondPerGpu ? measured.tokensPerSecondPerGpu * row.gpus : undefined);
  if (tokens && row.globalBatch && model.seqLen) return [(row.globalBatch * model.seqLen) / tokens];
  if (measured.sequencesPerSecond && row.globalBatch) return [row.globalBatch / measured.sequencesPerSecond];
  if (derived?.stepSeconds) return [derived.stepSeconds];
  return [derived?.stepSecondsIfCausalFlops, derived?.stepSecondsIfFullAttnFlops].filter(
    (seconds): seconds is number => typeof seconds === 'number',
  );
}

/** True when a row prints FLOP/s and says which FLOP it counts, so that its job turns them into a time. */
export const hasCountedFlops = ({ measured }: PublishedRow): boolean =>
  Boolean(measured.tflopsPerGpu && measured.tflopsKind);

/**
 * Step time that printed TFLOP/s mean: `tflopsKind` says model or hardware FLOP (with what recomputation runs again), and whether
 * attention counts causally, by half.
 */
export function secondsOfFlops(row: PublishedRow, job: Job): number | undefined {
  const { tflopsPerGpu, tflopsKind } = row.measured;
  if (!tflopsPerGpu || !tflopsKind) return undefined;
  const flopConvention = /causal|half/i.test(tflopsKind) && !/non-?causal|full/i.test(tflopsKind) ? 'causal' : 'full';
  const { model, hardware } = stepFlops(job.model, { ...job, flopConvention });
  return (/hardware|hfu|recompute/i.test(tflopsKind) ? hardware : model) / (tflopsPerGpu * 1e12 * row.gpus);
}
