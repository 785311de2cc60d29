import type { Job } from '../job.js';
import { parameterCount, type RankParameters } from '../parameters.js';
import { weightBytes, wideBytes } from './narrow-storage.js';

/** Bytes of weights, gradients and optimizer states of one parameter (spec/model.md 3.1). */
export interface StateBytes {
  readonly weights: number;
  readonly gradients: number;
  readonly optimizer: number;
}

export function stateBytesOf(job: Job): StateBytes {
  const { fp32Parameters, offloadOptimizer, separateGradients, gradientBytes } = job.options;
  const fp32 = job.precision === 'fp32' || fp32Parameters === true;
  return {
    weights: fp32 ? 4 : wideBytes(job.precision),
    gradients: (fp32Parameters ? 4 : gradientBytes) + (separateGradients ? 2 : 0),
    optimizer: offloadOptimizer ? 0 : fp32 ? 8 : 12,
  };
}

/** Bytes of the whole model's weights, gradients and optimizer states. */
export function modelStateBytes(job: Job): number {
  const { weights, gradients, optimizer } = stateBytesOf(job);
  const { total, multiTokenPrediction } = parameterCount(job.model);
  return (total + multiTokenPrediction) * (weights + gradients + optimizer);
}

/** Parameters of one rank: of its layers, which narrow formats store as they do, and of embedding and head. */
export interface HeldParameters {
  readonly layers: RankParameters;
  readonly edges: RankParameters;
}

export interface RankState extends StateBytes {
  /** fp32 copy of the gradients' shard that the optimizer steps on, where they were accumulated in 16 bit. */
  readonly gradientCopy: number;
}

/** State of a rank's parameters under the ZeRO stage, sharded over the group that shares them. */
export function rankState(job: Job, { layers, edges }: HeldParameters): RankState {
  const { data, context, tensor, expert: e, expertTensor, zero } = job.parallel;
  const bytes = stateBytesOf(job);
  const shardGroup = job.options.shardGroup > 0 ? job.options.shardGroup : data * context;
  const expertGroup = (data * context * tensor) / (e * expertTensor);
  const held = (stage: number, { dense, expert }: RankParameters): number => {
    const over = (group: number): number => (zero >= stage ? Math.max(1, group) : 1);
    return dense / over(shardGroup) + expert / over(expertGroup);
  };
  const all = (stage: number): number => held(stage, layers) + held(stage, edges);
  const narrow = bytes.weights === 4 ? 4 : weightBytes(job);
  return {
    weights: narrow * held(3, layers) + bytes.weights * held(3, edges),
    gradients: bytes.gradients * all(2),
    optimizer: bytes.optimizer * all(1),
    gradientCopy: job.options.offloadOptimizer || bytes.gradients >= 4 ? 0 : 4 * all(1),
  };
}
