import type { Precision } from '../platform/device.js';
import type { ModelShape } from './model.js';

/** Degrees of parallelism, resolved: data is a number here. World size = tensor * context * data * pipeline (spec/model.md 4.1). */
export interface Parallel {
  readonly tensor: number;
  readonly pipeline: number;
  readonly context: number;
  readonly expert: number;
  readonly expertTensor: number;
  readonly data: number;
  readonly virtualStages: number;
  readonly sequenceParallel: boolean;
  readonly zero: 0 | 1 | 2 | 3;
}

export type ScheduleName = 'gpipe' | '1f1b' | 'interleaved' | 'zb-h1' | 'zb-v' | 'dualpipe';

/** One operation of a pipeline schedule: forward, backward (input grad; with weight grad unless the schedule has W), weight grad. */
export interface ScheduleOp {
  readonly kind: 'F' | 'B' | 'W';
  readonly chunk: number;
  readonly microBatch: number;
}

/** Order of operations of each pipeline rank, as a user lists it in a file. */
export interface ListSchedule {
  readonly name: string;
  readonly order: readonly (readonly ScheduleOp[])[];
  /** Global stage of a chunk on a rank: 'interleaved' c*p+i, 'v' i then 2p-1-i. */
  readonly layout: 'interleaved' | 'v';
}

/**
 * Parts of a layer that selective recomputation can run again, by Megatron-LM's names (--recompute-modules), and torchtitan's
 * per-operator checkpointing, alternate_matmuls: all but attention and every second matmul.
 */
export const recomputeModules = [
  'core_attn',
  'layernorm',
  'mla_up_proj',
  'moe_act',
  'mlp',
  'moe',
  'shared_experts',
  'alternate_matmuls',
] as const;
export type RecomputeModule = (typeof recomputeModules)[number];

export interface JobOptions {
  readonly p2p: 'async' | 'blocking';
  /** Point-to-point sends 1/tensor over the network, then an all-gather inside the node. */
  readonly scatterGather: boolean;
  /** Fraction of the neighbouring GEMM behind which a tensor-parallel collective hides, 0..1. */
  readonly tensorOverlap: number;
  /** Bytes of a gradient element in accumulation and in the data-parallel collective. */
  readonly gradientBytes: number;
  readonly bucketBytes: number;
  /** Data-parallel gradient buckets overlap the last backward. */
  readonly dataOverlap: boolean;
  readonly contextKind: 'ring' | 'allgather' | 'ulysses';
  /** Keys and values are repeated for every query head before context ranks exchange them (PyTorch's repeat_kv). */
  readonly contextRepeatsHeads: boolean;
  /**
   * fp8 scales: one for a tensor, known before it is quantised; or one for each row of every operand, found and applied by kernels of
   * their own, once along rows and once along columns, weights included (torchao's rowwise recipe).
   */
  readonly fp8Scaling: 'tensor' | 'row';
  readonly moeImbalance: number;
  /**
   * How routed tokens reach their experts: each copy straight to its expert's rank, or one copy to each scale-up domain and
   * from there over the domain's own links (DeepEP, HybridEP).
   */
  readonly expertDispatch: 'direct' | 'hierarchical';
  /**
   * What recompute selective runs again, by Megatron-LM's names (--recompute-modules); absent = core_attn. layernorm: outputs of norms;
   * mla_up_proj: queries, keys and values from their latents; moe_act, mlp, moe, shared_experts: activation of experts, dense FFN,
   * whole MoE block, shared experts.
   */
  readonly recomputeModules?: readonly RecomputeModule[];
  /** recompute full of the first n layers of each stage only; absent = all. */
  readonly recomputeLayers?: number;
  /** The first n layers of each pipeline rank keep their activations in host memory; absent = none. No time is charged for it. */
  readonly offloadActivationLayers?: number;
  /**
   * What stays of narrow formats (fp8, mxfp8, nvfp4): none, operands are quantised where they are used (torchao); copies, GEMM inputs
   * and cached weights beside the 16-bit ones (Transformer Engine); primary, inputs, and weights in the narrow format alone
   * (fp8_param_gather). Absent = primary.
   */
  readonly narrowStorage?: 'none' | 'copies' | 'primary';
  /** Bytes of each of Adam's two moments; absent = 4 (2: Megatron's precision-aware optimizer). */
  readonly momentBytes?: 2 | 4;
  /** The caching allocator's segments grow in place (PYTORCH_CUDA_ALLOC_CONF): no room is lost between blocks. */
  readonly expandableSegments?: boolean;
  /** eager: the loss keeps its own copies of the logits (a framework's cross-entropy in fp32); absent or fused: one. */
  readonly lossKernel?: 'fused' | 'eager';
  /**
   * Whose habits of holding memory the job has; absent = megatron. fsdp: parameters are the fp32 master copy themselves. deepspeed: 16-bit
   * gradients beside fp32 accumulators, outputs of a pipeline stage until their backward, flat copies at the optimizer's step.
   */
  readonly framework?: 'megatron' | 'deepspeed' | 'fsdp';
  /**
   * Layers of each global stage, in the order in which a micro-batch passes them (chunk c of rank i is stage c*p+i, in a V i and
   * then 2p-1-i); absent = even. A stage may hold none: then it has the embedding or the head alone.
   */
  readonly stageLayers?: readonly number[];
  /** How layers are given to stages that `stageLayers` does not fix: as many to each, or by the speed of the devices. */
  readonly stageSplit: 'even' | 'speed';
  /** Fraction of the experts' own compute behind which their all-to-all hides (another micro-batch's compute in truth), 0..1. */
  readonly expertOverlap: number;
  /**
   * How tokens get into their experts' order: inside the dispatch kernel and one fused grouped GEMM, or by copies of their own:
   * sorted by expert on arrival, padded to whole tiles for narrow formats, and both undone.
   */
  readonly expertLayout: 'fused' | 'copied';
  /** Norms, activations and rotary embeddings run as one kernel each; false: as an eager framework runs them, a kernel an operation. */
  readonly fusedElementwise: boolean;
  /** The whole step is replayed from CUDA graphs: no kernel waits for the host. */
  readonly cudaGraphs: boolean;
  /**
   * Full recomputation ends with the last tensor that the backward pass reads, as PyTorch's non-reentrant checkpoint does: a dense
   * layer's last projection, its sum over tensor ranks and the residual after it are not computed again.
   */
  readonly recomputeStopsEarly: boolean;
  /** FSDP: keep gathered parameters between forward and backward. */
  readonly reshardAfterForward: boolean;
  /** FSDP: ranks that share one full copy (hybrid sharding); 0 = all of data*context. */
  readonly shardGroup: number;
  readonly offloadOptimizer: boolean;
}

/** One training job, complete: every default is filled in. */
export interface Job {
  readonly name: string;
  readonly model: ModelShape;
  readonly sequenceLength: number;
  /** Sequences in one optimizer step. */
  readonly globalBatch: number;
  readonly microBatch: number;
  readonly precision: Precision;
  readonly parallel: Parallel;
  readonly schedule: ScheduleName | ListSchedule;
  readonly recompute: 'none' | 'selective' | 'full';
  readonly flopConvention: 'full' | 'causal';
  readonly options: JobOptions;
}

/** True when sharded parameters have more than one full copy over the data ranks (hybrid sharding). */
export function isHybrid({ parallel, options }: Pick<Job, 'parallel' | 'options'>): boolean {
  return parallel.zero === 3 && options.shardGroup > 0 && options.shardGroup < parallel.data * parallel.context;
}

/** Factors of mean 1 on the compute time of each rank, drawn each step. */
export interface Jitter {
  /** lognormal: of the logarithm; else the standard deviation. */
  readonly sigma: number;
  /** Default lognormal; exponential: 1 - sigma + Exp(sigma), a tail on the slow side alone; uniform: 1 +- sigma sqrt 3. */
  readonly distribution?: 'lognormal' | 'exponential' | 'uniform';
}

/** What breaks the symmetry of one step (contract: `perturb`). */
export interface Perturbation {
  readonly slowRanks: readonly { readonly rank: number; readonly factor: number }[];
  readonly links: readonly { readonly link: string; readonly capacityFactor: number }[];
  /** Steady traffic of other jobs between two nodes, over all of their NICs. */
  readonly traffic?: readonly { readonly from: number; readonly to: number; readonly bytesPerSecond: number }[];
  readonly jitter: Jitter;
  /** GPUs of a slower bin: each rank is one with this probability, by a factor of 1 + Exp(meanExcess) of its own. */
  readonly slowFraction?: { readonly fraction: number; readonly meanExcess: number };
  /** Pauses of hosts (garbage collection, a checkpoint's hiccup): how often each host has one, how long it is. */
  readonly pauses?: { readonly perHostHour: number; readonly medianSeconds: number; readonly sigma: number };
  readonly seed: number;
}

export const noPerturbation: Perturbation = { slowRanks: [], links: [], jitter: { sigma: 0 }, seed: 1 };
