import type { Job, Parallel } from './job.js';
import type { ModelShape } from './model.js';

export type LayerKind = 'dense' | 'moe';

/** True when a layer (0-based) routes its tokens to experts. */
export function isMoeLayer(model: ModelShape, layer: number): boolean {
  const experts = model.experts;
  if (!experts || layer < experts.firstDense) return false;
  return (layer - experts.firstDense + 1) % experts.everyNth === 0;
}

/** Tokens that a query of a layer (0-based) can look back on; undefined where nothing but the sequence limits it. */
export function windowOf(model: ModelShape, layer: number): number | undefined {
  const { slidingWindow } = model;
  if (!slidingWindow || slidingWindow.window <= 0) return undefined;
  const { window, fullEvery } = slidingWindow;
  const full = fullEvery > 0 && Math.floor((layer + 1) / fullEvery + 1e-9) > Math.floor(layer / fullEvery + 1e-9);
  return full ? undefined : window;
}

export function layerKind(model: ModelShape, layer: number): LayerKind {
  return isMoeLayer(model, layer) ? 'moe' : 'dense';
}

/** Parameters of one norm. */
export function normParameters(model: ModelShape): number {
  return model.norm === 'layernorm' ? 2 * model.hidden : model.hidden;
}

const ffnMatrices = (model: ModelShape): number => (model.ffnKind === 'swiglu' ? 3 : 2);

/** Query/key/value widths of one head: MLA's differ, all others are headDim. */
export function headWidths(model: ModelShape): { readonly queryKey: number; readonly value: number } {
  const { mla } = model;
  return mla
    ? { queryKey: mla.nopeDim + mla.ropeDim, value: mla.vDim }
    : { queryKey: model.headDim, value: model.headDim };
}

/** Parameters of one layer by what tensor and expert parallelism do with them (spec/model.md 1.1 and 3.1). */
export interface LayerParameters {
  /** Matrices cut over tensor ranks: attention, dense or shared FFN, with their column-parallel biases. */
  readonly sharded: number;
  /** Held whole by every tensor rank: norms, row-parallel biases, router, MLA's down projections. */
  readonly replicated: number;
  /** Of one routed expert. */
  readonly perExpert: number;
  readonly experts: number;
  readonly activeExperts: number;
}

function attentionParameters(model: ModelShape): { sharded: number; replicated: number } {
  const { hidden, heads, kvHeads, headDim, mla } = model;
  if (mla) {
    const queryUp = heads * (mla.nopeDim + mla.ropeDim);
    const query = mla.qRank > 0 ? mla.qRank * queryUp : hidden * queryUp;
    const queryDown = mla.qRank > 0 ? hidden * mla.qRank + mla.qRank : 0;
    const keyValueUp = mla.kvRank * heads * (mla.nopeDim + mla.vDim);
    const keyValueDown = hidden * (mla.kvRank + mla.ropeDim) + mla.kvRank;
    return { sharded: query + keyValueUp + heads * mla.vDim * hidden, replicated: queryDown + keyValueDown };
  }
  const width = headDim * (heads + 2 * kvHeads);
  return {
    sharded: hidden * width + headDim * heads * hidden + (model.qkvBias ? width : 0),
    replicated: model.biases ? hidden : 0,
  };
}

function denseFfnParameters(model: ModelShape, ffn: number): { sharded: number; replicated: number } {
  const columns = model.ffnKind === 'swiglu' ? 2 * ffn : ffn;
  return {
    sharded: ffnMatrices(model) * model.hidden * ffn + (model.biases ? columns : 0),
    replicated: model.biases ? model.hidden : 0,
  };
}

export function layerParameters(model: ModelShape, kind: LayerKind): LayerParameters {
  const attention = attentionParameters(model);
  const norms = 2 * normParameters(model);
  const { experts } = model;
  if (kind === 'dense' || !experts) {
    const ffn = denseFfnParameters(model, model.ffn);
    return {
      sharded: attention.sharded + ffn.sharded,
      replicated: attention.replicated + ffn.replicated + norms,
      perExpert: 0,
      experts: 0,
      activeExperts: 0,
    };
  }
  const router = model.hidden * experts.count + (experts.routerBias ? experts.count : 0);
  const shared = ffnMatrices(model) * model.hidden * experts.sharedFfn * experts.shared;
  const biases = experts.biases ? (model.ffnKind === 'swiglu' ? 2 : 1) * experts.ffn + model.hidden : 0;
  return {
    sharded: attention.sharded + shared,
    replicated: attention.replicated + norms + router,
    perExpert: ffnMatrices(model) * model.hidden * experts.ffn + biases,
    experts: experts.count,
    activeExperts: experts.topK,
  };
}

export interface ParameterCount {
  readonly total: number;
  /** With topK instead of all routed experts. */
  readonly active: number;
  readonly embedding: number;
  /** 0 when tied. */
  readonly head: number;
  readonly positions: number;
  /** 0 where no such layer exists. */
  readonly perDenseLayer: number;
  readonly perMoeLayer: number;
}

/** Kind of the last layer, which a multi-token prediction module repeats. */
export function lastLayerKind(model: ModelShape): LayerKind {
  return layerKind(model, model.layers - 1);
}

/** What a multi-token prediction module has beside its layer: the projection of 2h to h, two norms before and one after. */
function mtpExtra(model: ModelShape): { readonly sharded: number; readonly replicated: number } {
  return { sharded: 2 * model.hidden * model.hidden, replicated: 3 * normParameters(model) };
}

/** Exact parameter counts (spec/model.md 1.1). */
export function parameterCount(model: ModelShape): ParameterCount {
  const count = { dense: 0, moe: 0 };
  for (let layer = 0; layer < model.layers; layer++) count[layerKind(model, layer)]++;
  const whole = (kind: LayerKind, activeOnly: boolean): number => layerParameterCount(model, kind, activeOnly);
  const embedding = model.vocab * model.hidden;
  const head = model.tiedEmbeddings ? 0 : embedding;
  const positions = model.positions === 'learned' ? model.maxPositions * model.hidden : 0;
  const rest = embedding + head + positions + normParameters(model) * (model.embeddingNorm ? 2 : 1);
  const sum = (activeOnly: boolean): number =>
    rest +
    (count.dense > 0 ? count.dense * whole('dense', activeOnly) : 0) +
    (count.moe > 0 ? count.moe * whole('moe', activeOnly) : 0);
  return {
    total: sum(false),
    active: sum(true),
    embedding,
    head,
    positions,
    perDenseLayer: count.dense > 0 ? whole('dense', false) : 0,
    perMoeLayer: count.moe > 0 ? whole('moe', false) : 0,
  };
}

function layerParameterCount(model: ModelShape, kind: LayerKind, activeOnly: boolean): number {
  const layer = layerParameters(model, kind);
  return layer.sharded + layer.replicated + layer.perExpert * (activeOnly ? layer.activeExperts : layer.experts);
}

/** Parameters of the multi-token prediction modules, which `parameterCount` leaves out as published counts do. */
export function predictionParameterCount(model: ModelShape): number {
  const { sharded, replicated } = mtpExtra(model);
  return (model.mtpLayers ?? 0) * (layerParameterCount(model, lastLayerKind(model), false) + sharded + replicated);
}

/** Parameters that one rank holds, split by the group that shares their gradients: dense over data x context, experts over theirs. */
export interface RankParameters {
  readonly dense: number;
  readonly expert: number;
}

/** Parameters of one layer on one rank (spec/model.md 3.1); fractions when shards do not divide. */
export function layerParametersOnRank(model: ModelShape, kind: LayerKind, parallel: Parallel): RankParameters {
  const layer = layerParameters(model, kind);
  return {
    dense: layer.sharded / parallel.tensor + layer.replicated,
    expert: (layer.perExpert * layer.experts) / (parallel.expert * parallel.expertTensor),
  };
}

/**
 * Parameters of the multi-token prediction modules on one rank of the last stage. Their embedding is the first stage's: where that
 * is another rank, a copy of it.
 */
export function mtpParametersOnRank(job: Job, holdsFirst: boolean): RankParameters {
  const { model, parallel } = job;
  const modules = model.mtpLayers ?? 0;
  if (modules === 0) return { dense: 0, expert: 0 };
  const layer = layerParametersOnRank(model, lastLayerKind(model), parallel);
  const extra = mtpExtra(model);
  const table = holdsFirst || model.tiedEmbeddings ? 0 : (model.vocab * model.hidden) / parallel.tensor;
  return {
    dense: modules * (layer.dense + extra.sharded / parallel.tensor + extra.replicated) + table,
    expert: modules * layer.expert,
  };
}

/**
 * Embedding (first stage) or head (last stage) on one rank; a tied embedding is held by both when they differ.
 * @param holdsFirst The rank of the last stage holds the first stage too (a V, or both directions).
 */
export function edgeParametersOnRank(job: Job, first: boolean, last: boolean, holdsFirst = first): number {
  const { model, parallel } = job;
  const table = (model.vocab * model.hidden) / parallel.tensor;
  let parameters = 0;
  if (first) {
    parameters += table + (model.positions === 'learned' ? model.maxPositions * model.hidden : 0);
    if (model.embeddingNorm) parameters += normParameters(model);
  }
  if (last) {
    parameters += normParameters(model);
    if (!(holdsFirst && model.tiedEmbeddings)) parameters += table;
  }
  return parameters;
}
