import type { Job } from './job.js';
import type { ModelShape } from './model.js';
import { headWidths, isMoeLayer } from './parameters.js';

export interface StepFlops {
  /** Matmuls and core attention of all layers, forward. */
  readonly forwardLayers: number;
  readonly forwardAttentionCore: number;
  readonly forwardHead: number;
  /** Three times the forward: what training needs (spec/model.md 1.4). */
  readonly model: number;
  /** With what recomputation runs again. */
  readonly hardware: number;
}

/** Share of the square query x key that a layer's metrics count, averaged over layers. */
function countedShare(model: ModelShape, sequenceLength: number, convention: Job['flopConvention']): number {
  if (convention === 'full') return 1;
  const causal = model.causal ? 0.5 : 1;
  const { slidingWindow } = model;
  if (!slidingWindow || slidingWindow.window <= 0 || slidingWindow.window >= sequenceLength) return causal;
  const full = slidingWindow.fullEvery > 0 ? 1 / slidingWindow.fullEvery : 0;
  const window = slidingWindow.window / sequenceLength;
  const banded = model.causal ? window * (1 - window / 2) : window;
  return full * causal + (1 - full) * banded;
}

/** Weights of one layer's matmuls that one token meets. */
function activeMatmulWeights(model: ModelShape, layer: number): number {
  const { hidden, heads, kvHeads, headDim, mla, experts } = model;
  const matrices = model.ffnKind === 'swiglu' ? 3 : 2;
  let weights: number;
  if (mla) {
    const queryUp = heads * (mla.nopeDim + mla.ropeDim);
    weights =
      (mla.qRank > 0 ? hidden * mla.qRank + mla.qRank * queryUp : hidden * queryUp) +
      hidden * (mla.kvRank + mla.ropeDim) +
      mla.kvRank * heads * (mla.nopeDim + mla.vDim) +
      heads * mla.vDim * hidden;
  } else weights = hidden * headDim * (heads + 2 * kvHeads) + heads * headDim * hidden;
  if (!experts || !isMoeLayer(model, layer)) return weights + matrices * hidden * model.ffn;
  return (
    weights +
    hidden * experts.count +
    matrices * hidden * (experts.topK * experts.ffn + experts.shared * experts.sharedFfn)
  );
}

/**
 * FLOP of one optimizer step over `globalBatch` sequences (spec/model.md 1.4). Embedding lookups, norms, softmax, activations
 * and the optimizer count nothing.
 */
export function stepFlops(
  model: ModelShape,
  step: Pick<Job, 'globalBatch' | 'sequenceLength' | 'recompute' | 'flopConvention'>,
): StepFlops {
  const tokens = step.globalBatch * step.sequenceLength;
  const { queryKey, value } = headWidths(model);
  const share = countedShare(model, step.sequenceLength, step.flopConvention);
  const attention = 2 * tokens * step.sequenceLength * model.heads * (queryKey + value) * share * model.layers;
  let weights = 0;
  for (let layer = 0; layer < model.layers; layer++) weights += activeMatmulWeights(model, layer);
  const forwardLayers = 2 * tokens * weights + attention;
  const forwardHead = 2 * tokens * model.vocab * model.hidden;
  const modelFlops = 3 * (forwardLayers + forwardHead);
  const again = step.recompute === 'full' ? forwardLayers : step.recompute === 'selective' ? attention : 0;
  return {
    forwardLayers,
    forwardAttentionCore: attention,
    forwardHead,
    model: modelFlops,
    hardware: modelFlops + again,
  };
}
