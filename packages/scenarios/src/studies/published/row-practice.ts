import type { JobOptions, ModelShape } from '@regatta/sim-core';

/** A fleet in which each host is slow with a probability, by a factor on its compute time. */
export interface SlowHosts {
  readonly share: number;
  readonly factor: number;
}

/**
 * How a published source ran its jobs, where its rows do not say: the software's practice of that time. One entry a source or
 * software generation, never one a row.
 */
export interface Practice {
  readonly stack: string;
  readonly attention: ModelShape['attention'];
  readonly sequenceParallel: boolean;
  readonly zero: 0 | 1 | 2 | 3;
  /** Precision where the row has none, on devices with fp8. */
  readonly precision: 'bf16' | 'fp8';
  /** Micro-batch where the row has none. */
  readonly microBatch: number;
  readonly recompute: 'none' | 'selective' | 'full';
  readonly dropout: boolean;
  readonly options: Partial<JobOptions>;
  /** Slow hosts of the fleet, where the source counted them. */
  readonly slowHosts?: SlowHosts;
  /** Options of jobs without a pipeline, where they differ. */
  readonly withoutPipeline?: Partial<JobOptions>;
  /** Options of jobs with a pipeline, where they differ. */
  readonly withPipeline?: Partial<JobOptions>;
  /** What a published reading of memory counts: all that the device holds, or what the framework's allocator has taken. */
  readonly memoryReading?: 'device' | 'allocator';
  /** Rows that do not publish their recomputation ran with as little of it, and of offloading, as their memory needs. */
  readonly leastRecompute?: boolean;
  /** Options of MoE jobs in block-scaled fp8 on Blackwell from a container on, where they differ. */
  readonly graphedExperts?: { readonly since: string; readonly options: Partial<JobOptions>; readonly assumed: string };
  /** What is assumed, in words. */
  readonly assumed: readonly string[];
}

const overlapping = { p2p: 'async', dataOverlap: true, gradientBytes: 4 } as const;

/** BLOOM's trials before its BF16Optimizer; their memory was read with nvidia-smi. */
const bigScience: Practice = {
  stack: 'megatron-deepspeed-2022',
  attention: 'unfused',
  sequenceParallel: false,
  zero: 1,
  precision: 'bf16',
  microBatch: 1,
  recompute: 'full',
  dropout: false,
  options: { p2p: 'blocking', dataOverlap: false, gradientBytes: 2, framework: 'deepspeed' },
  assumed: ['Megatron-DeepSpeed with ZeRO-1: 16-bit gradients, no overlap, pipe buffers kept until the backward'],
};

/** torchtitan: FSDP2 over fp32 parameters; its memory is what the caching allocator has reserved. */
const torchtitan: Practice = {
  stack: 'torchtitan-2025',
  attention: 'flash',
  sequenceParallel: true,
  zero: 3,
  precision: 'bf16',
  microBatch: 1,
  recompute: 'none',
  dropout: false,
  // torchao quantises where it multiplies.
  options: {
    ...overlapping,
    recomputeStopsEarly: true,
    contextKind: 'allgather',
    contextRepeatsHeads: true,
    framework: 'fsdp',
    narrowStorage: 'none',
  },
  withPipeline: { reshardAfterForward: false },
  memoryReading: 'allocator',
  assumed: [
    'FSDP2: a layer a unit, prefetch of one, fp32 parameters and reduction; recomputation by non-reentrant checkpoints that stop early; context ranks gather keys and values repeated for every head',
  ],
};

const practices: readonly (readonly [RegExp, Practice])[] = [
  [
    /narayanan|sc ?2021|megatron-lm\/(?!2[0-9]|3[0-8])/i,
    {
      stack: 'megatron-2021',
      attention: 'unfused',
      sequenceParallel: false,
      zero: 0,
      precision: 'bf16',
      microBatch: 1,
      recompute: 'full',
      dropout: true,
      // run_table_1.sh: local DDP (no overlap, fp16 gradients) with a pipeline, torch DDP (overlap) without.
      options: { p2p: 'blocking', scatterGather: true, dataOverlap: false, gradientBytes: 2 },
      withoutPipeline: { dataOverlap: true },
      assumed: [
        'Megatron-LM of 2021: unfused attention, no sequence parallelism, blocking messages with scatter-gather',
      ],
    },
  ],
  [
    /korthikanti/i,
    {
      stack: 'megatron-2022',
      attention: 'unfused',
      sequenceParallel: false,
      zero: 0,
      precision: 'bf16',
      microBatch: 1,
      recompute: 'selective',
      dropout: true,
      options: { p2p: 'blocking', scatterGather: true, dataOverlap: false, gradientBytes: 2 },
      assumed: ['Megatron-LM of 2022: unfused attention, blocking messages with scatter-gather'],
    },
  ],
  [
    /megascale/i,
    {
      stack: 'megatron-2023',
      attention: 'unfused',
      sequenceParallel: true,
      zero: 0,
      precision: 'bf16',
      microBatch: 1,
      recompute: 'selective',
      dropout: true,
      options: { p2p: 'blocking', dataOverlap: false, gradientBytes: 4 },
      // MegaScale (arXiv 2402.15627), computational stragglers [recalled]: 0.5 % of machines, some 10 % slower.
      slowHosts: { share: 0.005, factor: 1.1 },
      assumed: [
        'Megatron-LM of 2023: unfused attention, sequence parallelism; its defaults: optimizer not sharded, no overlap of gradients',
        'one host in 200 computes 10 % slower: the expected step',
      ],
    },
  ],
  [
    /vtrain/i,
    {
      stack: 'megatron-deepspeed-2022',
      attention: 'unfused',
      sequenceParallel: false,
      zero: 0,
      precision: 'bf16',
      microBatch: 1,
      recompute: 'full',
      dropout: true,
      options: { p2p: 'blocking', scatterGather: true, dataOverlap: false, gradientBytes: 2 },
      assumed: [
        'Megatron-DeepSpeed: no gradient buckets, blocking messages cut over tensor ranks (pipe_partitioned), fp16 gradients',
      ],
    },
  ],
  [
    // From `Rebalancing layers` on, as the chronicle says: BF16Optimizer, whose fp32 gradients are not sharded.
    /rebalancing layers/i,
    {
      ...bigScience,
      options: { ...bigScience.options, gradientBytes: 4 },
      assumed: ['Megatron-DeepSpeed with BF16Optimizer: fp32 gradients beside bf16 ones, ZeRO-1, no overlap'],
    },
  ],
  [/bloom|bigscience/i, bigScience],
  [
    /mosaic/i,
    {
      stack: 'fsdp-2023',
      attention: 'flash',
      sequenceParallel: false,
      zero: 3,
      precision: 'bf16',
      microBatch: 1,
      recompute: 'none',
      dropout: false,
      options: { ...overlapping, recomputeStopsEarly: true, framework: 'fsdp' },
      assumed: ['FSDP: a layer a unit, prefetch of one; recomputation by non-reentrant checkpoints that stop early'],
    },
  ],
  [
    // The tables of its paper: the loss was not compiled yet (`compiling loss function causes CUDA errors`, 2024).
    /torchtitan.*table \d/i,
    {
      ...torchtitan,
      options: { ...torchtitan.options, lossKernel: 'eager' },
      assumed: [...torchtitan.assumed, 'cross-entropy of the framework, in fp32'],
    },
  ],
  [/torchtitan/i, torchtitan],
  [
    /llama 3 herd|llama3-405b/i,
    {
      stack: 'llama3-2024',
      attention: 'flash',
      sequenceParallel: true,
      zero: 2,
      precision: 'bf16',
      microBatch: 1,
      recompute: 'none',
      dropout: false,
      options: { ...overlapping, contextKind: 'allgather' },
      assumed: ['sequence parallelism, gradients sharded and overlapped, all-gather context parallelism'],
    },
  ],
  [
    /mlperf|mlcommons/i,
    {
      stack: 'nemo-2023',
      attention: 'flash',
      sequenceParallel: true,
      zero: 1,
      precision: 'fp8',
      microBatch: 1,
      recompute: 'none',
      dropout: false,
      options: { ...overlapping, tensorOverlap: 0.7, gradientBytes: 2 },
      assumed: [
        'NeMo: distributed optimizer with overlap, tensor-parallel overlap by user buffers, bf16 gradient reduction',
      ],
    },
  ],
  [
    /nemo|bridge/i,
    {
      stack: 'nemo-2026',
      attention: 'flash',
      sequenceParallel: true,
      zero: 1,
      precision: 'bf16',
      microBatch: 1,
      recompute: 'none',
      dropout: false,
      options: {
        ...overlapping,
        tensorOverlap: 0.7,
        gradientBytes: 2,
        expertDispatch: 'hierarchical',
        expertLayout: 'copied',
      },
      leastRecompute: true,
      // Megatron-Bridge 0.5, scripts/performance/configs: cuda_graph_impl, moe_a2a_overlap and cutedsl_fused_grouped_mlp of MXFP8.
      graphedExperts: {
        since: '26.06',
        options: { cudaGraphs: true, expertLayout: 'fused', expertOverlap: 1 },
        assumed: 'MXFP8 experts: full-iteration CUDA graphs, fused grouped GEMM, all-to-all behind the experts',
      },
      assumed: [
        'NeMo: distributed optimizer with overlap, tensor-parallel overlap by user buffers, bf16 gradient reduction, hierarchical expert dispatch',
      ],
    },
  ],
];

const modern: Practice = {
  stack: 'megatron-core-2024',
  attention: 'flash',
  sequenceParallel: true,
  zero: 1,
  precision: 'bf16',
  microBatch: 1,
  recompute: 'none',
  dropout: false,
  options: { ...overlapping },
  assumed: [
    'Megatron-Core of 2024: sequence parallelism, distributed optimizer with overlap, tensor-parallel collectives exposed',
  ],
};

/** Practice of a row, by its section and id first, then by its source. Megatron-LM's page mixes three generations. */
export function practiceOf(source: string, section: string, id: string): Practice {
  const megatron2021 = practices[0]?.[1] ?? modern;
  if (/megatron/i.test(source) && /narayanan/i.test(source)) {
    return /core|h100/i.test(section) ? modern : megatron2021;
  }
  const where = `${source} ${section}`;
  return practices.find(([pattern]) => pattern.test(where) || pattern.test(id))?.[1] ?? modern;
}
