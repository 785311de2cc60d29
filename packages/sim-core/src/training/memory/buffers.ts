import type { Job } from '../job.js';
import { headWidths } from '../parameters.js';
import type { RankMemory } from './chunk-memory.js';
import { gatheredWeightBytes, wideBytes } from './narrow-storage.js';
import { shardedParameters } from './state.js';

const gibibyte = 2 ** 30;
/** CUDA context and NCCL's communicators (spec/model.md 3.4). */
export const contextBytes = 0.8 * gibibyte;
export const communicatorBytes = 1 * gibibyte;

/** What a rank holds beside state and activations. */
export interface RankBuffers {
  /** Parameters that FSDP has gathered. */
  readonly gatheredBytes: number;
  /** Whole gradients: of FSDP units that wait to be reduced (only in the backward) or that accumulate over micro-batches. */
  readonly unitGradientBytes: number;
  readonly accumulatorBytes: number;
  /** Messages of a micro-batch: keys and values of other context ranks, routed tokens, the stage's own sends and receives. */
  readonly messageBytes: number;
  /** Buckets of overlapped gradients, or flat copies of the optimizer's step. */
  readonly bucketBytes: number;
}

function messageBytes({ model, parallel, microBatch, sequenceLength, precision, options }: Job): number {
  const wide = wideBytes(precision);
  const tokens = (microBatch * sequenceLength) / parallel.context;
  const normTokens = parallel.sequenceParallel ? tokens / parallel.tensor : tokens;
  let bytes = 0;
  if (parallel.context > 1) {
    const { queryKey, value } = headWidths(model);
    const kvHeads = model.mla || options.contextRepeatsHeads ? model.heads : model.kvHeads;
    const block = (wide * tokens * (queryKey + value) * kvHeads) / parallel.tensor;
    // A ring sends one block while it receives the next; a gather holds those of all ranks.
    bytes += block * (options.contextKind === 'allgather' ? parallel.context : 2);
  }
  if (parallel.expert > 1 && model.experts)
    bytes += 2 * wide * normTokens * model.experts.topK * options.moeImbalance * model.hidden;
  if (parallel.pipeline > 1) bytes += 2 * wide * normTokens * model.hidden;
  return bytes;
}

/** Elements of DeepSpeed's buckets, for the reduction of gradients and the gathering of parameters (reduce_bucket_size, allgather_bucket_size). */
const deepSpeedBucketElements = 5e8;

/** Elements that DeepSpeed's ZeRO-3 keeps gathered at most (stage3_max_live_parameters), and of its gradient bucket. */
const deepSpeedLiveElements = 1e9;

/**
 * FSDP keeps the unit of embedding and head from first to last, one layer in use and one that is prefetched; with parameters that
 * stay (`reshardAfterForward` false) all of the rank's. In the backward one layer's gradients exist whole in the parameters'
 * precision while those of the layer before are reduced in theirs. A pipeline reduces once a step: until then they accumulate whole.
 */
function shardedBuffers(
  job: Job,
  { held, largestLayers }: RankMemory,
): Pick<RankBuffers, 'gatheredBytes' | 'unitGradientBytes' | 'accumulatorBytes'> {
  const { options, parallel } = job;
  const wide = wideBytes(job.precision);
  const perWeight = gatheredWeightBytes(job);
  const edges = held.edges.dense + held.edges.expert;
  const all = held.layers.dense + held.layers.expert + edges;
  const [largest = 0, second = 0] = largestLayers;
  if (options.framework === 'deepspeed') {
    const live = Math.min(all, deepSpeedLiveElements);
    const bucket = Math.min(all, deepSpeedBucketElements);
    return { gatheredBytes: wide * live, unitGradientBytes: options.gradientBytes * bucket, accumulatorBytes: 0 };
  }
  const gathered = options.reshardAfterForward
    ? wide * edges + perWeight * (largest + second)
    : perWeight * all + (wide - perWeight) * edges;
  if (parallel.pipeline > 1)
    return {
      gatheredBytes: gathered,
      unitGradientBytes: wide * largest,
      accumulatorBytes: options.gradientBytes * all,
    };
  return {
    gatheredBytes: gathered,
    unitGradientBytes: wide * (edges + largest) + options.gradientBytes * largest,
    accumulatorBytes: 0,
  };
}

/**
 * What DeepSpeed allocates whole at the optimizer's step, in blocks too large for what the activations have left in a caching
 * allocator. Without ZeRO the gradients in fp32, one by one and then flat; with it their shard flat in 16 bit and in fp32, and a bucket of
 * parameters to gather. BF16Optimizer has flat fp32 gradients already and adds to them one whole parameter at a time.
 */
function flatCopyBytes(job: Job, { held, largestTensor }: RankMemory): number {
  const wide = wideBytes(job.precision);
  const accumulated = job.options.gradientBytes;
  const bucket = deepSpeedBucketElements * accumulated;
  if (accumulated > wide) return bucket + accumulated * largestTensor;
  const stepped = shardedParameters(job, 1, held.layers) + shardedParameters(job, 1, held.edges);
  if (job.parallel.zero === 0) return bucket + 2 * 4 * stepped;
  return bucket + deepSpeedBucketElements * wide + (wide + 4) * stepped;
}

export function rankBuffers(job: Job, memory: RankMemory): RankBuffers {
  const { data, context, zero } = job.parallel;
  const overlaps = data * context > 1 && job.options.dataOverlap && zero >= 1 && zero < 3;
  const sharded =
    zero === 3 ? shardedBuffers(job, memory) : { gatheredBytes: 0, unitGradientBytes: 0, accumulatorBytes: 0 };
  const flat = job.options.framework === 'deepspeed' && zero < 3 ? flatCopyBytes(job, memory) : 0;
  return {
    ...sharded,
    messageBytes: messageBytes(job),
    bucketBytes: flat > 0 ? flat : overlaps ? 2 * job.options.bucketBytes : 0,
  };
}
