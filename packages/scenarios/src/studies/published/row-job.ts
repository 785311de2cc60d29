import type { Cluster, Job, ModelShape, Precision } from '@regatta/sim-core';
import { catalogueDevice, stacksOf } from '../../catalogue/lookup.js';
import { jobProblems } from '../../schema/job-problems.js';
import { hasCountedFlops, measuredStepSeconds, otherBenchmark, secondsOfFlops } from './measured-time.js';
import type { PublishedRow } from './published-file.js';
import { rowHardware, unknownHardware } from './row-hardware.js';
import { heldHeads, padded, rowModel } from './row-model.js';
import { stageLayersOfRow, tensorSize, unpublishedPipeline, unshardedFits, wholeReplica } from './row-parallel.js';
import { type Practice, practiceOf, type SlowHosts } from './row-practice.js';
import { withLeastRecompute } from './row-recompute.js';
import { precisionOf, recomputeOf, scheduleOf, shardingOf } from './row-words.js';

/** A published row as a job on a cluster, with everything that the row did not say. */
export interface RowJob {
  readonly id: string;
  readonly job: Job;
  readonly cluster: Cluster;
  readonly stack: string;
  /** The fleet had slow hosts; absent = all alike. */
  readonly slowHosts?: SlowHosts;
  readonly measured: readonly number[];
  /** What a reading of memory counts: all that the device holds (default), or what the framework's allocator has taken. */
  readonly memoryReading?: 'device' | 'allocator';
  readonly assumed: readonly string[];
}

/** Why a row cannot be turned into a job. */
export interface SkippedRow {
  readonly id: string;
  readonly skipped: string;
}

/** The stack of a device that a practice names, else the device's own of the nearest year. */
function nearestStack(device: string, wanted: string): string | undefined {
  const names = stacksOf(device).map((stack) => stack.name);
  const year = (name: string): number => Number(/\d{4}$/.exec(name)?.[0] ?? 0);
  if (names.includes(wanted)) return wanted;
  return names.sort((a, b) => Math.abs(year(a) - year(wanted)) - Math.abs(year(b) - year(wanted)))[0];
}

/** What a practice assumes of MoE jobs that run from CUDA graphs, if this is one of them. */
function graphedExperts(
  row: PublishedRow,
  { experts }: ModelShape,
  practice: Practice,
  device: string,
  precision: Precision,
): Practice['graphedExperts'] {
  const graphed = practice.graphedExperts;
  const blackwell = /^g?b[23]00/.test(device);
  const release = /^\d+\.\d+/.exec(row.container ?? '')?.[0] ?? '';
  // The fused grouped GEMM takes SwiGLU without biases alone (Megatron-Core's TEGroupedMLP); without it the host waits for counts.
  const fusible = experts !== undefined && !experts.biases;
  return graphed && fusible && blackwell && precision === 'mxfp8' && release >= graphed.since ? graphed : undefined;
}

/** A row that is about memory: a reading, or that it ran out. */
const saysMemory = ({ measured }: PublishedRow): boolean =>
  (measured.memoryGiB ?? measured.outOfMemory) !== undefined && (measured.memoryGiB ?? measured.outOfMemory) !== null;

/** Why a row without a time is not scored for time. */
function reasonWithoutTime({ measured }: PublishedRow): string {
  if (measured.tflopsPerGpu) return 'no step time was published, and TFLOP/s without what they count (tflopsKind)';
  return 'no step time was published';
}

/** Reads a published row; everything that it does not say, or that could not be read, is named in `assumed`. */
export function rowJob(row: PublishedRow, source: string): RowJob | SkippedRow {
  const assumed: string[] = [];
  const skip = (skipped: string): SkippedRow => ({ id: row.id, skipped });
  if (otherBenchmark(row)) return skip(`${row.model.name} is not scored: no pre-training of a language model`);
  const published = measuredStepSeconds(row);
  const timed = published.length > 0 || hasCountedFlops(row);
  if (!timed && !saysMemory(row)) return skip(reasonWithoutTime(row));
  assumed.push(...(row.notRead ?? []));
  const practice = practiceOf(source, row.section ?? '', row.id);
  assumed.push(...practice.assumed);
  const model = rowModel(row, assumed, practice);
  if (!model) return skip('no model shape was published');
  const hardware = rowHardware(row, source, assumed);
  if (!hardware) return skip(unknownHardware(row));
  const sequenceLength = row.model.seqLen;
  if (!sequenceLength || !row.globalBatch) return skip('no sequence length or global batch was published');
  const usual = catalogueDevice(hardware.device)?.peakFlops.fp8 ? practice.precision : 'bf16';
  if (!row.dtype) assumed.push(`precision: ${usual}`);
  const readPrecision = row.dtype ? precisionOf(row.dtype) : usual;
  if (!readPrecision) assumed.push(`dtype ${row.dtype} not read: ${usual}`);
  const precision = readPrecision ?? usual;
  // A replica computes a sequence at least: with fewer sequences than GPUs each is cut over several.
  const fewest = row.tensorParallel ? 1 : Math.max(1, Math.ceil(row.gpus / row.globalBatch));
  const cut = tensorSize(fewest, row.gpus, model);
  const tensor = row.tensorParallel ?? cut;
  const pipeline = row.pipelineParallel ?? unpublishedPipeline(row, model, hardware.device, tensor, assumed);
  const context = row.contextParallel ?? 1;
  const data = row.dataParallel ?? row.gpus / (tensor * pipeline * context);
  if (!Number.isInteger(data))
    return skip(`${row.gpus} GPUs are not a multiple of t c p = ${tensor * pipeline * context}`);
  if (tensor * pipeline * context * data !== row.gpus)
    return skip(`t c p D = ${tensor * pipeline * context * data}, but ${row.gpus} GPUs`);
  if (row.tensorParallel === undefined || row.tensorParallel === null)
    assumed.push(cut > 1 ? `parallelism: tensor ${cut}, the rest data` : 'parallelism: data parallel only');
  const schedule = scheduleOf(row.schedule ?? '');
  if (!schedule.read) assumed.push(`schedule ${row.schedule} not read: 1f1b`);
  const sharding = shardingOf(row.optimizerSharding);
  if (sharding === 'unread') assumed.push(`optimizerSharding ${row.optimizerSharding} not read`);
  const fsdp = (row.fsdpShardGroup ?? 0) > 0 || schedule.sharded || row.zeroStage === 3;
  // Megatron-LM itself has no ZeRO-3: its rows of it ran DeepSpeed.
  const deepSpeed = row.zeroStage === 3 && practice.zero !== 3;
  if (deepSpeed) assumed.push("ZeRO-3 is DeepSpeed's");
  const perRank = model.layers / pipeline;
  const interleaves = pipeline > 1 && schedule.kind === 'interleaved';
  let virtualStages = interleaves ? (row.interleave ?? 0) : 1;
  const assumedInterleaving = interleaves && (virtualStages <= 1 || model.layers + 2 < pipeline * virtualStages);
  if (assumedInterleaving) {
    virtualStages = Math.max(1, Math.floor(perRank / 2));
    assumed.push(`interleaving: ${virtualStages} chunks a rank, two layers each`);
  }
  const expertTensor = row.expertTensorParallel ?? 1;
  const expert = model.experts ? Math.min(row.expertParallel ?? 1, (tensor * context * data) / expertTensor) : 1;
  if (expert !== (row.expertParallel ?? 1))
    assumed.push(`expert parallelism: ${expert} instead of ${row.expertParallel}, as many as a stage has ranks`);
  let microBatch = row.microBatch ?? 0;
  if (!microBatch) {
    microBatch = pipeline === 1 && !row.tensorParallel ? row.globalBatch / data : practice.microBatch;
    if (pipeline > 1) assumed.push(`micro-batch: ${microBatch}`);
  }
  const perOperator = /^selective-op/i.test(row.recompute ?? '');
  const readRecompute = row.recompute ? recomputeOf(row.recompute) : undefined;
  if (readRecompute === 'unread') assumed.push(`recompute ${row.recompute} not read`);
  const recompute = perOperator ? 'selective' : readRecompute === 'unread' ? undefined : readRecompute;
  if (perOperator) assumed.push('selective-op recomputation: all but attention and every second matmul');
  if (recompute === undefined) assumed.push(`recomputation: ${practice.recompute}`);
  const sequenceParallel = tensor > 1 && (row.sequenceParallel ?? practice.sequenceParallel);
  const stackName = nearestStack(hardware.device, practice.stack);
  const device = catalogueDevice(hardware.device, stackName);
  if (!device) return skip(`no device ${hardware.device}`);
  if (stackName !== practice.stack) assumed.push(`stack: ${device.stack} (no ${practice.stack} for this device)`);
  const zeroOf = (): 0 | 1 | 2 | 3 => {
    if (fsdp) return 3;
    if (row.zeroStage === 0 && !unshardedFits(model, device.memoryBytes, tensor * pipeline)) {
      assumed.push('optimizer sharded: its states alone would not fit a device');
      return 1;
    }
    if (row.zeroStage === 0 || row.zeroStage === 1 || row.zeroStage === 2) return row.zeroStage;
    if (sharding !== undefined && sharding !== 'unread') return sharding;
    return practice.zero === 3 ? (data > 1 ? 3 : 0) : practice.zero;
  };
  const pure = row.mixedPrecisionMode === 'PURE';
  const gradientBytes = pure ? 2 : (practice.options.gradientBytes ?? 4);
  // Batches that do not divide (warm-up, remainders) are rounded to whole micro-batches.
  const step = microBatch * data;
  const globalBatch = Math.max(step, Math.round(row.globalBatch / step) * step);
  if (globalBatch !== row.globalBatch) assumed.push(`global batch: ${globalBatch} instead of ${row.globalBatch}`);
  const microBatches = globalBatch / step;
  if (interleaves && microBatches < pipeline) virtualStages = 1;
  const graphed = graphedExperts(row, model, practice, hardware.device, precision);
  if (graphed) assumed.push(graphed.assumed);
  const job: Job = {
    name: row.id,
    model: { ...model, kvHeads: heldHeads(model.kvHeads, tensor, assumed), vocab: padded(model.vocab, tensor) },
    sequenceLength,
    globalBatch,
    microBatch,
    precision,
    parallel: {
      tensor,
      pipeline,
      context,
      expert,
      expertTensor,
      data,
      virtualStages,
      sequenceParallel,
      zero: zeroOf(),
    },
    schedule:
      virtualStages > 1 ? 'interleaved' : schedule.kind === 'interleaved' || pipeline === 1 ? '1f1b' : schedule.kind,
    recompute: recompute ?? practice.recompute,
    flopConvention: 'full',
    options: {
      p2p: 'async',
      scatterGather: false,
      tensorOverlap: 0,
      bucketBytes: 1.6e8,
      dataOverlap: true,
      contextKind: 'ring',
      contextRepeatsHeads: false,
      fp8Scaling: /row/i.test(row.dtype ?? '') ? 'row' : 'tensor',
      moeImbalance: 1,
      expertDispatch: 'direct',
      expertOverlap: 0,
      expertLayout: 'fused',
      fusedElementwise: true,
      cudaGraphs: false,
      recomputeStopsEarly: false,
      reshardAfterForward: !/SHARD_GRAD_OP/i.test(row.schedule ?? ''),
      shardGroup: 0,
      offloadOptimizer: false,
      stageSplit: 'even',
      ...practice.options,
      ...(pipeline === 1 ? practice.withoutPipeline : practice.withPipeline),
      ...graphed?.options,
      ...(deepSpeed ? { framework: 'deepspeed' } : {}),
      ...(row.torchCompile === false ? { fusedElementwise: false } : {}),
      gradientBytes,
      ...(perOperator ? { recomputeModules: ['alternate_matmuls'] } : {}),
      ...(assumedInterleaving ? {} : stageLayersOfRow(model.layers, pipeline * virtualStages, assumed)),
    },
  };
  const counted = published.length > 0 ? undefined : secondsOfFlops(row, job);
  if (counted !== undefined)
    assumed.push(`measured: ${row.measured.tflopsPerGpu} TFLOP/s of ${row.measured.tflopsKind}`);
  const domainDevice = { ...device, scaleUp: { ...device.scaleUp, domain: hardware.domain } };
  const cluster: Cluster = {
    name: row.id,
    device: domainDevice,
    nodes: Math.ceil(row.gpus / hardware.gpusPerNode),
    gpusPerNode: hardware.gpusPerNode,
    node: { kind: /pcie|l40s/.test(hardware.device) ? 'pcie' : 'nvswitch' },
    fabric: {
      kind: 'clos',
      tiers: 3,
      rails: hardware.nicsPerNode,
      nicGbps: hardware.nicGbps,
      oversubscription: 1,
      routing: 'spray',
      nicsPerNode: Math.min(hardware.nicsPerNode, hardware.gpusPerNode),
    },
  };
  // A job whose sizes do not go together has no memory to fit: its score says why.
  const legal = jobProblems(job).length === 0;
  const filled = !legal || row.microBatch || pipeline > 1 ? job : wholeReplica(job, cluster, assumed);
  const fitted = legal && practice.leastRecompute && recompute === undefined;
  return {
    id: row.id,
    job: fitted ? withLeastRecompute(filled, cluster, assumed) : filled,
    cluster,
    stack: device.stack,
    measured: published.length > 0 || counted === undefined ? published : [counted],
    assumed,
    ...(practice.memoryReading ? { memoryReading: practice.memoryReading } : {}),
    ...(practice.slowHosts ? { slowHosts: practice.slowHosts } : {}),
  };
}
