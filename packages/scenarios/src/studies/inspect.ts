import {
  type Job,
  layerForward,
  type MemoryReport,
  microBatchesOf,
  modelStateBytes,
  parameterCount,
  peakFlopsOf,
  predictionParameterCount,
  RankGrid,
  recomputedLayers,
  type StageMemoryReport,
  scheduleOrder,
  simulateStep,
  stageMemories,
  stepFlops,
  stepMemory,
} from '@regatta/sim-core';
import { InputError } from '../schema/input-error.js';
import type { Resolution } from '../schema/resolve-scenario.js';
import { perturbationOf } from '../schema/to-core.js';
import { type MemoryRemedy, memoryRemedies } from './memory-remedies.js';
import { scalingPoints } from './scaling-points.js';

const secondsOfYear = 365.25 * 86400;
/** What the walls are measured against: 300 billion tokens, as GPT-3 was trained on, unless job.steps says how long the job is. */
const defaultTokens = 300e9;

export interface GroupLine {
  readonly kind: string;
  readonly groups: number;
  readonly ranksPerGroup: number;
  readonly stride: number;
  /** The first group, at most 16 ranks of it. */
  readonly firstRanks: readonly number[];
}

export interface MessageLine {
  readonly name: string;
  readonly dimension: string;
  readonly op: string;
  readonly bytes: number;
  readonly timesPerLayer: number;
}

export interface InspectReport {
  readonly schemaVersion: 1;
  readonly command: 'inspect';
  readonly gpus: number;
  readonly parameters: ReturnType<typeof parameterCount> & {
    /** Of multi-token prediction modules, beside the total; absent without them. */
    readonly multiTokenPrediction?: number;
  };
  readonly flops: ReturnType<typeof stepFlops> & {
    /** The common 6 P tokens: counts embeddings, leaves attention out. */
    readonly sixParametersTokens: number;
    readonly perToken: number;
  };
  readonly memory: MemoryReport & {
    /** Every pipeline rank, on each kind of device that holds ranks of it. */
    readonly stages: readonly StageMemoryReport[];
    /** What would fit, where it does not. */
    readonly remedies: readonly MemoryRemedy[];
  };
  readonly groups: readonly GroupLine[];
  readonly messages: readonly MessageLine[];
  readonly pipeline: {
    readonly schedule: string;
    readonly microBatches: number;
    /** First operations of each pipeline rank. */
    readonly order: readonly string[];
  };
  readonly walls: {
    readonly compute: {
      readonly tokens: number;
      readonly flops: number;
      readonly yearsOnOneGpuAtPeak: number;
      /** The same by the common 6 x parameters x tokens. */
      readonly sixParametersTokens: number;
      readonly yearsBySixParametersTokens: number;
    };
    readonly memory: {
      readonly modelStateBytes: number;
      readonly deviceBytes: number;
      readonly devicesForModelState: number;
    };
    readonly communication: readonly { readonly gpus: number; readonly share: number; readonly stepSeconds: number }[];
  };
}

function groupLines(job: Job): GroupLine[] {
  const grid = new RankGrid(job.parallel);
  const kinds = [
    'tensor',
    'context',
    'data',
    ...(job.model.experts ? (['expert', 'expertData'] as const) : []),
  ] as const;
  const lines: GroupLine[] = kinds.map((kind) => {
    const size = grid.groupSize(kind);
    const stride = grid.groupStride(kind);
    return {
      kind,
      groups: grid.ranks / size,
      ranksPerGroup: size,
      stride,
      firstRanks: Array.from({ length: Math.min(size, 16) }, (_, i) => i * stride),
    };
  });
  const { pipeline } = job.parallel;
  return [
    ...lines,
    {
      kind: 'pipeline',
      groups: grid.stageRanks,
      ranksPerGroup: pipeline,
      stride: grid.stageRanks,
      firstRanks: Array.from({ length: Math.min(pipeline, 16) }, (_, i) => i * grid.stageRanks),
    },
  ];
}

/** What would run, and the three walls: years of compute on one GPU, model state against its memory, communication as GPUs grow. */
export function inspectStudy(resolution: Resolution, gpus: readonly number[]): InspectReport {
  const { points } = scalingPoints(resolution, { gpus, scaling: 'weak' });
  const point = points[0];
  if (!point) throw new Error('inspectStudy: no point');
  const { job, cluster } = point;
  const parameters = parameterCount(job.model);
  const predicted = predictionParameterCount(job.model);
  const flops = stepFlops(job.model, job, recomputedLayers(job));
  const tokensPerStep = job.globalBatch * job.sequenceLength;
  const { steps } = resolution.scenario.job;
  const tokens = steps === undefined ? defaultTokens : steps * tokensPerStep;
  const total = (flops.model / tokensPerStep) * tokens;
  const schedule = scheduleOrder(job.schedule, {
    pipeline: job.parallel.pipeline,
    virtualStages: job.parallel.virtualStages,
    microBatches: microBatchesOf(job),
  });
  const peak = peakFlopsOf(cluster.device.peakFlops, job.precision);
  const messages = new Map<string, MessageLine>();
  for (const operator of layerForward(job, cluster.device, job.model.experts ? 'moe' : 'dense')) {
    if (operator.kind !== 'communication') continue;
    const key = `${operator.dimension} ${operator.op} ${operator.bytes}`;
    const known = messages.get(key);
    messages.set(key, {
      name: known ? `${known.name}, ${operator.name}` : operator.name,
      dimension: operator.dimension,
      op: operator.op,
      bytes: operator.bytes,
      timesPerLayer: (known?.timesPerLayer ?? 0) + operator.repeat,
    });
  }
  return {
    schemaVersion: 1,
    command: 'inspect',
    gpus: point.gpus,
    parameters: predicted > 0 ? { ...parameters, multiTokenPrediction: predicted } : parameters,
    flops: {
      ...flops,
      sixParametersTokens: 6 * parameters.active * tokensPerStep,
      perToken: flops.model / tokensPerStep,
    },
    memory: {
      ...stepMemory(job, cluster),
      stages: stageMemories(job, cluster),
      remedies: memoryRemedies(job, cluster, resolution.scenario.job.parallel.data !== 'auto'),
    },
    groups: groupLines(job),
    messages: [...messages.values()],
    pipeline: {
      schedule: typeof job.schedule === 'string' ? job.schedule : job.schedule.name,
      microBatches: microBatchesOf(job),
      order: schedule.order.map((row) =>
        row
          .slice(0, 24)
          .map((o) => `${o.kind}${o.chunk}.${o.microBatch}`)
          .join(' '),
      ),
    },
    walls: {
      compute: {
        tokens,
        flops: total,
        yearsOnOneGpuAtPeak: total / peak / secondsOfYear,
        sixParametersTokens: 6 * parameters.active * tokens,
        yearsBySixParametersTokens: (6 * parameters.active * tokens) / peak / secondsOfYear,
      },
      memory: {
        modelStateBytes: modelStateBytes(job),
        deviceBytes: cluster.device.memoryBytes,
        devicesForModelState: modelStateBytes(job) / cluster.device.memoryBytes,
      },
      communication: communicationShares(resolution, gpus.length > 1 ? gpus : growth(point.gpus)),
    },
  };
}

const growth = (gpus: number): number[] => [gpus, gpus * 4, gpus * 16];

/** Share of GPU time that waits for communication, at the same global batch on ever more GPUs. */
function communicationShares(resolution: Resolution, gpus: readonly number[]): InspectReport['walls']['communication'] {
  const shares: { gpus: number; share: number; stepSeconds: number }[] = [];
  for (const count of gpus) {
    const inputs = communicationPoint(resolution, count);
    if (!inputs) continue;
    const step = simulateStep(inputs.job, inputs.cluster, perturbationOf(resolution.scenario));
    const { exposedTensor, exposedContext, exposedExpert, exposedPipeline, exposedData, networkContention } =
      step.gpuSeconds;
    const waiting = exposedTensor + exposedContext + exposedExpert + exposedPipeline + exposedData + networkContention;
    shares.push({ gpus: count, share: waiting / (count * step.stepSeconds), stepSeconds: step.stepSeconds });
  }
  return shares;
}

function communicationPoint(
  resolution: Resolution,
  count: number,
): { job: Job; cluster: Parameters<typeof simulateStep>[1] } | undefined {
  try {
    const { points } = scalingPoints(
      { ...resolution, nodesFixed: false },
      { gpus: [count], scaling: 'strong', baseline: count },
    );
    return points[0];
  } catch (error) {
    // The same batch no longer divides over that many GPUs: the wall is shown as far as it goes.
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
