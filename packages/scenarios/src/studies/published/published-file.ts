import * as z from 'zod';

const positive = z.number().positive();
const optionalPositive = positive.nullish();
const optionalCount = z.number().int().positive().nullish();
const optionalCountOrZero = z.number().int().min(0).nullish();

const modelSchema = z.looseObject({
  name: z.string().nullish(),
  layers: z.number().int().positive().max(10_000).nullish(),
  hidden: optionalCount,
  heads: optionalCount,
  kvHeads: optionalCount,
  headDim: optionalCount,
  ffn: optionalCount,
  vocab: optionalCount,
  seqLen: optionalCount,
  gatedMlp: z.boolean().nullish(),
  moeFfn: optionalCount,
  experts: optionalCountOrZero,
  topK: optionalCount,
  attention: z.string().nullish(),
  denseLayers: optionalCountOrZero,
  sharedExperts: optionalCountOrZero,
  params: optionalPositive,
  paramsB: optionalPositive,
});

const measuredSchema = z.looseObject({
  stepSeconds: optionalPositive,
  stepSecondsMean: optionalPositive,
  tokensPerSecond: optionalPositive,
  tokensPerSecondPerGpu: optionalPositive,
  sequencesPerSecond: optionalPositive,
  tflopsPerGpu: optionalPositive,
  tflopsKind: z.string().nullish(),
  memoryGiB: optionalPositive,
  memoryActivationsGiB: optionalPositive,
  memoryParamsOptimizerGiB: optionalPositive,
  outOfMemory: z.boolean().nullish(),
});

export const rowSchema = z.looseObject({
  id: z.string(),
  /** Table that the row is from, where a file mixes several. */
  source: z.string().nullish(),
  section: z.string().nullish(),
  round: z.string().nullish(),
  container: z.string().nullish(),
  org: z.string().nullish(),
  model: modelSchema,
  gpu: z.string().nullish(),
  system: z.string().nullish(),
  gpus: z.number().int().positive(),
  tensorParallel: optionalCount,
  pipelineParallel: optionalCount,
  contextParallel: optionalCount,
  expertParallel: optionalCount,
  expertTensorParallel: optionalCount,
  dataParallel: optionalCount,
  sequenceParallel: z.boolean().nullish(),
  optimizerSharding: z.union([z.boolean(), z.string()]).nullish(),
  zeroStage: z.number().int().min(0).max(3).nullish(),
  fsdpShardGroup: optionalCountOrZero,
  microBatch: optionalPositive,
  globalBatch: optionalCount,
  gradAccum: optionalPositive,
  interleave: optionalCountOrZero,
  schedule: z.string().nullish(),
  recompute: z.string().nullish(),
  dtype: z.string().nullish(),
  mixedPrecisionMode: z.string().nullish(),
  torchCompile: z.boolean().nullish(),
  hostNetworking: z.string().nullish(),
  measured: measuredSchema,
  derived: z
    .looseObject({
      stepSeconds: optionalPositive,
      stepSecondsIfCausalFlops: optionalPositive,
      stepSecondsIfFullAttnFlops: optionalPositive,
    })
    .nullish(),
  use: z.enum(['calibration', 'validation']).nullish(),
  uncertain: z.unknown().optional(),
  /** Fields that could not be read and were left out, in words. */
  notRead: z.array(z.string()).optional(),
});

export const publishedFileSchema = z.looseObject({
  source: z.string().nullish(),
  hardware: z.unknown().optional(),
  rows: z.array(rowSchema),
});

/** One measured run as printed; absent and null fields were not published. */
export type PublishedRow = z.infer<typeof rowSchema>;

/** A row that cannot be read at all. */
export interface UnreadableRow {
  readonly id: string;
  readonly reason: string;
}

/** A file of published measurements, in the form of reference/published. */
export type PublishedFile = z.infer<typeof publishedFileSchema> & {
  readonly unreadable?: readonly UnreadableRow[];
};
