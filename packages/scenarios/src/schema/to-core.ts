import {
  type Cluster,
  type Device,
  defaultConstants,
  type Job,
  type ModelShape,
  type Perturbation,
} from '@regatta/sim-core';
import type { InlineDevice, InlineModel, ResolvedScenario } from './scenario-schema.js';

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** Drops the keys whose value is undefined, as exactOptionalPropertyTypes asks. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** A model with every default filled in (contract: inline model). */
export function modelShape(inline: InlineModel, fallbackName = 'model'): ModelShape {
  const learned = inline.positions === 'learned';
  const biases = inline.biases ?? learned;
  return {
    name: inline.name ?? fallbackName,
    layers: inline.layers,
    hidden: inline.hidden,
    heads: inline.heads,
    kvHeads: inline.kvHeads ?? inline.heads,
    headDim: inline.headDim ?? inline.hidden / inline.heads,
    ffn: inline.ffn,
    ffnKind: inline.ffnKind,
    vocab: roundUp(inline.vocab, inline.padVocabTo ?? 1),
    maxPositions: learned ? (inline.maxPositions ?? 2048) : 0,
    positions: inline.positions,
    tiedEmbeddings: inline.tiedEmbeddings,
    norm: inline.norm ?? (inline.ffnKind === 'swiglu' ? 'rms' : 'layernorm'),
    biases,
    qkvBias: inline.qkvBias ?? biases,
    embeddingNorm: inline.embeddingNorm ?? false,
    dropout: inline.dropout ?? learned,
    attention: inline.attention ?? 'flash',
    causal: inline.causal ?? true,
    ...(inline.slidingWindow ? { slidingWindow: inline.slidingWindow } : {}),
    ...(inline.mla ? { mla: inline.mla } : {}),
    ...(inline.mtpLayers ? { mtpLayers: inline.mtpLayers } : {}),
    ...(inline.experts
      ? {
          experts: {
            count: inline.experts.count,
            topK: inline.experts.topK,
            shared: inline.experts.shared ?? 0,
            ffn: inline.experts.ffn,
            sharedFfn: inline.experts.sharedFfn ?? inline.experts.ffn,
            everyNth: inline.experts.everyNth ?? 1,
            firstDense: inline.experts.firstDense ?? 0,
            routerBias: inline.experts.routerBias ?? false,
            biases: inline.experts.biases ?? false,
          },
        }
      : {}),
  };
}

/** A device with every constant filled in. */
export function deviceOf(inline: InlineDevice): Device {
  const { name = 'device', stack = 'inline', computeUnits = 0, ncclGeneration = 'ampere', peakFlops, ...rest } = inline;
  return {
    ...defaultConstants,
    ...defined(rest),
    name,
    stack,
    computeUnits,
    ncclGeneration,
    peakFlops: defined(peakFlops),
  };
}

/** The cluster of a scenario, with another number of nodes if one is given. */
export function clusterOf(scenario: ResolvedScenario, nodes = scenario.cluster.nodes): Cluster {
  const { cluster } = scenario;
  return {
    name: cluster.name ?? 'cluster',
    device: deviceOf(cluster.device),
    nodes,
    gpusPerNode: cluster.gpusPerNode,
    node: cluster.node ? defined(cluster.node) : { kind: 'nvswitch' },
    fabric: defined(cluster.fabric),
    ...(cluster.deviceRanges
      ? {
          deviceRanges: cluster.deviceRanges.map((range) => ({
            first: range.first,
            count: range.count,
            device: deviceOf(range.device),
          })),
        }
      : {}),
  };
}

/** The job of a scenario at a data-parallel size and global batch. */
export function jobOf(scenario: ResolvedScenario, data: number, globalBatch: number): Job {
  const { job } = scenario;
  return {
    name: scenario.name,
    model: modelShape(job.model),
    sequenceLength: job.sequenceLength,
    globalBatch,
    microBatch: job.microBatch,
    precision: job.precision,
    parallel: { ...job.parallel, data },
    schedule: job.schedule,
    recompute: job.recompute,
    flopConvention: job.flopConvention,
    options: defined(job.options),
  };
}

export function perturbationOf(scenario: ResolvedScenario): Perturbation {
  const { jitter, ...rest } = scenario.perturb;
  return { ...defined(rest), jitter: defined(jitter), seed: scenario.seed };
}
