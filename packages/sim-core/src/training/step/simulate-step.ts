import type { Cluster } from '../../platform/cluster.js';
import { peakFlopsOf } from '../../platform/device.js';
import { stepFlops } from '../flops.js';
import { type Job, noPerturbation, type Perturbation } from '../job.js';
import { stepMemory } from '../memory/index.js';
import { buildPlan } from '../plan/build-plan.js';
import type { Plan } from '../plan/plan.js';
import type { StepReport } from '../report.js';
import { scheduleShape, stagesOf } from '../schedules/index.js';
import { stageLayersOf } from '../stage-layers.js';
import { withStageLayers } from '../stage-split.js';
import { closeBooks } from './books.js';
import { buildProgram, microBatchesOf } from './build-program.js';
import { pauseSeconds, withDrawnRanks } from './drawn-slowness.js';
import { type Execution, StepExecution } from './execution.js';
import type { StepProgram } from './program.js';
import { slowFactors } from './slow-factors.js';

export interface StepOptions {
  /** false: every rank is simulated (default true). */
  readonly fold?: boolean;
  /** false: every block operator by operator, also where nothing can interfere (default true). */
  readonly coalesce?: boolean;
  /** Which step's jitter is drawn (default 0). */
  readonly step?: number;
}

const execute = (
  plan: Plan,
  program: StepProgram,
  perturbation: Perturbation,
  options: StepOptions,
  calmSeconds = 0,
): Execution => {
  const step = options.step ?? 0;
  const pauses = pauseSeconds(plan, perturbation, step, calmSeconds);
  return new StepExecution(plan, program, {
    factors: slowFactors(plan, perturbation, step),
    coalesce: options.coalesce ?? true,
    ...(pauses ? { pauses } : {}),
  }).run();
};

const isCalm = ({ slowRanks, jitter, pauses }: Perturbation): boolean =>
  slowRanks.length === 0 && jitter.sigma === 0 && (pauses?.perHostHour ?? 0) === 0;

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
  const job = withStageLayers(asked, cluster);
  const perturbation = withDrawnRanks(disturbance, ranksOf(job));
  const fold = options.fold ?? true;
  const plan = buildPlan(job, cluster, perturbation, { fold });
  const program = buildProgram(plan);
  const calm = isCalm(perturbation) ? undefined : runTwin(job, cluster, perturbation, options);
  const execution = execute(plan, program, perturbation, options, calm?.stepSeconds);
  const twin = calm ?? execution;
  const gpus = plan.grid.ranks;
  const { stepSeconds } = execution;
  const flops = stepFlops(job.model, job, recomputedLayers(job));
  const gpuSeconds = closeBooks(execution.books, twin.books, gpus, stepSeconds);
  const capacity = gpus * stepSeconds * peakFlopsOf(cluster.device.peakFlops, job.precision);
  return {
    gpus,
    microBatches: microBatchesOf(job),
    stepSeconds,
    tokensPerSecond: (job.globalBatch * job.sequenceLength) / stepSeconds,
    modelFlops: flops.model,
    hardwareFlops: flops.hardware,
    modelTflopsPerGpu: flops.model / stepSeconds / gpus / 1e12,
    hardwareTflopsPerGpu: flops.hardware / stepSeconds / gpus / 1e12,
    mfu: flops.model / capacity,
    hfu: flops.hardware / capacity,
    memory: stepMemory(job, cluster),
    gpuSeconds,
    folding: { ranks: gpus, classes: plan.classes.length, events: execution.events },
  };
}

const ranksOf = ({ parallel }: Job): number => parallel.tensor * parallel.context * parallel.data * parallel.pipeline;

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

/** The same plan without slow ranks and jitter, folded: what its waits have less is what stragglers cause (spec/model.md 9.2). */
function runTwin(job: Job, cluster: Cluster, perturbation: Perturbation, options: StepOptions): Execution {
  const { slowFraction: _slow, pauses: _pauses, ...rest } = perturbation;
  const calm: Perturbation = { ...rest, slowRanks: [], jitter: { sigma: 0 } };
  const plan = buildPlan(job, cluster, calm, { fold: true });
  return execute(plan, buildProgram(plan), calm, options);
}

/**
 * Seconds of the first `draws` steps, each with its own jitter and pauses: plan and program are those of all of them.
 * @throws RangeError as `simulateStep` does.
 */
export function jitteredStepSeconds(asked: Job, cluster: Cluster, disturbance: Perturbation, draws: number): number[] {
  const job = withStageLayers(asked, cluster);
  const perturbation = withDrawnRanks(disturbance, ranksOf(job));
  const plan = buildPlan(job, cluster, perturbation, { fold: true });
  const program = buildProgram(plan);
  const pauses = (perturbation.pauses?.perHostHour ?? 0) > 0;
  const calmSeconds = pauses ? runTwin(job, cluster, perturbation, {}).stepSeconds : 0;
  return Array.from(
    { length: draws },
    (_, step) => execute(plan, program, perturbation, { step }, calmSeconds).stepSeconds,
  );
}
