import type { Job, RecomputeModule } from '../job.js';
import { headWidths, type LayerKind } from '../parameters.js';
import { keptNarrowBytes, wideBytes } from './narrow-storage.js';

/** What decides the activations of a layer. */
export type ActivationShape = Pick<Job, 'model' | 'sequenceLength' | 'microBatch' | 'precision'> & {
  readonly parallel: Pick<Job['parallel'], 'tensor' | 'context' | 'sequenceParallel'>;
  readonly options: Pick<Job['options'], 'moeImbalance' | 'recomputeModules' | 'narrowStorage' | 'framework'>;
};

/** Sizes that every tensor of a layer is counted in. */
interface Sizes {
  /** T: tokens of a micro-batch on one context rank. */
  readonly tokens: number;
  /** T_n: tokens that norms and residuals see. */
  readonly normTokens: number;
  /** Tokens of a projection's input: Megatron keeps its shard and gathers again, DTensor keeps what it has gathered. */
  readonly inputTokens: number;
  readonly tensor: number;
  /** w: bytes of an activation. */
  readonly wide: number;
  /** Bytes of a GEMM's input as it is kept. */
  readonly input: number;
  /** The same where the wide tensor is kept in any case: what a narrow copy adds. */
  readonly copy: number;
}

function sizesOf(job: ActivationShape): Sizes {
  const { parallel } = job;
  const tokens = (job.microBatch * job.sequenceLength) / parallel.context;
  const wide = wideBytes(job.precision);
  const narrow = keptNarrowBytes(job);
  const normTokens = parallel.sequenceParallel ? tokens / parallel.tensor : tokens;
  return {
    tokens,
    normTokens,
    inputTokens: job.options.framework === 'fsdp' ? tokens : normTokens,
    tensor: parallel.tensor,
    wide,
    input: narrow ?? wide,
    copy: narrow ?? 0,
  };
}

/** What a job's selective recomputation runs again (default: core attention alone). */
export function recomputedModules({
  recompute,
  options,
}: {
  readonly recompute: Job['recompute'];
  readonly options: Pick<Job['options'], 'recomputeModules'>;
}): readonly RecomputeModule[] {
  return recompute === 'selective' ? (options.recomputeModules ?? ['core_attn']) : [];
}

/** Bytes that the backward pass of one layer needs of its forward, one micro-batch, one rank (spec/model.md 3.2, sum per operator). */
export function layerActivationBytes(job: ActivationShape, kind: LayerKind, recompute: Job['recompute']): number {
  const sizes = sizesOf(job);
  const { hidden } = job.model;
  if (recompute === 'full') return sizes.wide * sizes.normTokens * hidden;
  const again = recomputedModules({ recompute, options: job.options });
  if (again.includes('alternate_matmuls') && kind === 'dense') return alternateMatmulBytes(job, sizes);
  const masks = job.model.dropout ? 2 * sizes.normTokens * hidden : 0;
  const residuals = 2 * sizes.wide * sizes.normTokens * hidden;
  return (
    residuals +
    masks +
    normOutputBytes(job, kind, sizes, again) +
    attentionBytes(job, sizes, again) +
    ffnBytes(job, kind, sizes, again)
  );
}

/** Outputs of the two norms: inputs of the projections, and in MoE layers of router and permutation, which read 16 bit. */
function normOutputBytes(
  { model }: ActivationShape,
  kind: LayerKind,
  { wide, input, inputTokens }: Sizes,
  again: readonly RecomputeModule[],
): number {
  if (again.includes('layernorm')) return 0;
  const first = input;
  // A recomputed FFN starts from its input as it came.
  const second = kind === 'moe' || again.includes('mlp') ? wide : input;
  return (first + second) * inputTokens * model.hidden;
}

/** Latents of MLA: outputs of the down projections, which their norms read, and of these norms, which the up projections read. */
function latentBytes({ model }: ActivationShape, { tokens, wide, input }: Sizes): number {
  const { mla } = model;
  if (!mla) return 0;
  return tokens * ((wide + input) * (mla.qRank + mla.kvRank) + wide * mla.ropeDim);
}

function attentionBytes(job: ActivationShape, sizes: Sizes, again: readonly RecomputeModule[]): number {
  const { model } = job;
  const { tokens, tensor, wide, copy } = sizes;
  const { queryKey, value } = headWidths(model);
  const kvHeads = model.mla ? model.heads : model.kvHeads;
  const up = model.mla !== undefined && again.includes('mla_up_proj');
  const projected = up ? 0 : (wide * tokens * (queryKey * (model.heads + kvHeads) + value * kvHeads)) / tensor;
  const output = ((wide + copy) * tokens * value * model.heads) / tensor;
  const kept = latentBytes(job, sizes) + projected + output;
  if (model.attention === 'flash') return kept + (4 * tokens * model.heads) / tensor;
  const square = (tokens * job.sequenceLength * model.heads) / tensor;
  return kept + (again.includes('core_attn') ? 0 : (model.dropout ? 2 * wide + 1 : wide) * square);
}

/** Output of FC1 and input of FC2 for each FFN element. */
function ffnElementBytes(
  { model }: ActivationShape,
  { wide, input }: Sizes,
): { readonly up: number; readonly down: number } {
  return { up: wide * (model.ffnKind === 'swiglu' ? 2 : 1), down: input };
}

function ffnBytes(job: ActivationShape, kind: LayerKind, sizes: Sizes, again: readonly RecomputeModule[]): number {
  const { model } = job;
  const { tokens, tensor } = sizes;
  const { up, down } = ffnElementBytes(job, sizes);
  const { experts } = model;
  if (kind === 'dense' || !experts) return again.includes('mlp') ? 0 : ((up + down) * tokens * model.ffn) / tensor;
  if (again.includes('moe')) return 0;
  const sharedElements = (tokens * experts.shared * experts.sharedFfn) / tensor;
  const shared = again.includes('shared_experts') ? 0 : (up + down) * sharedElements;
  const routed = sizes.normTokens * experts.topK * job.options.moeImbalance;
  const activation = again.includes('moe_act') ? 0 : down;
  return shared + routed * (sizes.input * model.hidden + (up + activation) * experts.ffn);
}

/**
 * What torchtitan's per-operator checkpointing keeps of a dense layer: its input, the output of every second matmul in order (q, v,
 * gate, down), the output of attention with its statistics, and what reduce-scatter returned.
 */
function alternateMatmulBytes({ model, parallel }: ActivationShape, sizes: Sizes): number {
  const { tokens, normTokens, tensor, wide } = sizes;
  const { queryKey, value } = headWidths(model);
  const kvHeads = model.mla ? model.heads : model.kvHeads;
  const columns = queryKey * model.heads + value * kvHeads + value * model.heads + model.ffn;
  const scattered = parallel.sequenceParallel ? 2 * normTokens * model.hidden : 0;
  return (
    wide * ((tokens * columns) / tensor + tokens * model.hidden + normTokens * model.hidden + scattered) +
    (4 * tokens * model.heads) / tensor
  );
}

/**
 * What a layer holds while its backward runs, beyond what was kept: with full recomputation all that a layer without
 * recomputation keeps (spec/model.md 3.2), else what its modules compute again. Core attention frees what it used block by block.
 */
export function workingSetBytes(job: ActivationShape, kind: LayerKind, recompute: Job['recompute']): number {
  if (recompute === 'none') return 0;
  if (recompute === 'full') return layerActivationBytes(job, kind, 'none');
  const modules = recomputedModules({ recompute, options: job.options });
  if (!modules.some((module) => module !== 'core_attn')) return 0;
  const coreAlone = { ...job, options: { ...job.options, recomputeModules: ['core_attn'] as const } };
  const kept = layerActivationBytes(job, kind, 'selective');
  return Math.max(0, layerActivationBytes(coreAlone, kind, 'selective') - kept);
}

/**
 * Gradients of activations that live in a layer's backward: those of FC1's output and FC2's input, of the layer's output, one gathered
 * tensor of the hidden state, and of an unfused attention's square.
 */
export function gradientWorkBytes(job: ActivationShape, kind: LayerKind): number {
  const { model } = job;
  const { tokens, normTokens, tensor, wide } = sizesOf(job);
  const perElement = model.ffnKind === 'swiglu' ? 3 : 2;
  const { experts } = model;
  const elements =
    kind === 'moe' && experts
      ? normTokens * experts.topK * job.options.moeImbalance * (perElement * experts.ffn + model.hidden)
      : (perElement * tokens * model.ffn) / tensor;
  // Unfused attention: gradients of the probabilities, which become those of the scores in place.
  const square = model.attention === 'flash' ? 0 : (tokens * job.sequenceLength * model.heads) / tensor;
  return wide * (elements + (normTokens + tokens) * model.hidden + square);
}
