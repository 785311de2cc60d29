import type { ModelShape } from './model.js';

/** What decides the sizes of a step's messages (spec/model.md 4.2). */
export interface MessageSetting {
  /** T: tokens of one micro-batch on one context rank. */
  readonly tokensOnContextRank: number;
  readonly tensor: number;
  readonly context: number;
  readonly expert: number;
  readonly sequenceParallel: boolean;
  readonly fullRecompute: boolean;
  /** Parameters whose gradients this rank reduces. */
  readonly parametersOnRank: number;
  /** w: bytes of an activation or weight element. */
  readonly elementBytes: number;
  readonly gradientBytes: number;
}

/** Message sizes in bytes, S as an NCCL user counts it (spec/model.md 5.1). */
export interface MessageSizes {
  readonly tensorPerOperation: number;
  readonly tensorOperationsPerLayer: number;
  readonly pipelineSend: number;
  readonly dataGradient: number;
  readonly dataParameterGather: number;
  /** Of one hop of the ring; undefined without context parallelism. */
  readonly contextRingPerHop?: number;
  readonly contextAllGather?: number;
  /** What one rank sends in one all-to-all of a MoE layer; undefined without experts. */
  readonly expertAllToAll?: number;
}

/** Sizes of everything that a step sends (spec/model.md 4.2). */
export function messageSizes(model: ModelShape, setting: MessageSetting): MessageSizes {
  const {
    tokensOnContextRank: tokens,
    tensor,
    context,
    expert,
    sequenceParallel,
    fullRecompute,
    elementBytes,
  } = setting;
  const activation = elementBytes * tokens * model.hidden;
  // Forward and backward: 2 all-reduces each, or 2 all-gathers and 2 reduce-scatters each and 2 gathers of saved shards.
  const operations = sequenceParallel ? 10 + (fullRecompute ? 4 : 0) : 4 + (fullRecompute ? 2 : 0);
  const keyValue = (elementBytes * 2 * tokens * model.kvHeads * model.headDim) / tensor;
  const routed = sequenceParallel ? tokens / tensor : tokens;
  return {
    tensorPerOperation: activation,
    tensorOperationsPerLayer: operations,
    pipelineSend: sequenceParallel ? activation / tensor : activation,
    dataGradient: setting.gradientBytes * setting.parametersOnRank,
    dataParameterGather: 2 * setting.parametersOnRank,
    ...(context > 1 ? { contextRingPerHop: keyValue, contextAllGather: keyValue * context } : {}),
    ...(expert > 1 && model.experts
      ? { expertAllToAll: elementBytes * routed * model.experts.topK * model.hidden }
      : {}),
  };
}
