import type { Cluster } from '../../platform/cluster.js';
import type { Device } from '../../platform/device.js';
import type { Job } from '../job.js';
import { devicesOfStages } from '../plan/stage-devices.js';
import type { MemoryReport } from '../report.js';
import { type Schedule, scheduleOrder } from '../schedules/index.js';
import { withStageLayers } from '../stage-split.js';
import { fragmentationOf, type PeakMoment, peakMoment } from './alive-bytes.js';
import { communicatorBytes, contextBytes, rankBuffers } from './buffers.js';
import { rankMemory } from './chunk-memory.js';
import { rankState } from './state.js';

/** Share of a device's memory that a job may fill (spec/model.md 3.4). */
export const usableMemory = 0.97;

/** Model state of one pipeline rank, and what it holds beside at its peak. */
export interface StageMemory {
  readonly parameters: number;
  readonly layers: number;
  readonly weightsBytes: number;
  readonly gradientsBytes: number;
  readonly optimizerBytes: number;
  readonly activationsBytes: number;
  readonly peak: PeakMoment;
  /** Room lost between blocks. */
  readonly fragmentBytes: number;
  /** FSDP's gathered parameters. */
  readonly gatheredBytes: number;
  /** Gradient buckets and flat copies of the optimizer's step. */
  readonly bucketBytes: number;
}

/** One pipeline rank on one kind of device; parts from weightsBytes to fixedBytes add up to peakBytes. */
export interface StageMemoryReport extends Omit<StageMemory, 'bucketBytes' | 'peak' | 'fragmentBytes'> {
  readonly pipelineRank: number;
  /** First rank of the stage on this device. */
  readonly rank: number;
  readonly device: string;
  readonly deviceBytes: number;
  /** Gradients and messages on their way, copies of logits. */
  readonly temporaryBytes: number;
  /** Gradient buckets, CUDA context, NCCL, and what the allocator cannot use. */
  readonly fixedBytes: number;
  readonly peakBytes: number;
  /** What is left of the usable memory; below 0 where it does not fit. */
  readonly marginBytes: number;
  readonly fits: boolean;
  readonly peakAt: PeakMoment['at'];
  readonly peakMicroBatch: number;
  /** Micro-batches times chunks in flight at the peak. */
  readonly inFlight: number;
}

/**
 * Memory of one pipeline rank, before the fixed costs of spec/model.md 3.4.
 * @throws RangeError when the job's layers do not suit the schedule.
 */
export function stageMemory(job: Job, schedule: Schedule, rank: number): StageMemory {
  const memory = rankMemory(job, schedule, rank);
  const state = rankState(job, memory.held);
  const buffers = rankBuffers(job, memory);
  const peak = peakMoment(job, schedule, rank, memory, buffers, state);
  const { layers, edges } = memory.held;
  const tracked = state.weights + state.gradients + state.optimizer + peak.activationsBytes;
  return {
    parameters: layers.dense + layers.expert + edges.dense + edges.expert,
    layers: memory.chunks.reduce((sum, chunk) => sum + chunk.layers, 0),
    weightsBytes: state.weights,
    gradientsBytes: state.gradients,
    optimizerBytes: state.optimizer,
    activationsBytes: peak.activationsBytes,
    peak,
    fragmentBytes: (fragmentationOf(job) - 1) * tracked,
    gatheredBytes: buffers.gatheredBytes,
    bucketBytes: buffers.bucketBytes,
  };
}

function onDevice(stage: StageMemory, pipelineRank: number, rank: number, device: Device): StageMemoryReport {
  const { peak, bucketBytes, fragmentBytes, ...parts } = stage;
  const tracked = parts.weightsBytes + parts.gradientsBytes + parts.optimizerBytes + parts.activationsBytes;
  const fixedBytes = bucketBytes + communicatorBytes + contextBytes + fragmentBytes;
  const peakBytes = tracked + parts.gatheredBytes + peak.temporaryBytes + fixedBytes;
  const usable = usableMemory * device.memoryBytes;
  return {
    pipelineRank,
    rank,
    device: device.name,
    deviceBytes: device.memoryBytes,
    ...parts,
    temporaryBytes: peak.temporaryBytes,
    fixedBytes,
    peakBytes,
    marginBytes: usable - peakBytes,
    fits: peakBytes <= usable,
    peakAt: peak.at,
    peakMicroBatch: peak.microBatch,
    inFlight: peak.inFlight,
  };
}

/**
 * Memory of every pipeline rank, on each kind of device that holds ranks of it.
 * @throws RangeError when the schedule cannot be made for the job's sizes.
 */
export function stageMemories(asked: Job, cluster: Cluster): StageMemoryReport[] {
  const job = withStageLayers(asked, cluster);
  const { pipeline, virtualStages, data } = job.parallel;
  const microBatches = job.globalBatch / (job.microBatch * data);
  const schedule = scheduleOrder(job.schedule, { pipeline, virtualStages, microBatches });
  return devicesOfStages(job.parallel, cluster).flatMap((devices, pipelineRank) => {
    const stage = stageMemory(job, schedule, pipelineRank);
    return devices.map(({ device, rank }) => onDevice(stage, pipelineRank, rank, device));
  });
}

/** What a framework's allocator has taken of the peak: all but CUDA context and communicators. */
export function allocatorBytes({ peakBytes }: StageMemoryReport): number {
  return peakBytes - contextBytes - communicatorBytes;
}

/** The pipeline rank that fills its device most. @throws RangeError for an empty list. */
export function fullestStage(stages: readonly StageMemoryReport[]): StageMemoryReport {
  const fill = (stage: StageMemoryReport): number => stage.peakBytes / stage.deviceBytes;
  const [first, ...rest] = stages;
  if (!first) throw new RangeError('fullestStage: the pipeline has no ranks');
  return rest.reduce((most, stage) => (fill(stage) > fill(most) ? stage : most), first);
}

/**
 * Memory of the rank that fills its device most; its parts add up to peakBytes (spec/model.md 3.4).
 * @throws RangeError when the schedule cannot be made for the job's sizes.
 */
export function stepMemory(job: Job, cluster: Cluster): MemoryReport {
  const { deviceBytes, peakBytes, fits, weightsBytes, gradientsBytes, optimizerBytes, activationsBytes, ...rest } =
    fullestStage(stageMemories(job, cluster));
  return {
    deviceBytes,
    peakBytes,
    fits,
    weightsBytes,
    gradientsBytes,
    optimizerBytes,
    activationsBytes,
    otherBytes: rest.gatheredBytes + rest.temporaryBytes + rest.fixedBytes,
    worstRank: rest.rank,
  };
}
