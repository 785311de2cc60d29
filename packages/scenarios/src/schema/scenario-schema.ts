import { recomputeModules } from '@regatta/sim-core';
import * as z from 'zod';
import { checkpointSchema, failuresSchema, incidentsSchema, recoverySchema, storageSchema } from './long-run-schema.js';
import { count, countOrZero, factor, fraction, nonNegative, positive } from './numbers.js';

const mlaSchema = z.strictObject({
  qRank: countOrZero,
  kvRank: count,
  nopeDim: count,
  ropeDim: countOrZero,
  vDim: count,
});

const expertsSchema = z.strictObject({
  count,
  topK: count,
  shared: countOrZero.optional(),
  ffn: count,
  sharedFfn: count.optional(),
  everyNth: count.optional(),
  firstDense: countOrZero.optional(),
  routerBias: z.boolean().optional(),
  biases: z.boolean().optional(),
});

/** Inline model (contract): what is left out has the default of its family. */
export const modelSchema = z.strictObject({
  name: z.string().optional(),
  layers: count,
  hidden: count,
  heads: count,
  kvHeads: count.optional(),
  headDim: count.optional(),
  ffn: count,
  ffnKind: z.enum(['gelu', 'swiglu']),
  vocab: count,
  maxPositions: countOrZero.optional(),
  positions: z.enum(['learned', 'rope', 'alibi']),
  tiedEmbeddings: z.boolean(),
  norm: z.enum(['rms', 'layernorm', 'layernorm_nobias']).optional(),
  biases: z.boolean().optional(),
  qkvBias: z.boolean().optional(),
  embeddingNorm: z.boolean().optional(),
  dropout: z.boolean().optional(),
  attention: z.enum(['flash', 'unfused']).optional(),
  causal: z.boolean().optional(),
  padVocabTo: count.optional(),
  slidingWindow: z.strictObject({ window: countOrZero, fullEvery: nonNegative }).optional(),
  mla: mlaSchema.optional(),
  experts: expertsSchema.optional(),
  mtpLayers: countOrZero.optional().describe('multi-token prediction modules after the last layer'),
});
export type InlineModel = z.infer<typeof modelSchema>;

const constantsShape = {
  gemmMax: fraction.optional(),
  narrowGemmMax: fraction.optional(),
  gemmHalfK: nonNegative.optional(),
  gemmHalfWave: nonNegative.optional(),
  tileM: count.optional(),
  tileN: count.optional(),
  attnMax: fraction.optional(),
  attnBwdRatio: positive.optional(),
  hbmMax: fraction.optional(),
  memHalfBytes: nonNegative.optional(),
  opOverheadSeconds: nonNegative.optional(),
  hostIssueSeconds: nonNegative.optional(),
  moeHostSeconds: nonNegative.optional(),
  nvlinkMax: fraction.optional(),
  nicMax: fraction.optional(),
  stepOverheadSeconds: nonNegative.optional(),
  smShareScaleUp: fraction.optional(),
  smShareNetwork: fraction.optional(),
  hostLinkBytesPerSecond: positive.optional(),
  hostMemoryBytesPerSecond: positive.optional(),
};

/** Inline device (contract), with any of the calibratable constants of spec/model.md 2.1. */
export const deviceSchema = z.strictObject({
  name: z.string().optional(),
  stack: z.string().optional(),
  peakFlops: z.strictObject({
    bf16: positive,
    fp16: positive.optional(),
    fp8: positive.optional(),
    fp4: positive.optional(),
    fp32: positive.optional(),
  }),
  memoryBytes: positive,
  memoryBandwidthBytesPerSecond: positive,
  computeUnits: countOrZero.optional(),
  scaleUp: z.strictObject({ bandwidthBytesPerSecond: positive, latencySeconds: nonNegative, domain: count }),
  exponentialsPerSecond: positive.optional(),
  ncclGeneration: z.enum(['volta', 'ampere', 'hopper', 'blackwell']).optional(),
  ...constantsShape,
});
export type InlineDevice = z.infer<typeof deviceSchema>;

const routing = z.enum(['spray', 'ecmp', 'static-rail', 'adaptive']);
const closSchema = z.strictObject({
  kind: z.literal('clos'),
  tiers: z.union([z.literal(2), z.literal(3)]),
  rails: count,
  nicGbps: positive,
  oversubscription: z.number().min(1).max(1e3),
  spineOversubscription: z.number().min(1).max(1e3).optional(),
  routing,
  nicsPerNode: count.optional(),
  nodesPerLeaf: count.optional(),
  leavesPerPod: count.optional(),
  spinesPerPod: count.optional(),
  railOnly: z.boolean().optional(),
  switchLatencySeconds: nonNegative.optional(),
  nicLatencySeconds: nonNegative.optional(),
});
const dragonflySchema = z.strictObject({
  kind: z.literal('dragonfly'),
  groups: count,
  routersPerGroup: count,
  hostsPerRouter: count,
  globalLinksPerRouter: count,
  nicGbps: positive,
  linkGbps: positive.optional(),
  routing: z.enum(['spray', 'ecmp', 'static-rail', 'adaptive', 'valiant']),
});
const torusSchema = z.strictObject({
  kind: z.literal('torus'),
  dims: z.array(count).min(2).max(3),
  linkGbps: positive,
  routing: z.literal('dimension-order'),
});
const graphSchema = z.strictObject({
  kind: z.literal('graph'),
  nicGbps: positive,
  switches: z.array(z.string()),
  cables: z.array(z.strictObject({ from: z.string(), to: z.string(), gbps: positive })),
  routing,
});

export const clusterSchema = z.strictObject({
  name: z.string().optional(),
  device: deviceSchema,
  nodes: count,
  gpusPerNode: count,
  node: z
    .strictObject({
      kind: z.enum(['nvswitch', 'pcie']),
      gpusPerPcieSwitch: countOrZero.optional(),
      pcieBytesPerSecond: positive.optional(),
      interSocketBytesPerSecond: positive.optional(),
    })
    .optional(),
  fabric: z.discriminatedUnion('kind', [closSchema, dragonflySchema, torusSchema, graphSchema]),
  deviceRanges: z.array(z.strictObject({ first: countOrZero, count, device: deviceSchema })).optional(),
});

const optionsSchema = z.strictObject({
  p2p: z.enum(['async', 'blocking']).default('async'),
  scatterGather: z.boolean().default(false),
  tensorOverlap: fraction.default(0),
  gradientBytes: z.union([z.literal(2), z.literal(4)]).default(4),
  bucketBytes: positive.default(1.6e8),
  dataOverlap: z.boolean().default(true),
  contextKind: z.enum(['ring', 'allgather', 'ulysses']).default('ring'),
  contextRepeatsHeads: z.boolean().default(false),
  fp8Scaling: z.enum(['tensor', 'row']).default('tensor'),
  moeImbalance: factor.default(1),
  expertDispatch: z.enum(['direct', 'hierarchical']).default('direct'),
  expertOverlap: fraction.default(0),
  expertLayout: z.enum(['fused', 'copied']).default('fused'),
  fusedElementwise: z.boolean().default(true),
  cudaGraphs: z.boolean().default(false),
  recomputeStopsEarly: z.boolean().default(false),
  recomputeLayers: countOrZero.optional(),
  recomputeModules: z
    .array(z.enum(recomputeModules))
    .optional()
    .describe('what recompute selective runs again, by the names of Megatron-LM; absent: core_attn'),
  offloadActivationLayers: countOrZero
    .default(0)
    .describe('first layers of each pipeline rank whose activations wait in host memory'),
  narrowStorage: z
    .enum(['none', 'copies', 'primary'])
    .default('primary')
    .describe(
      'what stays in memory of fp8 and narrower: nothing, inputs and copies of weights, or weights in it alone',
    ),
  momentBytes: z
    .union([z.literal(2), z.literal(4)])
    .default(4)
    .describe("bytes of each of Adam's two moments"),
  expandableSegments: z.boolean().default(false).describe('the caching allocator loses no room between blocks'),
  lossKernel: z
    .enum(['fused', 'eager'])
    .default('fused')
    .describe('eager: an unfused fp32 loss with copies of the logits'),
  framework: z
    .enum(['megatron', 'deepspeed', 'fsdp'])
    .default('megatron')
    .describe('whose habits of holding memory the job has'),
  stageLayers: z
    .array(countOrZero)
    .min(1)
    .optional()
    .describe('layers of each global stage (chunk c of pipeline rank i is stage c*p+i); absent: even'),
  stageSplit: z
    .enum(['even', 'speed'])
    .default('even')
    .describe('how layers are given to pipeline stages that stageLayers does not fix'),
  reshardAfterForward: z.boolean().default(true),
  shardGroup: countOrZero.default(0),
  offloadOptimizer: z.boolean().default(false),
});

const listScheduleSchema = z.strictObject({
  name: z.string(),
  layout: z.enum(['interleaved', 'v']),
  order: z.array(
    z.array(z.strictObject({ kind: z.enum(['F', 'B', 'W']), chunk: countOrZero, microBatch: countOrZero })),
  ),
});

const parallelSchema = z.strictObject({
  tensor: count.default(1),
  pipeline: count.default(1),
  context: count.default(1),
  expert: count.default(1),
  expertTensor: count.default(1),
  data: z.union([z.literal('auto'), count]).default('auto'),
  virtualStages: count.default(1),
  sequenceParallel: z.boolean().default(false),
  zero: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]).default(0),
});

export const scheduleNames = ['gpipe', '1f1b', 'interleaved', 'zb-h1', 'zb-v', 'dualpipe'] as const;

const jobSchema = z.strictObject({
  model: modelSchema,
  sequenceLength: count,
  globalBatch: count,
  microBatch: count.default(1),
  precision: z.enum(['bf16', 'fp16', 'fp8', 'mxfp8', 'nvfp4', 'fp32']).default('bf16'),
  parallel: parallelSchema.default(() => parallelSchema.parse({})),
  schedule: z.union([z.enum(scheduleNames), listScheduleSchema]).default('1f1b'),
  recompute: z.enum(['none', 'selective', 'full']).default('none'),
  flopConvention: z.enum(['full', 'causal']).default('full'),
  options: optionsSchema.default(() => optionsSchema.parse({})),
  steps: count.optional(),
  stack: z.string().optional(),
});

const perturbSchema = z.strictObject({
  slowRanks: z.array(z.strictObject({ rank: countOrZero, factor })).default([]),
  links: z.array(z.strictObject({ link: z.string(), capacityFactor: z.number().min(0).max(1) })).default([]),
  traffic: z
    .array(z.strictObject({ from: countOrZero, to: countOrZero, bytesPerSecond: positive }))
    .default([])
    .describe('steady traffic of other jobs between two nodes, over all of their NICs'),
  jitter: z
    .strictObject({
      sigma: z.number().min(0).max(10),
      distribution: z.enum(['lognormal', 'exponential', 'uniform']).optional(),
    })
    .default({ sigma: 0 })
    .describe('factors of mean 1 on the compute time of each rank, drawn each step'),
  slowFraction: z
    .strictObject({ fraction, meanExcess: nonNegative.default(0.05) })
    .optional()
    .describe('share of GPUs of a slower bin: each by 1 + Exp(meanExcess)'),
  pauses: z
    .strictObject({ perHostHour: nonNegative, medianSeconds: positive, sigma: z.number().min(0).max(5).default(1) })
    .optional()
    .describe('pauses of hosts: how often each has one in an hour, lognormal length'),
});

/** The whole scenario file with names already expanded (contract: scenario file). Defaults are filled in by parsing. */
export const scenarioSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().default('scenario'),
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(1),
  job: jobSchema,
  cluster: clusterSchema,
  perturb: perturbSchema.default(() => perturbSchema.parse({})),
  failures: failuresSchema.optional(),
  checkpoint: checkpointSchema.optional(),
  recovery: recoverySchema.optional(),
  storage: storageSchema.optional(),
  jobs: z.unknown().optional(),
  scheduler: z.strictObject({ policy: z.string().default('fifo'), placement: z.string().default('packed') }).optional(),
});

/** A complete scenario, names expanded and defaults filled in. */
export type ResolvedScenario = z.infer<typeof scenarioSchema>;

/** Form of the file as a person writes it, for the JSON Schema: names where the resolved form has objects. */
export const scenarioFileSchema = z.strictObject({
  ...scenarioSchema.shape,
  job: z.strictObject({
    ...jobSchema.shape,
    model: z.union([z.string().describe('catalogue name, or path of a Hugging Face config.json'), modelSchema]),
    schedule: z
      .union([z.string().describe(`${scheduleNames.join(' | ')} | path of a per-rank order file`), listScheduleSchema])
      .optional(),
  }),
  failures: z
    .strictObject({
      ...failuresSchema.shape,
      incidents: z
        .union([
          z.string().describe('path of a CSV of incidents'),
          z.strictObject({ ...incidentsSchema.omit({ rows: true, rejected: true }).shape, file: z.string() }),
          incidentsSchema,
        ])
        .optional(),
    })
    .optional(),
  cluster: z.union([
    z.string().describe('catalogue name, or path of a file that holds a cluster'),
    z.strictObject({
      ...clusterSchema.shape,
      device: z.union([z.string().describe('catalogue name, or path of a device file'), deviceSchema]),
      deviceRanges: z
        .array(
          z.strictObject({
            first: countOrZero,
            count,
            device: z.union([z.string().describe('catalogue name, or path of a device file'), deviceSchema]),
          }),
        )
        .optional()
        .describe('runs of nodes, from `first` on, whose device differs'),
    }),
    z
      .strictObject({ device: z.string().describe('catalogue name') })
      .describe('a device alone: its usual nodes and network'),
  ]),
});
