import type { ModelShape } from '@regatta/sim-core';
import { readReference } from './reference.js';

/** A model as the oracles write it (reference/oracles/README.md). */
export interface OracleModel {
  readonly name: string;
  readonly L: number;
  readonly h: number;
  readonly a: number;
  readonly g: number;
  readonly d: number;
  readonly f: number;
  readonly V: number;
  readonly gated: boolean;
  readonly norm: ModelShape['norm'];
  readonly biasQkv: boolean;
  readonly biasO: boolean;
  readonly biasMlp: boolean;
  readonly tied: boolean;
  readonly sPos: number;
  readonly embNorm: boolean;
  readonly E: number;
  readonly k: number;
  readonly fe: number;
  readonly Es: number;
  readonly Ldense: number;
  readonly routerBias: boolean;
  readonly mla: { rq?: number; rkv?: number; dn?: number; dr?: number; dv?: number };
}

/** The same model as a shape; GPT models are those of the unfused years, with dropout. */
export function shapeOf(model: OracleModel): ModelShape {
  const { mla } = model;
  return {
    name: model.name,
    layers: model.L,
    hidden: model.h,
    heads: model.a,
    kvHeads: model.g,
    headDim: model.d,
    ffn: model.f,
    ffnKind: model.gated ? 'swiglu' : 'gelu',
    vocab: model.V,
    maxPositions: model.sPos,
    positions: model.sPos > 0 ? 'learned' : 'rope',
    tiedEmbeddings: model.tied,
    norm: model.norm,
    biases: model.biasO,
    qkvBias: model.biasQkv,
    embeddingNorm: model.embNorm,
    dropout: !model.gated,
    attention: model.gated ? 'flash' : 'unfused',
    causal: true,
    ...(mla.rkv === undefined
      ? {}
      : {
          mla: { qRank: mla.rq ?? 0, kvRank: mla.rkv, nopeDim: mla.dn ?? 0, ropeDim: mla.dr ?? 0, vDim: mla.dv ?? 0 },
        }),
    ...(model.E > 0
      ? {
          experts: {
            count: model.E,
            topK: model.k,
            ffn: model.fe,
            shared: model.Es,
            sharedFfn: model.fe,
            everyNth: 1,
            firstDense: model.Ldense,
            routerBias: model.routerBias,
          },
        }
      : {}),
  };
}

const isCatalogue = (value: unknown): value is Record<string, OracleModel> =>
  typeof value === 'object' && value !== null;

/** A model of the oracles' own catalogue by name. */
export function oracleModel(name: string): ModelShape {
  const catalogue = readReference('oracles', 'models.json');
  const model = isCatalogue(catalogue) ? catalogue[name] : undefined;
  if (!model) throw new Error(`models.json has no ${name}`);
  return shapeOf(model);
}
