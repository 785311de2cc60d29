import type { Cluster, Device, Job, ModelShape, Parallel } from '@regatta/sim-core';
import { defaultConstants } from '@regatta/sim-core';

/** A device with round numbers, for tests whose answers must not move when the catalogue is calibrated. */
export const testDevice: Device = {
  ...defaultConstants,
  name: 'test-gpu',
  stack: 'test',
  peakFlops: { bf16: 300e12, fp8: 600e12 },
  memoryBytes: 80 * 2 ** 30,
  memoryBandwidthBytesPerSecond: 2e12,
  computeUnits: 108,
  scaleUp: { bandwidthBytesPerSecond: 300e9, latencySeconds: 1e-6, domain: 8 },
  ncclGeneration: 'ampere',
};

export function testCluster(nodes: number, overrides: Partial<Cluster> = {}): Cluster {
  return {
    name: 'test-cluster',
    device: testDevice,
    nodes,
    gpusPerNode: 8,
    node: { kind: 'nvswitch' },
    fabric: { kind: 'clos', tiers: 2, rails: 8, nicGbps: 200, oversubscription: 1, routing: 'spray' },
    ...overrides,
  };
}

export const testModel: ModelShape = {
  name: 'test-gpt',
  layers: 8,
  hidden: 1024,
  heads: 16,
  kvHeads: 16,
  headDim: 64,
  ffn: 4096,
  ffnKind: 'gelu',
  vocab: 32000,
  maxPositions: 0,
  positions: 'rope',
  tiedEmbeddings: false,
  norm: 'layernorm',
  biases: true,
  qkvBias: true,
  embeddingNorm: false,
  dropout: false,
  attention: 'flash',
  causal: true,
};

export const testParallel: Parallel = {
  tensor: 1,
  pipeline: 1,
  context: 1,
  expert: 1,
  expertTensor: 1,
  data: 1,
  virtualStages: 1,
  sequenceParallel: false,
  zero: 0,
};

export function testJob(parallel: Partial<Parallel>, overrides: Partial<Job> = {}): Job {
  const shape = { ...testParallel, ...parallel };
  return {
    name: 'test-job',
    model: testModel,
    sequenceLength: 1024,
    globalBatch: shape.data * 8,
    microBatch: 1,
    precision: 'bf16',
    parallel: shape,
    schedule: shape.virtualStages > 1 ? 'interleaved' : '1f1b',
    recompute: 'none',
    flopConvention: 'full',
    options: {
      p2p: 'async',
      scatterGather: false,
      tensorOverlap: 0,
      gradientBytes: 4,
      bucketBytes: 1.6e8,
      dataOverlap: true,
      contextKind: 'ring',
      contextRepeatsHeads: false,
      fp8Scaling: 'tensor',
      moeImbalance: 1,
      expertDispatch: 'direct',
      expertOverlap: 0,
      expertLayout: 'fused',
      fusedElementwise: true,
      cudaGraphs: false,
      recomputeStopsEarly: false,
      reshardAfterForward: true,
      shardGroup: 0,
      offloadOptimizer: false,
      stageSplit: 'even',
    },
    ...overrides,
  };
}

/** Eight experts in every other layer, two of them for each token. */
export const testExperts = {
  count: 8,
  topK: 2,
  shared: 0,
  ffn: 512,
  sharedFfn: 512,
  everyNth: 2,
  firstDense: 0,
  routerBias: false,
};
