import type { Job, RecomputeModule } from './job.js';
import type { ModelShape } from './model.js';
import { headWidths, isMoeLayer, windowOf } from './parameters.js';

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

/**
 * Share of the square query x key that the metrics count in a layer: with `full` every query meets as many keys as its window
 * has, with `causal` only those before it.
 */
export function countedShare(
  model: Pick<ModelShape, 'causal'>,
  sequenceLength: number,
  window: number | undefined,
  convention: Job['flopConvention'],
): number {
  const band = Math.min(1, (window ?? sequenceLength) / sequenceLength);
  return convention === 'causal' && model.causal ? band * (1 - band / 2) : band;
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

/** Weights of the matmuls that selective recomputation of these modules runs again in a layer, for one token. */
function weightsAgain(model: ModelShape, layer: number, modules: readonly RecomputeModule[]): number {
  const { hidden, heads, kvHeads, headDim, mla, ffn } = model;
  const matrices = model.ffnKind === 'swiglu' ? 3 : 2;
  const experts = isMoeLayer(model, layer) ? model.experts : undefined;
  const has = (module: RecomputeModule): boolean => modules.includes(module);
  if (has('alternate_matmuls') && !experts)
    return hidden * headDim * (kvHeads + heads) + (matrices === 3 ? hidden * ffn : 0);
  let weights = 0;
  if (mla && has('mla_up_proj')) {
    const queryUp = heads * (mla.nopeDim + mla.ropeDim);
    weights += (mla.qRank > 0 ? mla.qRank : hidden) * queryUp + mla.kvRank * heads * (mla.nopeDim + mla.vDim);
  }
  if (!experts) return weights + (has('mlp') ? matrices * hidden * ffn : 0);
  const shared = matrices * hidden * experts.shared * experts.sharedFfn;
  if (has('moe')) return weights + hidden * experts.count + matrices * hidden * experts.topK * experts.ffn + shared;
  return weights + (has('shared_experts') ? shared : 0);
}

/**
 * FLOP of one optimizer step over `globalBatch` sequences (spec/model.md 1.4). Embedding lookups, norms, softmax, activations
 * and the optimizer count nothing; multi-token prediction modules do.
 * @param recomputesLayer Which layers full recomputation runs again (default: all).
 */
export function stepFlops(
  model: ModelShape,
  step: Pick<Job, 'globalBatch' | 'sequenceLength' | 'recompute' | 'flopConvention'> & {
    readonly options?: Pick<Job['options'], 'recomputeModules'>;
  },
  recomputesLayer: (layer: number) => boolean = () => true,
): StepFlops {
  const tokens = step.globalBatch * step.sequenceLength;
  const { queryKey, value } = headWidths(model);
  const square = 2 * tokens * step.sequenceLength * model.heads * (queryKey + value);
  const core = (layer: number): number =>
    square * countedShare(model, step.sequenceLength, windowOf(model, layer), step.flopConvention);
  const modules = step.options?.recomputeModules ?? ['core_attn'];
  let attention = 0;
  let forwardLayers = 0;
  let again = 0;
  const add = (layer: number, recomputes: boolean): void => {
    const whole = 2 * tokens * activeMatmulWeights(model, layer) + core(layer);
    attention += core(layer);
    forwardLayers += whole;
    if (step.recompute === 'full' && recomputes) again += whole;
    else if (step.recompute === 'selective')
      again += 2 * tokens * weightsAgain(model, layer, modules) + (modules.includes('core_attn') ? core(layer) : 0);
  };
  for (let layer = 0; layer < model.layers; layer++) add(layer, recomputesLayer(layer));
  const predictions = model.mtpLayers ?? 0;
  for (let module = 0; module < predictions; module++) {
    add(model.layers - 1, true);
    forwardLayers += 4 * tokens * model.hidden * model.hidden;
  }
  const forwardHead = 2 * tokens * model.vocab * model.hidden * (1 + predictions);
  const modelFlops = 3 * (forwardLayers + forwardHead);
  return {
    forwardLayers,
    forwardAttentionCore: attention,
    forwardHead,
    model: modelFlops,
    hardware: modelFlops + again,
  };
}
