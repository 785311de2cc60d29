import type { Job } from '../job.js';
import { parameterCount, predictionParameterCount, type RankParameters } from '../parameters.js';
import { weightBytes, wideBytes } from './narrow-storage.js';

/** Bytes of weights, gradients and optimizer states of one parameter (spec/model.md 3.1). */
export interface StateBytes {
  readonly weights: number;
  readonly gradients: number;
  readonly optimizer: number;
}

export function stateBytesOf(job: Job): StateBytes {
  const { framework, offloadOptimizer, gradientBytes, momentBytes = 4 } = job.options;
  const fp32 = job.precision === 'fp32' || framework === 'fsdp';
  const wide = wideBytes(job.precision);
  // DeepSpeed's BF16Optimizer accumulates into fp32 and keeps what the backward pass left.
  const left = framework === 'deepspeed' && gradientBytes > wide ? wide : 0;
  return {
    weights: fp32 ? 4 : wide,
    gradients: (framework === 'fsdp' ? 4 : gradientBytes) + left,
    optimizer: offloadOptimizer ? 0 : 2 * momentBytes + (fp32 ? 0 : 4),
  };
}

/** Bytes of the whole model's weights, gradients and optimizer states. */
export function modelStateBytes(job: Job): number {
  const { weights, gradients, optimizer } = stateBytesOf(job);
  const parameters = parameterCount(job.model).total + predictionParameterCount(job.model);
  return parameters * (weights + gradients + optimizer);
}

/** Parameters of one rank: of its layers, which narrow formats store as they do, and of embedding and head. */
export interface HeldParameters {
  readonly layers: RankParameters;
  readonly edges: RankParameters;
}

/** State of a rank's parameters under the ZeRO stage, sharded over the group that shares them. */
export function rankState(job: Job, { layers, edges }: HeldParameters): StateBytes {
  const bytes = stateBytesOf(job);
  const all = (stage: number): number => shardedParameters(job, stage, layers) + shardedParameters(job, stage, edges);
  const narrow = bytes.weights === 4 ? 4 : weightBytes(job);
  return {
    weights: narrow * shardedParameters(job, 3, layers) + bytes.weights * shardedParameters(job, 3, edges),
    gradients: bytes.gradients * all(2),
    optimizer: bytes.optimizer * all(1),
  };
}

/** Parameters of a rank's share of what a ZeRO stage and those above it shard. */
export function shardedParameters(job: Job, stage: number, { dense, expert }: RankParameters): number {
  const { data, context, tensor, expert: e, expertTensor, zero } = job.parallel;
  const shardGroup = job.options.shardGroup > 0 ? job.options.shardGroup : data * context;
  const expertGroup = (data * context * tensor) / (e * expertTensor);
  const over = (group: number): number => (zero >= stage ? Math.max(1, group) : 1);
  return dense / over(shardGroup) + expert / over(expertGroup);
}
