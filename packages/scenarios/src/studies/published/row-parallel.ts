import { type Cluster, type Job, type ModelShape, parameterCount, stepMemory } from '@regatta/sim-core';
import { catalogueDevice } from '../../catalogue/lookup.js';
import type { PublishedRow } from './published-file.js';

/**
 * Pipeline size where only the tensor size was published: the smallest that divides layers and GPUs and whose model state,
 * unsharded at 18 bytes a parameter, leaves a tenth of the memory free.
 */
export function unpublishedPipeline(
  row: PublishedRow,
  model: ModelShape,
  device: string,
  tensor: number,
  assumed: string[],
): number {
  if (row.tensorParallel === undefined || row.tensorParallel === null) return 1;
  const memory = 0.9 * (catalogueDevice(device)?.memoryBytes ?? Number.POSITIVE_INFINITY);
  const state = (18 * parameterCount(model).total) / tensor;
  for (let pipeline = 1; pipeline <= model.layers; pipeline++) {
    if (model.layers % pipeline !== 0 || row.gpus % (tensor * pipeline) !== 0 || state / pipeline > memory) continue;
    assumed.push(`pipeline: ${pipeline}`);
    return pipeline;
  }
  return 1;
}

/**
 * Layers of each stage where they do not divide. Megatron takes embedding and loss as a layer each where that makes them
 * (--account-for-embedding-in-pipeline-split); else its recipes lay them out by hand, from the front, and leave to the last stage,
 * which has head and multi-token prediction, what remains.
 */
export function stageLayersOfRow(layers: number, stages: number, assumed: string[]): { stageLayers?: number[] } {
  if (stages === 1 || layers % stages === 0) return {};
  if ((layers + 2) % stages === 0) {
    const full = (layers + 2) / stages;
    return {
      stageLayers: Array.from({ length: stages }, (_, stage) =>
        stage === 0 || stage === stages - 1 ? full - 1 : full,
      ),
    };
  }
  const full = Math.ceil(layers / stages);
  assumed.push(`layers of the stages: ${full} each from the front, the rest in the last`);
  return {
    stageLayers: Array.from({ length: stages }, (_, stage) => Math.max(0, Math.min(full, layers - stage * full))),
  };
}

/** True when 16-bit weights and gradients with unsharded optimizer states fit a device at all. */
export const unshardedFits = (model: ModelShape, memoryBytes: number, ranks: number): boolean =>
  (16 * parameterCount(model).total) / ranks <= memoryBytes;

/** Least tensor size of at least `fewest` ranks that divides GPUs and heads. */
export function tensorSize(fewest: number, gpus: number, { heads }: ModelShape): number {
  for (let size = fewest; size <= Math.min(gpus, heads); size++)
    if (gpus % size === 0 && heads % size === 0) return size;
  return 1;
}

/** Without a pipeline nothing is gained by small micro-batches: the largest that cuts a replica's batch evenly and fits in memory. */
export function wholeReplica(job: Job, cluster: Cluster, assumed: string[]): Job {
  const sequences = job.globalBatch / job.parallel.data;
  for (let cuts = 1; cuts < sequences; cuts++) {
    if (sequences % cuts !== 0) continue;
    const larger = { ...job, microBatch: sequences / cuts };
    if (!stepMemory(larger, cluster).fits) continue;
    assumed.push(`micro-batch: ${larger.microBatch}, as many sequences as fit in memory`);
    return larger;
  }
  assumed.push(`micro-batch: ${Math.min(1, sequences)}`);
  return { ...job, microBatch: Math.min(1, sequences) };
}
