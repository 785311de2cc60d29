import type { Tree } from '../../schema/paths.js';

/**
 * Flavors of torchtitan's model registry (pytorch/torchtitan torchtitan/models) by model and flavor: a catalogue name, or
 * the shape where the catalogue has none.
 */
export const torchtitanModels: Readonly<Record<string, Readonly<Record<string, string | Tree>>>> = {
  llama3: { '8B': 'llama-3.1-8b', '70B': 'llama-3.1-70b', '405B': 'llama-3.1-405b' },
  qwen3: { '32B': 'qwen3-32b' },
  deepseek_v3: {
    '671B': 'deepseek-v3',
    '16B': {
      name: 'deepseek-v3-16b',
      layers: 27,
      hidden: 2048,
      heads: 16,
      headDim: 128,
      ffn: 10944,
      ffnKind: 'swiglu',
      vocab: 102400,
      positions: 'rope',
      tiedEmbeddings: false,
      mla: { qRank: 0, kvRank: 512, nopeDim: 128, ropeDim: 64, vDim: 128 },
      experts: { count: 64, topK: 6, shared: 2, ffn: 1408, firstDense: 1 },
    },
  },
};
