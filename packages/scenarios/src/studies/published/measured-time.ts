import type { PublishedRow } from './published-file.js';

/** The times that a row can be scored against, in seconds; empty when it publishes none. */
export function measuredStepSeconds(row: PublishedRow): readonly number[] {
  const { measured, derived, model } = row;
  if (/resnet|lora/i.test(model.name ?? '')) return [];
  if (measured.stepSeconds) return [measured.stepSeconds];
  if (measured.tokensPerSecond && row.globalBatch && model.seqLen) {
    return [(row.globalBatch * model.seqLen) / measured.tokensPerSecond];
  }
  if (derived?.stepSeconds) return [derived.stepSeconds];
  return [derived?.stepSecondsIfCausalFlops, derived?.stepSecondsIfFullAttnFlops].filter(
    (seconds): seconds is number => typeof seconds === 'number',
  );
}
