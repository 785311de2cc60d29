import { z } from 'zod';

const positive = z.number().positive();
const optionalPositive = positive.nullish();

const modelSchema = z.looseObject({
  name: z.string().nullish(),
  layers: optionalPositive,
  hidden: optionalPositive,
  heads: optionalPositive,
  kvHeads: optionalPositive,
  headDim: optionalPositive,
  ffn: optionalPositive,
  vocab: optionalPositive,
  seqLen: optionalPositive,
  gatedMlp: z.boolean().nullish(),
  moeFfn: optionalPositive,
  experts: optionalPositive,
  topK: optionalPositive,
  attention: z.string().nullish(),
  denseLayers: z.number().nullish(),
  sharedExperts: z.number().nullish(),
  params: optionalPositive,
  paramsB: optionalPositive,
});

const measuredSchema = z.looseObject({
  stepSeconds: optionalPositive,
  tokensPerSecond: optionalPositive,
  tflopsPerGpu: optionalPositive,
  memoryGiB: optionalPositive,
  memoryActivationsGiB: optionalPositive,
  memoryParamsOptimizerGiB: optionalPositive,
  outOfMemory: z.boolean().nullish(),
});

const rowSchema = z.looseObject({
  id: z.string(),
  section: z.string().nullish(),
  round: z.string().nullish(),
  container: z.string().nullish(),
  org: z.string().nullish(),
  model: modelSchema,
  gpu: z.string().nullish(),
  system: z.string().nullish(),
  gpus: positive,
  tensorParallel: optionalPositive,
  pipelineParallel: optionalPositive,
  contextParallel: optionalPositive,
  expertParallel: optionalPositive,
  expertTensorParallel: optionalPositive,
  dataParallel: optionalPositive,
  sequenceParallel: z.boolean().nullish(),
  optimizerSharding: z.union([z.boolean(), z.string()]).nullish(),
  zeroStage: z.number().nullish(),
  fsdpShardGroup: z.number().nullish(),
  microBatch: optionalPositive,
  globalBatch: optionalPositive,
  gradAccum: optionalPositive,
  interleave: optionalPositive,
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
});

export const publishedFileSchema = z.looseObject({
  source: z.string().nullish(),
  hardware: z.unknown().optional(),
  rows: z.array(rowSchema),
});

/** A file of published measurements, in the form of reference/published. */
export type PublishedFile = z.infer<typeof publishedFileSchema>;
/** One measured run as printed; absent and null fields were not published. */
export type PublishedRow = z.infer<typeof rowSchema>;
