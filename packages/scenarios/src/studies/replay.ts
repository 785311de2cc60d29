import {
  jitteredStepSeconds,
  type LossCause,
  lossCauses,
  type Perturbation,
  type StepOptions,
  type StepReport,
  type Summary,
  scalingAgainst,
  simulateStep,
  summary,
} from '@regatta/sim-core';
import type { Resolution } from '../schema/resolve-scenario.js';
import type { ResolvedScenario } from '../schema/scenario-schema.js';
import { perturbationOf } from '../schema/to-core.js';
import { type MemoryRemedy, memoryRemedies } from './memory-remedies.js';
import { type ScalingMode, type ScalingPointInput, type ScalingRequest, scalingPoints } from './scaling-points.js';

/** One GPU count of a replay: the step and how it scales (contract: replay --json). */
export interface ReplayPoint {
  readonly gpus: number;
  readonly parallel: {
    readonly tensor: number;
    readonly pipeline: number;
    readonly context: number;
    readonly expert: number;
    readonly data: number;
    readonly virtualStages: number;
  };
  readonly globalBatch: number;
  readonly microBatches: number;
  readonly stepSeconds: number;
  /** With jitter or pauses: step times over so many steps; the other figures are of the first of them. */
  readonly stepSecondsSpread?: Summary & { readonly draws: number };
  readonly tokensPerSecond: number;
  readonly modelTflopsPerGpu: number;
  readonly hardwareTflopsPerGpu: number;
  readonly mfu: number;
  readonly hfu: number;
  readonly speedup: number;
  readonly idealSpeedup: number;
  readonly scalingEfficiency: number;
  readonly memory: StepReport['memory'];
  readonly loss: readonly { readonly cause: LossCause; readonly share: number }[];
  readonly folding: StepReport['folding'];
}

export interface ReplayReport {
  readonly schemaVersion: 1;
  readonly command: 'replay';
  readonly scaling: ScalingMode;
  readonly baselineGpus: number;
  readonly scenario: ResolvedScenario;
  readonly points: readonly ReplayPoint[];
}

export interface ReplayRequest extends ScalingRequest {
  /** Steps that are drawn where the scenario has jitter or pauses (default 10). */
  readonly draws?: number;
}

const defaultDraws = 10;

function spreadOf(
  { job, cluster }: ScalingPointInput,
  perturbation: Perturbation,
  draws: number,
): (Summary & { readonly draws: number }) | undefined {
  if (perturbation.jitter.sigma === 0 && !perturbation.pauses?.perHostHour) return undefined;
  return { draws, ...summary(jitteredStepSeconds(job, cluster, perturbation, draws)) };
}

export interface ReplayResult {
  readonly report: ReplayReport;
  readonly warnings: readonly string[];
  /** What would fit, of the points that do not: by their GPU count. */
  readonly remedies: ReadonlyMap<number, readonly MemoryRemedy[]>;
}

/**
 * Replays a scenario at each GPU count.
 * @param onPoint Called before each point is simulated, for progress.
 * @throws InputError as `scalingPoints` does.
 */
export function replayStudy(
  resolution: Resolution,
  request: ReplayRequest,
  options: StepOptions = {},
  onPoint?: (gpus: number) => void,
): ReplayResult {
  const { baselineGpus, points, warnings } = scalingPoints(resolution, request);
  const perturbation = perturbationOf(resolution.scenario);
  const steps = points.map((point) => {
    onPoint?.(point.gpus);
    const step = simulateStep(point.job, point.cluster, perturbation, options);
    return { ...point, step, spread: spreadOf(point, perturbation, request.draws ?? defaultDraws) };
  });
  const baseline = steps.find((point) => point.gpus === baselineGpus)?.step;
  if (!baseline) throw new Error('replayStudy: the baseline was not simulated');
  const largest = Math.max(...points.map((point) => point.gpus));
  const { scenario } = resolution;
  const dataFixed = scenario.job.parallel.data !== 'auto';
  const remedies = new Map(
    steps
      .filter(({ step }) => !step.memory.fits)
      .map(({ gpus, job, cluster }) => [gpus, memoryRemedies(job, cluster, dataFixed)] as const),
  );
  return {
    warnings,
    remedies,
    report: {
      schemaVersion: 1,
      command: 'replay',
      scaling: request.scaling,
      baselineGpus,
      scenario: {
        ...scenario,
        cluster: { ...scenario.cluster, nodes: Math.ceil(largest / scenario.cluster.gpusPerNode) },
      },
      points: steps.map(({ gpus, job, step, spread }): ReplayPoint => {
        const { tensor, pipeline, context, expert, data, virtualStages } = job.parallel;
        return {
          gpus,
          parallel: { tensor, pipeline, context, expert, data, virtualStages },
          globalBatch: job.globalBatch,
          microBatches: step.microBatches,
          stepSeconds: step.stepSeconds,
          ...(spread ? { stepSecondsSpread: spread } : {}),
          tokensPerSecond: step.tokensPerSecond,
          modelTflopsPerGpu: step.modelTflopsPerGpu,
          hardwareTflopsPerGpu: step.hardwareTflopsPerGpu,
          mfu: step.mfu,
          hfu: step.hfu,
          ...scalingAgainst(baseline, step),
          memory: step.memory,
          loss: lossCauses.map((cause) => ({ cause, share: step.gpuSeconds[cause] / (gpus * step.stepSeconds) })),
          folding: step.folding,
        };
      }),
    },
  };
}
