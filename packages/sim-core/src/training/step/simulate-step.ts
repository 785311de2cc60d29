import type { Cluster } from '../../platform/cluster.js';
import { peakFlopsOf } from '../../platform/device.js';
import { stepFlops } from '../flops.js';
import { type Job, noPerturbation, type Perturbation } from '../job.js';
import { stepMemory } from '../memory/index.js';
import type { StepReport } from '../report.js';
import { scheduleShape, stagesOf } from '../schedules/index.js';
import { stageLayersOf } from '../stage-layers.js';
import { closeBooks } from './books.js';
import { microBatchesOf } from './build-program.js';
import { runStep, type StepOptions } from './run-step.js';

/**
 * Simulates one optimizer step of a job on a cluster and accounts for every GPU-second of it (architecture: Job + Cluster ->
 * Plan -> StepProgram -> execution -> StepReport).
 * @throws RangeError when the job's sizes do not fit together (see the scenario's checks for a user's wording).
 */
export function simulateStep(
  asked: Job,
  cluster: Cluster,
  disturbance: Perturbation = noPerturbation,
  options: StepOptions = {},
): StepReport {
  const { job, plan, execution, twin } = runStep(asked, cluster, disturbance, options);
  const gpus = plan.grid.ranks;
  const { stepSeconds } = execution;
  const flops = stepFlops(job.model, job, recomputedLayers(job));
  const gpuSeconds = closeBooks(execution.books, twin.books, gpus, stepSeconds);
  // With several kinds of device each FLOP counts at the peak of the one that does it (spec/model.md 9.2: MFU is the ideal share).
  const mfu = cluster.deviceRanges
    ? gpuSeconds.ideal / (gpus * stepSeconds)
    : flops.model / (gpus * stepSeconds * peakFlopsOf(cluster.device.peakFlops, job.precision));
  return {
    gpus,
    microBatches: microBatchesOf(job),
    stepSeconds,
    tokensPerSecond: (job.globalBatch * job.sequenceLength) / stepSeconds,
    modelFlops: flops.model,
    hardwareFlops: flops.hardware,
    modelTflopsPerGpu: flops.model / stepSeconds / gpus / 1e12,
    hardwareTflopsPerGpu: flops.hardware / stepSeconds / gpus / 1e12,
    mfu,
    hfu: (mfu * flops.hardware) / flops.model,
    memory: stepMemory(job, cluster),
    gpuSeconds,
    folding: { ranks: gpus, classes: plan.classes.length, events: execution.events },
  };
}

/** Which layers full recomputation runs again: all, or the first of each stage. */
export function recomputedLayers(job: Job): (layer: number) => boolean {
  const { recomputeLayers } = job.options;
  if (recomputeLayers === undefined) return () => true;
  const { layout, chunks } = scheduleShape(job.schedule, job.parallel.virtualStages);
  const again = new Set<number>();
  let start = 0;
  for (const count of stageLayersOf(job, stagesOf(layout, job.parallel.pipeline, chunks))) {
    for (let i = 0; i < Math.min(count, recomputeLayers); i++) again.add(start + i);
    start += count;
  }
  return (layer) => again.has(layer);
}
