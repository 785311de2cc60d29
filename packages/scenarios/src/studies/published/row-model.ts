import type { ModelShape } from '@regatta/sim-core';
import type { PublishedRow } from './published-file.js';
import { knownArchitecture } from './row-architecture.js';
import type { Practice } from './row-practice.js';
import { mlaOf } from './row-words.js';

/** Heads where none were published: near 128 wide, as many on each tensor rank, and their size whole. */
function likelyHeads(hidden: number, tensor: number): number {
  const wanted = Math.max(1, Math.round(hidden / 128));
  for (let away = 0; away < wanted; away++)
    for (const heads of [wanted - away, wanted + away]) if (heads % tensor === 0 && hidden % heads === 0) return heads;
  return wanted;
}

/** Shape of a row's model; undefined when layers or hidden size were not published. */
export function rowModel(row: PublishedRow, assumed: string[], practice: Practice): ModelShape | undefined {
  const { model } = row;
  const { layers, hidden, heads } = model;
  if (!layers || !hidden) return undefined;
  const gated = model.gatedMlp === true;
  const count = heads ?? likelyHeads(hidden, row.tensorParallel ?? 1);
  if (!heads) assumed.push(`heads: ${count}`);
  const bert = /bert/i.test(model.name ?? '');
  const mpt = /mpt/i.test(model.name ?? '');
  const mla = model.attention ? mlaOf(model.attention) : undefined;
  const experts = model.experts;
  const known = knownArchitecture(model.name ?? '', assumed);
  return {
    name: model.name ?? row.id,
    layers,
    hidden,
    heads: count,
    kvHeads: model.kvHeads ?? count,
    headDim: model.headDim ?? hidden / count,
    ffn: model.ffn ?? model.moeFfn ?? 4 * hidden,
    ffnKind: gated ? 'swiglu' : 'gelu',
    vocab: model.vocab ?? 51200,
    maxPositions: gated || mpt ? 0 : (model.seqLen ?? 2048),
    positions: gated ? 'rope' : mpt ? 'alibi' : 'learned',
    tiedEmbeddings: !gated,
    norm: gated ? 'rms' : mpt ? 'layernorm_nobias' : 'layernorm',
    biases: known.biases ?? (!gated && !mpt),
    qkvBias: known.biases ?? (!gated && !mpt),
    embeddingNorm: false,
    dropout: practice.dropout && !gated,
    attention: practice.attention,
    causal: !bert,
    ...(mla ? { mla } : {}),
    ...(known.slidingWindow ? { slidingWindow: known.slidingWindow } : {}),
    ...(known.mtpLayers ? { mtpLayers: known.mtpLayers } : {}),
    ...(experts
      ? {
          experts: {
            count: experts,
            topK: model.topK ?? 1,
            ffn: model.moeFfn ?? model.ffn ?? 4 * hidden,
            shared: model.sharedExperts ?? 0,
            sharedFfn: model.moeFfn ?? model.ffn ?? 4 * hidden,
            everyNth: 1,
            firstDense: model.denseLayers ?? 0,
            routerBias: false,
            biases: known.expertBiases,
          },
        }
      : {}),
  };
}

/** Key/value heads: fewer than tensor ranks are held by several. */
export function heldHeads(kvHeads: number, tensor: number, assumed: string[]): number {
  if (kvHeads % tensor === 0 || tensor % kvHeads !== 0) return kvHeads;
  assumed.push(`key/value heads: each of ${kvHeads} on ${tensor / kvHeads} tensor ranks`);
  return tensor;
}

/** Vocabulary as Megatron allocates it: padded to a multiple of 128 t. */
export const padded = (vocab: number, tensor: number): number => Math.ceil(vocab / (128 * tensor)) * 128 * tensor;
