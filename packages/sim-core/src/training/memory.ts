import type { Cluster } from '../platform/cluster.js';
import { type Job, type RecomputeModule, recomputesModule } from './job.js';
import type { ModelShape } from './model.js';
import { gemmElementBytes, scaleBytes } from './operator-time.js';
import {
  edgeParametersOnRank,
  headWidths,
  type LayerKind,
  lastLayerKind,
  layerKind,
  layerParametersOnRank,
  mtpParametersOnRank,
  parameterCount,
} from './parameters.js';
import { devicesOfStages } from './plan/stage-devices.js';
import type { MemoryReport } from './report.js';
import { type Schedule, scheduleOrder, stageOfChunk, stagesOf } from './schedules/index.js';
import { stageLayersOf } from './stage-layers.js';
import { withStageLayers } from './stage-split.js';

const gibibyte = 2 ** 30;
/** Fixed costs and the rule of spec/model.md 3.4. */
const fragmentation = 1.04;
const contextBytes = 0.8 * gibibyte;
const communicatorBytes = 1 * gibibyte;
const usable = 0.97;

type ActivationShape = Pick<Job, 'model' | 'sequenceLength' | 'microBatch' | 'precision'> & {
  readonly parallel: Pick<Job['parallel'], 'tensor' | 'context' | 'sequenceParallel'>;
  readonly options: Pick<Job['options'], 'moeImbalance' | 'recomputeModules'>;
};

/** Bytes of an activation (w), and of one that is kept as a GEMM's input: narrow formats keep it as they multiply it. */
function elementBytes(precision: Job['precision']): { readonly wide: number; readonly kept: number } {
  const wide = precision === 'fp32' ? 4 : 2;
  return { wide, kept: Math.min(wide, gemmElementBytes(precision) + scaleBytes(precision)) };
}

/** Bytes that the backward pass of one layer needs of its forward, one micro-batch, one rank (spec/model.md 3.2, sum per operator). */
export function layerActivationBytes(job: ActivationShape, kind: LayerKind, recompute: Job['recompute']): number {
  const { model, parallel } = job;
  const t = parallel.tensor;
  const { wide: w, kept } = elementBytes(job.precision);
  const tokens = (job.microBatch * job.sequenceLength) / parallel.context;
  const normTokens = parallel.sequenceParallel ? tokens / t : tokens;
  const h = model.hidden;
  if (recompute === 'full') return w * normTokens * h;
  const masks = model.dropout ? 2 * normTokens * h : 0;
  const again = (module: RecomputeModule): boolean => recomputesModule({ recompute, options: job.options }, module);
  const inputs = 2 * (again('layernorm') ? w : w + kept) * normTokens * h;
  return inputs + masks + attentionBytes(job, tokens, again) + ffnBytes(job, kind, tokens, normTokens, again);
}

function attentionBytes(job: ActivationShape, tokens: number, again: (module: RecomputeModule) => boolean): number {
  const { model, parallel } = job;
  const t = parallel.tensor;
  const { wide: w, kept } = elementBytes(job.precision);
  const { queryKey, value } = headWidths(model);
  const kvHeads = model.mla ? model.heads : model.kvHeads;
  const fromLatents = model.mla !== undefined && again('mla_up_proj');
  const projected = fromLatents ? 0 : (w * tokens * (queryKey * (model.heads + kvHeads) + value * kvHeads)) / t;
  // The core's backward reads its output wide; the projection's reads it as it was multiplied.
  const output = ((w + (kept < w ? kept : 0)) * tokens * value * model.heads) / t;
  const latents = model.mla ? kept * tokens * (model.mla.qRank + model.mla.kvRank + model.mla.ropeDim) : 0;
  if (model.attention === 'flash') return projected + latents + output + (4 * tokens * model.heads) / t;
  const square = (tokens * job.sequenceLength * model.heads) / t;
  const core = again('core_attn') ? 0 : (model.dropout ? 2 * w + 1 : w) * square;
  return projected + latents + output + core;
}

function ffnBytes(
  job: ActivationShape,
  kind: LayerKind,
  tokens: number,
  normTokens: number,
  again: (module: RecomputeModule) => boolean,
): number {
  const { model, parallel } = job;
  const { wide: w, kept } = elementBytes(job.precision);
  const perElement = w * (model.ffnKind === 'swiglu' ? 2 : 1) + kept;
  if (kind === 'dense' || !model.experts) return again('mlp') ? 0 : (perElement * tokens * model.ffn) / parallel.tensor;
  if (again('moe')) return 0;
  const { experts } = model;
  const routed = normTokens * experts.topK * job.options.moeImbalance;
  const shared = again('shared_experts')
    ? 0
    : (perElement * tokens * experts.shared * experts.sharedFfn) / parallel.tensor;
  const perRouted = again('moe_act') ? perElement - kept : perElement;
  return shared + routed * (kept * model.hidden + perRouted * experts.ffn);
}

/** Bytes of weights, gradients and optimizer states of one parameter (spec/model.md 3.1). */
export interface StateBytes {
  readonly weights: number;
  readonly gradients: number;
  readonly optimizer: number;
}

export function stateBytesOf(job: Job): StateBytes {
  const weights = job.precision === 'fp32' ? 4 : 2;
  const optimizer = job.options.offloadOptimizer ? 0 : job.precision === 'fp32' ? 8 : 12;
  return { weights, gradients: job.options.gradientBytes, optimizer };
}

/** Bytes of the whole model's weights, gradients and optimizer states. */
export function modelStateBytes(job: Job): number {
  const { weights, gradients, optimizer } = stateBytesOf(job);
  const { total, multiTokenPrediction = 0 } = parameterCount(job.model);
  return (total + multiTokenPrediction) * (weights + gradients + optimizer);
}

interface RankState {
  readonly weights: number;
  readonly gradients: number;
  readonly optimizer: number;
}

/** State of `dense` and `expert` parameters under the ZeRO stage, sharded over the group that shares them. */
function rankState(job: Job, dense: number, expert: number): RankState {
  const { data, context, tensor, expert: e, expertTensor, zero } = job.parallel;
  const bytes = stateBytesOf(job);
  const shardGroup = job.options.shardGroup > 0 ? job.options.shardGroup : data * context;
  const over = (group: number, stage: number): number => (zero >= stage ? Math.max(1, group) : 1);
  const expertGroup = (data * context * tensor) / (e * expertTensor);
  const sum = (stage: number, perParameter: number): number =>
    perParameter * (dense / over(shardGroup, stage) + expert / over(expertGroup, stage));
  return { weights: sum(3, bytes.weights), gradients: sum(2, bytes.gradients), optimizer: sum(1, bytes.optimizer) };
}

export interface StageMemory {
  readonly parameters: number;
  readonly weightsBytes: number;
  readonly gradientsBytes: number;
  readonly optimizerBytes: number;
  readonly activationsBytes: number;
}

/** Peak of the bytes alive over a rank's operations: F allocates a chunk's activations, B (or W) frees them (spec/model.md 3.3). */
function peakAlive(schedule: Schedule, rank: number, bytesOfChunk: readonly number[]): number {
  const frees = schedule.splitsBackward ? 'W' : 'B';
  let alive = 0;
  let peak = 0;
  for (const { kind, chunk } of schedule.order[rank] ?? []) {
    if (kind === 'F') alive += bytesOfChunk[chunk] ?? 0;
    peak = Math.max(peak, alive);
    if (kind === frees) alive -= bytesOfChunk[chunk] ?? 0;
  }
  return peak;
}

/** Activations outside the layers: embedding mask, final norm and head input, fp32 logits (spec/model.md 3.2). */
function edgeActivationBytes(job: Job, first: boolean, last: boolean, microBatches: number): number {
  const { model, parallel } = job;
  const tokens = (job.microBatch * job.sequenceLength) / parallel.context;
  const cut = parallel.sequenceParallel ? parallel.tensor : 1;
  let bytes = 0;
  if (first && model.dropout) bytes += ((tokens * model.hidden) / cut) * Math.min(parallel.pipeline, microBatches);
  if (last) bytes += (2 * 2 * tokens * model.hidden) / cut + (4 * tokens * model.vocab) / parallel.tensor;
  return bytes;
}

/** Activations of one multi-token prediction module: its layer, the inputs of its projection, and a head of its own. */
function predictionActivationBytes(job: Job): number {
  const tokens = (job.microBatch * job.sequenceLength) / job.parallel.context;
  const cut = job.parallel.sequenceParallel ? job.parallel.tensor : 1;
  const inputs = (5 * 2 * tokens * job.model.hidden) / cut;
  const logits = (4 * tokens * job.model.vocab) / job.parallel.tensor;
  return layerActivationBytes(job, lastLayerKind(job.model), job.recompute) + inputs + logits;
}

/** Model state and activations of one pipeline rank, before the fixed costs of spec/model.md 3.4. */
export function stageMemory(job: Job, schedule: Schedule, rank: number): StageMemory {
  const { model, parallel } = job;
  const stages = stagesOf(schedule.layout, parallel.pipeline, schedule.chunks);
  const layers = stageLayersOf(job, stages);
  const starts: number[] = [];
  layers.reduce((sum, count) => {
    starts.push(sum);
    return sum + count;
  }, 0);
  let dense = 0;
  let expert = 0;
  const bytesOfChunk: number[] = [];
  let working = 0;
  let edges = 0;
  const microBatches = job.globalBatch / (job.microBatch * parallel.data);
  for (let chunk = 0; chunk < schedule.chunks; chunk++) {
    const stage = stageOfChunk(schedule.layout, parallel.pipeline, rank, chunk);
    const first = stage === 0;
    const last = stage === stages - 1;
    const holdsFirst = first || schedule.layout !== 'interleaved';
    const count = layers[stage] ?? 0;
    const limit = job.recompute === 'full' ? (job.options.recomputeLayers ?? count) : count;
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const kind = layerKind(model, (starts[stage] ?? 0) + i);
      const parameters = layerParametersOnRank(model, kind, parallel);
      dense += parameters.dense;
      expert += parameters.expert;
      const recompute = i < limit ? job.recompute : 'none';
      bytes += layerActivationBytes(job, kind, recompute);
      // While a checkpointed layer is computed again it holds all that a layer without recomputation holds.
      const whole = (): number => layerActivationBytes(job, kind, 'none');
      if (recompute === 'full') working = Math.max(working, whole());
      else if (recompute === 'selective' && job.options.recomputeModules)
        working = Math.max(working, whole() - layerActivationBytes(job, kind, recompute));
    }
    if (first || last) dense += edgeParametersOnRank(job, first, last, holdsFirst);
    if (last && model.mtpLayers) {
      const prediction = mtpParametersOnRank(job, holdsFirst);
      dense += prediction.dense;
      expert += prediction.expert;
      bytes += model.mtpLayers * predictionActivationBytes(job);
    }
    edges += edgeActivationBytes(job, first, last, microBatches);
    bytesOfChunk.push(bytes);
  }
  const state = rankState(job, dense, expert);
  return {
    parameters: dense + expert,
    weightsBytes: state.weights,
    gradientsBytes: state.gradients,
    optimizerBytes: state.optimizer,
    activationsBytes: peakAlive(schedule, rank, bytesOfChunk) + working + edges,
  };
}

/** Largest unit that ZeRO-3 gathers, in parameters of one rank. */
function largestUnit(model: ModelShape, job: Job): number {
  const kinds: LayerKind[] = model.experts ? ['dense', 'moe'] : ['dense'];
  const layers = kinds.map((kind) => layerParametersOnRank(model, kind, job.parallel)).map((p) => p.dense + p.expert);
  return Math.max(...layers, edgeParametersOnRank(job, true, false));
}

/** Memory of the ranks of one pipeline stage on one kind of device. */
export interface StageMemoryReport extends MemoryReport {
  readonly pipelineRank: number;
  /** Over all of its chunks. */
  readonly layers: number;
  /** What is left of the usable memory; negative when it does not fit. */
  readonly marginBytes: number;
}

/**
 * Memory of every pipeline rank, for each kind of device that holds it; the parts add up to peakBytes (spec/model.md 3.4).
 * @throws RangeError when the schedule cannot be made for the job's sizes.
 */
export function memoryByStage(asked: Job, cluster: Cluster): StageMemoryReport[] {
  const job = withStageLayers(asked, cluster);
  const { pipeline, virtualStages, data, context, zero } = job.parallel;
  const microBatches = job.globalBatch / (job.microBatch * data);
  const schedule = scheduleOrder(job.schedule, { pipeline, virtualStages, microBatches });
  const layers = stageLayersOf(job, stagesOf(schedule.layout, pipeline, schedule.chunks));
  const buffers =
    (data * context > 1 && job.options.dataOverlap && zero >= 1 && zero < 3 ? 2 * job.options.bucketBytes : 0) +
    (zero === 3 ? 2 * 2 * largestUnit(job.model, job) : 0);
  const fixed = buffers + communicatorBytes + contextBytes;
  return devicesOfStages(job.parallel, cluster).flatMap((devices, pipelineRank) => {
    const stage = stageMemory(job, schedule, pipelineRank);
    const alive = stage.weightsBytes + stage.gradientsBytes + stage.optimizerBytes + stage.activationsBytes;
    const peakBytes = alive * fragmentation + fixed;
    let held = 0;
    for (let chunk = 0; chunk < schedule.chunks; chunk++)
      held += layers[stageOfChunk(schedule.layout, pipeline, pipelineRank, chunk)] ?? 0;
    return devices.map(({ device, rank }) => ({
      pipelineRank,
      layers: held,
      deviceBytes: device.memoryBytes,
      peakBytes,
      marginBytes: usable * device.memoryBytes - peakBytes,
      fits: peakBytes <= usable * device.memoryBytes,
      weightsBytes: stage.weightsBytes,
      gradientsBytes: stage.gradientsBytes,
      optimizerBytes: stage.optimizerBytes,
      activationsBytes: stage.activationsBytes,
      otherBytes: peakBytes - alive,
      worstRank: rank,
    }));
  });
}

/** Memory of the rank that fills its device most. @throws RangeError as `memoryByStage` does. */
export function stepMemory(job: Job, cluster: Cluster): MemoryReport {
  const [first, ...others] = memoryByStage(job, cluster);
  if (!first) throw new RangeError('stepMemory: the pipeline has no ranks');
  const worst = others.reduce(
    (most, stage) => (most.peakBytes / most.deviceBytes >= stage.peakBytes / stage.deviceBytes ? most : stage),
    first,
  );
  const { pipelineRank: _stage, layers: _layers, marginBytes: _margin, ...report } = worst;
  return report;
}
