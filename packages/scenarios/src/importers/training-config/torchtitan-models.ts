import type { Tree } from '../../schema/paths.js';

type Sizes = { readonly layers: number; readonly hidden: number; readonly heads: number; readonly ffn: number } & Tree;

const gated = (name: string, sizes: Sizes): Tree => ({
  name,
  ffnKind: 'swiglu',
  vocab: 128256,
  positions: 'rope',
  tiedEmbeddings: false,
  ...sizes,
});

const llama3 = (name: string, sizes: Sizes): Tree => gated(`llama3-${name}`, { kvHeads: 8, ...sizes });

const qwen3 = (name: string, sizes: Sizes): Tree =>
  gated(`qwen3-${name}`, { kvHeads: 8, headDim: 128, vocab: 151936, ...sizes });

/** Three of four layers attend to chunks of 8192 tokens, taken as a window. */
const llama4 = (name: string, experts: Tree): Tree =>
  gated(`llama4-${name}`, {
    layers: 48,
    hidden: 5120,
    heads: 40,
    kvHeads: 8,
    ffn: 16384,
    vocab: 202048,
    slidingWindow: { window: 8192, fullEvery: 4 },
    experts: { topK: 1, shared: 1, ffn: 8192, ...experts },
  });

const gptOss = (name: string, layers: number, count: number): Tree =>
  gated(`gpt-oss-${name}`, {
    layers,
    hidden: 2880,
    heads: 64,
    kvHeads: 8,
    headDim: 64,
    ffn: 2880,
    vocab: 201088,
    qkvBias: true,
    slidingWindow: { window: 128, fullEvery: 2 },
    experts: { count, topK: 4, ffn: 2880, routerBias: true },
  });

const mla = { qRank: 0, kvRank: 512, nopeDim: 128, ropeDim: 64, vDim: 128 };

/**
 * Flavors of torchtitan's model registry (pytorch/torchtitan torchtitan/models) by model and flavor: a catalogue name, or
 * the shape where the catalogue has none. Variants by attention kernel (`8B_flex`) are the flavor itself.
 */
export const torchtitanModels: Readonly<Record<string, Readonly<Record<string, string | Tree>>>> = {
  llama3: {
    debugmodel: llama3('debug', { layers: 6, hidden: 256, heads: 16, kvHeads: 16, ffn: 768, vocab: 2048 }),
    '1B': llama3('1b', { layers: 16, hidden: 2048, heads: 32, ffn: 8192, tiedEmbeddings: true }),
    '3B': llama3('3b', { layers: 28, hidden: 3072, heads: 24, ffn: 8192, tiedEmbeddings: true }),
    '8B': 'llama-3.1-8b',
    '70B': 'llama-3.1-70b',
    '405B': 'llama-3.1-405b',
  },
  llama4: {
    '17bx16e': llama4('17bx16e', { count: 16 }),
    '17bx128e': llama4('17bx128e', { count: 128, everyNth: 2 }),
  },
  qwen3: {
    '0.6B': qwen3('0.6b', { layers: 28, hidden: 1024, heads: 16, ffn: 3072, tiedEmbeddings: true }),
    '1.7B': qwen3('1.7b', { layers: 28, hidden: 2048, heads: 16, ffn: 6144, tiedEmbeddings: true }),
    '4B': qwen3('4b', { layers: 36, hidden: 2560, heads: 32, ffn: 9728, tiedEmbeddings: true }),
    '8B': qwen3('8b', { layers: 36, hidden: 4096, heads: 32, ffn: 12288 }),
    '14B': qwen3('14b', { layers: 40, hidden: 5120, heads: 40, ffn: 17408 }),
    '32B': 'qwen3-32b',
    '30B-A3B': qwen3('30b-a3b', {
      layers: 48,
      hidden: 2048,
      heads: 32,
      kvHeads: 4,
      ffn: 6144,
      experts: { count: 128, topK: 8, ffn: 768 },
    }),
    '235B-A22B': 'qwen3-235b-a22b',
  },
  deepseek_v3: {
    debugmodel: gated('deepseek-v3-debug', {
      layers: 6,
      hidden: 256,
      heads: 16,
      headDim: 128,
      ffn: 1024,
      vocab: 2048,
      mla,
      experts: { count: 8, topK: 3, shared: 2, ffn: 256, firstDense: 1 },
    }),
    '16B': gated('deepseek-v3-16b', {
      layers: 27,
      hidden: 2048,
      heads: 16,
      headDim: 128,
      ffn: 10944,
      vocab: 102400,
      mla,
      experts: { count: 64, topK: 6, shared: 2, ffn: 1408, firstDense: 1 },
    }),
    '236B': 'deepseek-v2',
    '671B': 'deepseek-v3',
  },
  gpt_oss: { '20b': gptOss('20b', 24, 32), '120b': gptOss('120b', 36, 128) },
};
