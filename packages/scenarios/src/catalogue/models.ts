import type { ExpertShape, ModelShape } from '@regatta/sim-core';

export interface CatalogueModel {
  readonly shape: ModelShape;
  readonly source: string;
}

type Sizes = Pick<ModelShape, 'layers' | 'hidden' | 'heads'> & Partial<ModelShape>;

const gpt = (name: string, sizes: Sizes): ModelShape => ({
  name,
  kvHeads: sizes.heads,
  headDim: sizes.hidden / sizes.heads,
  ffn: 4 * sizes.hidden,
  ffnKind: 'gelu',
  vocab: 51200,
  maxPositions: 2048,
  positions: 'learned',
  tiedEmbeddings: true,
  norm: 'layernorm',
  biases: true,
  qkvBias: true,
  embeddingNorm: false,
  dropout: true,
  attention: 'unfused',
  causal: true,
  ...sizes,
});

const llama = (name: string, sizes: Sizes): ModelShape => ({
  name,
  kvHeads: sizes.heads,
  headDim: sizes.hidden / sizes.heads,
  ffn: 4 * sizes.hidden,
  ffnKind: 'swiglu',
  vocab: 32000,
  maxPositions: 0,
  positions: 'rope',
  tiedEmbeddings: false,
  norm: 'rms',
  biases: false,
  qkvBias: false,
  embeddingNorm: false,
  dropout: false,
  attention: 'flash',
  causal: true,
  ...sizes,
});

const experts = (count: number, topK: number, ffn: number, rest: Partial<ExpertShape> = {}): ExpertShape => ({
  count,
  topK,
  ffn,
  shared: 0,
  sharedFfn: ffn,
  everyNth: 1,
  firstDense: 0,
  routerBias: false,
  ...rest,
});

const deepseekAttention = { qRank: 1536, kvRank: 512, nopeDim: 128, ropeDim: 64, vDim: 128 };

const sc21: readonly (readonly [string, number, number, number])[] = [
  ['megatron-1.7b', 24, 2304, 24],
  ['megatron-3.6b', 30, 3072, 32],
  ['megatron-7.5b', 36, 4096, 32],
  ['megatron-18.4b', 40, 6144, 48],
  ['megatron-22b', 48, 6144, 64],
  ['megatron-39.1b', 48, 8192, 64],
  ['megatron-76.1b', 60, 10240, 80],
  ['megatron-145.6b', 80, 12288, 96],
  ['megatron-174.6b', 96, 12288, 96],
  ['megatron-310.1b', 96, 16384, 128],
  ['megatron-529.6b', 105, 20480, 128],
  ['megatron-1008b', 128, 25600, 160],
];
const sc21Source =
  'Narayanan et al., SC 2021 (arXiv 2104.04473), Table 1; Korthikanti et al. 2022 (arXiv 2205.05198), Table 3';
const hub = (repository: string): string => `huggingface.co/${repository} config.json`;

/** Models by name. */
export const catalogueModels: readonly CatalogueModel[] = [
  {
    shape: gpt('gpt2-124m', { layers: 12, hidden: 768, heads: 12, vocab: 50257, maxPositions: 1024 }),
    source: hub('openai-community/gpt2'),
  },
  {
    shape: gpt('gpt2-xl', { layers: 48, hidden: 1600, heads: 25, vocab: 50257, maxPositions: 1024 }),
    source: hub('openai-community/gpt2-xl'),
  },
  {
    shape: gpt('gpt3-175b', { layers: 96, hidden: 12288, heads: 96, vocab: 50257 }),
    source: 'Brown et al. 2020 (arXiv 2005.14165), Table 2.1',
  },
  ...sc21.map(([name, layers, hidden, heads]) => ({ shape: gpt(name, { layers, hidden, heads }), source: sc21Source })),
  {
    shape: gpt('bloom-176b', {
      layers: 70,
      hidden: 14336,
      heads: 112,
      vocab: 250880,
      maxPositions: 0,
      positions: 'alibi',
      embeddingNorm: true,
      dropout: false,
    }),
    source: hub('bigscience/bloom'),
  },
  {
    shape: gpt('ernie-3.0-titan-260b', { layers: 48, hidden: 12288, heads: 192, ffn: 196608, vocab: 40000 }),
    source:
      'Wang et al. 2021 (arXiv 2112.12731): 48 layers of hidden 12288, 192 heads, FFN 196608; its small task module is left out',
  },
  {
    shape: llama('llama-2-7b', { layers: 32, hidden: 4096, heads: 32, ffn: 11008 }),
    source: hub('meta-llama/Llama-2-7b-hf'),
  },
  {
    shape: llama('llama-2-13b', { layers: 40, hidden: 5120, heads: 40, ffn: 13824 }),
    source: hub('meta-llama/Llama-2-13b-hf'),
  },
  {
    shape: llama('llama-2-70b', { layers: 80, hidden: 8192, heads: 64, kvHeads: 8, ffn: 28672 }),
    source: hub('meta-llama/Llama-2-70b-hf'),
  },
  {
    shape: llama('llama-3.1-8b', { layers: 32, hidden: 4096, heads: 32, kvHeads: 8, ffn: 14336, vocab: 128256 }),
    source: hub('meta-llama/Llama-3.1-8B'),
  },
  {
    shape: llama('llama-3.1-70b', { layers: 80, hidden: 8192, heads: 64, kvHeads: 8, ffn: 28672, vocab: 128256 }),
    source: hub('meta-llama/Llama-3.1-70B'),
  },
  {
    shape: llama('llama-3.1-405b', { layers: 126, hidden: 16384, heads: 128, kvHeads: 8, ffn: 53248, vocab: 128256 }),
    source: hub('meta-llama/Llama-3.1-405B'),
  },
  {
    shape: llama('qwen2.5-7b', {
      layers: 28,
      hidden: 3584,
      heads: 28,
      kvHeads: 4,
      ffn: 18944,
      vocab: 152064,
      qkvBias: true,
    }),
    source: hub('Qwen/Qwen2.5-7B'),
  },
  {
    shape: llama('qwen3-32b', {
      layers: 64,
      hidden: 5120,
      heads: 64,
      kvHeads: 8,
      headDim: 128,
      ffn: 25600,
      vocab: 151936,
    }),
    source: hub('Qwen/Qwen3-32B'),
  },
  {
    shape: llama('qwen3-235b-a22b', {
      layers: 94,
      hidden: 4096,
      heads: 64,
      kvHeads: 4,
      headDim: 128,
      ffn: 12288,
      vocab: 151936,
      experts: experts(128, 8, 1536),
    }),
    source: hub('Qwen/Qwen3-235B-A22B'),
  },
  {
    shape: llama('mixtral-8x7b', {
      layers: 32,
      hidden: 4096,
      heads: 32,
      kvHeads: 8,
      ffn: 14336,
      experts: experts(8, 2, 14336),
    }),
    source: hub('mistralai/Mixtral-8x7B-v0.1'),
  },
  {
    shape: llama('mixtral-8x22b', {
      layers: 56,
      hidden: 6144,
      heads: 48,
      kvHeads: 8,
      ffn: 16384,
      vocab: 32768,
      experts: experts(8, 2, 16384),
    }),
    source: hub('mistralai/Mixtral-8x22B-v0.1'),
  },
  {
    shape: llama('deepseek-v2', {
      layers: 60,
      hidden: 5120,
      heads: 128,
      headDim: 128,
      ffn: 12288,
      vocab: 102400,
      mla: deepseekAttention,
      experts: experts(160, 6, 1536, { shared: 2, firstDense: 1 }),
    }),
    source: hub('deepseek-ai/DeepSeek-V2'),
  },
  {
    shape: llama('deepseek-v3', {
      layers: 61,
      hidden: 7168,
      heads: 128,
      headDim: 128,
      ffn: 18432,
      vocab: 129280,
      mla: deepseekAttention,
      experts: experts(256, 8, 2048, { shared: 1, firstDense: 3, routerBias: true }),
    }),
    source: hub('deepseek-ai/DeepSeek-V3'),
  },
];
