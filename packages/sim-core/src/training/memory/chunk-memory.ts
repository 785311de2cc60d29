import type { Job } from '../job.js';
import {
  edgeParametersOnRank,
  lastLayerKind,
  layerKind,
  layerParametersOnRank,
  mtpParametersOnRank,
  type RankParameters,
} from '../parameters.js';
import { type Schedule, stageOfChunk, stagesOf } from '../schedules/index.js';
import { stageLayersOf } from '../stage-layers.js';
import { gradientWorkBytes, layerActivationBytes, workingSetBytes } from './layer-activations.js';
import { wideBytes } from './narrow-storage.js';
import type { HeldParameters } from './state.js';

/** What one micro-batch holds of a chunk of layers on one rank. */
export interface ChunkMemory {
  readonly layers: number;
  /** From its forward until its backward (or weight gradient) has run. */
  readonly keptBytes: number;
  /** Of it beyond spec/model.md 3.2: outputs that were sent and are kept. */
  readonly keptOutputBytes: number;
  /** While its backward runs: the layer that is computed again. */
  readonly workingBytes: number;
  /** While its backward runs: gradients of activations. */
  readonly gradientBytes: number;
  /** fp32 logits among what is kept: gone when the layers' backward begins. */
  readonly logitBytes: number;
  /** Copies of the logits that an unfused loss makes, before the layers' backward begins. */
  readonly lossBytes: number;
}

/** A pipeline rank: its chunks and parameters, and what it holds whatever micro-batch runs. */
export interface RankMemory {
  readonly chunks: readonly ChunkMemory[];
  readonly held: HeldParameters;
  /** Parameters of the largest layers, greatest first, at most two. */
  readonly largestLayers: readonly number[];
  /** Parameters of the largest single matrix. */
  readonly largestTensor: number;
  /** Embedding dropout masks of the first stage (spec/model.md 3.2: for min(p, m) micro-batches). */
  readonly maskBytes: number;
  /** Layers of offloaded activations that are on their way. */
  readonly stagingBytes: number;
}

/**
 * Blocks that a framework's fp32 cross-entropy takes of its caching allocator for each logit, beyond one fp32 copy: 16-bit logits and
 * their gradient share one of 2 bytes; log-probabilities, gradient of the loss and gradient of the logits are 4 each at once.
 */
const eagerLossBytes = 2 + 3 * 4 - 4;

const none: RankParameters = { dense: 0, expert: 0 };
const plus = (a: RankParameters, b: RankParameters): RankParameters => ({
  dense: a.dense + b.dense,
  expert: a.expert + b.expert,
});

/** Sizes of the hidden state and of the logits of one micro-batch on one rank. */
function edgeSizes(job: Job): { hidden: number; gathered: number; logits: number } {
  const { model, parallel, microBatch, sequenceLength } = job;
  const tokens = (microBatch * sequenceLength) / parallel.context;
  const hidden = (tokens * model.hidden) / (parallel.sequenceParallel ? parallel.tensor : 1);
  return {
    hidden,
    // DTensor keeps the head's input as it has gathered it.
    gathered: job.options.framework === 'fsdp' ? tokens * model.hidden : hidden,
    logits: (tokens * model.vocab) / parallel.tensor,
  };
}

/** Final norm, head input and fp32 logits of the last stage (spec/model.md 3.2). */
function headActivationBytes(job: Job): number {
  const { hidden, gathered, logits } = edgeSizes(job);
  return 2 * hidden + 2 * gathered + 4 * logits;
}

/** Activations of one multi-token prediction module: its layer, the inputs of its projection, and a head of its own. */
function predictionActivationBytes(job: Job): number {
  const { hidden, logits } = edgeSizes(job);
  return layerActivationBytes(job, lastLayerKind(job.model), job.recompute) + 5 * 2 * hidden + 4 * logits;
}

/** What a pipeline rank holds, by chunk. */
export function rankMemory(job: Job, schedule: Schedule, rank: number): RankMemory {
  const { model, parallel, options } = job;
  const stages = stagesOf(schedule.layout, parallel.pipeline, schedule.chunks);
  const perStage = stageLayersOf(job, stages);
  const { hidden, logits } = edgeSizes(job);
  const chunks: ChunkMemory[] = [];
  let layers = none;
  let edges = none;
  let maskBytes = 0;
  let stagingBytes = 0;
  let offloaded = 0;
  const largest: number[] = [];
  for (let chunk = 0; chunk < schedule.chunks; chunk++) {
    const stage = stageOfChunk(schedule.layout, parallel.pipeline, rank, chunk);
    const first = stage === 0;
    const last = stage === stages - 1;
    const holdsFirst = first || schedule.layout !== 'interleaved';
    const count = perStage[stage] ?? 0;
    const start = perStage.slice(0, stage).reduce((sum, n) => sum + n, 0);
    const limit = job.recompute === 'full' ? (options.recomputeLayers ?? count) : count;
    let keptBytes = 0;
    let workingBytes = 0;
    let gradientBytes = 0;
    for (let i = 0; i < count; i++) {
      const kind = layerKind(model, start + i);
      const parameters = layerParametersOnRank(model, kind, parallel);
      layers = plus(layers, parameters);
      largest.push(parameters.dense + parameters.expert);
      const recompute = i < limit ? job.recompute : 'none';
      const bytes = layerActivationBytes(job, kind, recompute);
      if (offloaded < (options.offloadActivationLayers ?? 0)) {
        offloaded++;
        // One layer on its way out or in, and the next.
        stagingBytes = Math.max(stagingBytes, 2 * bytes);
      } else keptBytes += bytes;
      workingBytes = Math.max(workingBytes, workingSetBytes(job, kind, recompute));
      gradientBytes = Math.max(gradientBytes, gradientWorkBytes(job, kind));
    }
    if (first || last) edges = plus(edges, { dense: edgeParametersOnRank(job, first, last, holdsFirst), expert: 0 });
    if (first && model.dropout) {
      const microBatches = job.globalBatch / (job.microBatch * parallel.data);
      maskBytes += hidden * Math.min(parallel.pipeline, microBatches);
    }
    if (last) keptBytes += headActivationBytes(job);
    if (last && model.mtpLayers) {
      layers = plus(layers, mtpParametersOnRank(job, holdsFirst));
      keptBytes += model.mtpLayers * predictionActivationBytes(job);
    }
    const heads = last ? 1 + (model.mtpLayers ?? 0) : 0;
    chunks.push({
      layers: count,
      keptBytes,
      keptOutputBytes: options.framework === 'deepspeed' && !last ? wideBytes(job.precision) * hidden : 0,
      workingBytes,
      gradientBytes,
      logitBytes: 4 * heads * logits,
      lossBytes: options.lossKernel === 'eager' ? eagerLossBytes * heads * logits : 0,
    });
  }
  const table = edges.dense > 0 ? (model.vocab * model.hidden) / parallel.tensor : 0;
  const largestTensor = Math.max(table, (model.ffn * model.hidden) / parallel.tensor);
  largest.sort((a, b) => b - a);
  return {
    chunks,
    held: { layers, edges },
    largestLayers: largest.slice(0, 2),
    largestTensor,
    maskBytes,
    stagingBytes,
  };
}
