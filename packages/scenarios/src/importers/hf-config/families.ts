/** What a family of decoders with gated MLPs and rotary positions adds to Llama's layers. */
export interface LlamaFamily {
  /** Default of the class where the file does not say. */
  readonly tied?: boolean;
  /** Biases of the query, key and value projections, whatever the file says. */
  readonly qkvBias?: boolean;
  readonly norm?: 'rms' | 'layernorm' | 'layernorm_nobias';
  /** Shared experts that the class always has. */
  readonly sharedExperts?: number;
  /** Sizes of the class that files leave out. */
  readonly defaults?: Readonly<Record<string, number>>;
  /** Every n-th layer attends to all tokens where the file has a window and no list of layers. */
  readonly fullEvery?: number;
  /** A window counts only where `use_sliding_window` says so. */
  readonly windowOnRequest?: boolean;
  /** Attention and MLP stand side by side. */
  readonly parallel?: boolean;
}

const gemma3: LlamaFamily = {
  tied: true,
  fullEvery: 6,
  defaults: { num_attention_heads: 8, num_key_value_heads: 4, head_dim: 256, vocab_size: 262208 },
};
const qwen2: LlamaFamily = { qkvBias: true, windowOnRequest: true };
const qwen3: LlamaFamily = { windowOnRequest: true };
const llama4: LlamaFamily = { sharedExperts: 1, fullEvery: 4 };

/** Families with Llama's layers: RMS norm, rotary positions, gated MLP, grouped queries (huggingface/transformers, models). */
export const llamaLike: Readonly<Record<string, LlamaFamily>> = {
  llama: {},
  mistral: {},
  ministral: {},
  mixtral: {},
  qwen2,
  qwen2_vl: qwen2,
  qwen2_vl_text: qwen2,
  qwen2_5_vl: qwen2,
  qwen2_5_vl_text: qwen2,
  qwen2_moe: { ...qwen2, sharedExperts: 1 },
  qwen3,
  qwen3_moe: qwen3,
  qwen3_vl_text: qwen3,
  qwen3_vl_moe_text: qwen3,
  gemma: { tied: true, defaults: { head_dim: 256 } },
  gemma2: { tied: true, fullEvery: 2, defaults: { head_dim: 256 } },
  gemma3,
  gemma3_text: gemma3,
  phi3: {},
  phimoe: { norm: 'layernorm' },
  olmo: { norm: 'layernorm_nobias' },
  olmo2: {},
  olmo3: { fullEvery: 4 },
  olmoe: {},
  glm: { qkvBias: true },
  glm4: {},
  glm4_moe: {},
  glm4v_text: {},
  granite: {},
  granitemoe: {},
  gpt_oss: {},
  llama4,
  llama4_text: llama4,
  stablelm: { norm: 'layernorm' },
  cohere: { tied: true, norm: 'layernorm_nobias', parallel: true },
  cohere2: { tied: true, norm: 'layernorm_nobias', parallel: true, fullEvery: 4 },
  internlm2: {},
  seed_oss: {},
  smollm3: { tied: true },
  ernie4_5: { tied: true },
  dots1: {},
  deepseek_v2: {},
  deepseek_v3: {},
  kimi_k2: {},
};

/** What a family with plain MLPs of two matrices has beside GPT-2's layers. */
export interface GptFamily {
  readonly positions: 'learned' | 'rope' | 'alibi';
  readonly tied?: boolean;
  readonly encoder?: boolean;
  readonly embeddingNorm?: boolean;
  readonly dropout?: boolean;
  /** Default of the class where the file does not say. */
  readonly biases: boolean;
  /** Biases of the query, key and value projections, where they differ. */
  readonly qkvBias?: boolean;
  readonly parallel?: boolean;
}

/** Families with layer norm and MLPs of two matrices. */
export const gptLike: Readonly<Record<string, GptFamily>> = {
  gpt2: { positions: 'learned', tied: true, dropout: true, biases: true },
  gpt_bigcode: { positions: 'learned', tied: true, dropout: true, biases: true },
  gpt_neo: { positions: 'learned', tied: true, biases: true, qkvBias: false },
  gpt_neox: { positions: 'rope', biases: true, parallel: true },
  gptj: { positions: 'rope', biases: true, qkvBias: false, parallel: true },
  codegen: { positions: 'rope', biases: true, qkvBias: false, parallel: true },
  bloom: { positions: 'alibi', tied: true, embeddingNorm: true, biases: true },
  mpt: { positions: 'alibi', tied: true, biases: false },
  opt: { positions: 'learned', tied: true, dropout: true, biases: true },
  falcon: { positions: 'rope', tied: true, biases: false, parallel: true },
  RefinedWeb: { positions: 'rope', tied: true, biases: false, parallel: true },
  RefinedWebModel: { positions: 'rope', tied: true, biases: false, parallel: true },
  phi: { positions: 'rope', biases: true, parallel: true },
  starcoder2: { positions: 'rope', tied: true, biases: true },
  nemotron: { positions: 'rope', biases: false },
  bert: { positions: 'learned', tied: true, encoder: true, embeddingNorm: true, dropout: true, biases: true },
  roberta: { positions: 'learned', tied: true, encoder: true, embeddingNorm: true, dropout: true, biases: true },
};

const stateSpace = 'state-space layers';
const hybrid = 'attention and state-space layers';
const linear = 'linear attention layers';
const seq2seq = 'an encoder with a decoder';

/** Architectures that are known and not supported: what their layers are. */
export const otherLayers: Readonly<Record<string, string>> = {
  mamba: stateSpace,
  mamba2: stateSpace,
  falcon_mamba: stateSpace,
  rwkv: 'recurrent layers',
  nemotron_h: hybrid,
  jamba: hybrid,
  zamba: hybrid,
  zamba2: hybrid,
  bamba: hybrid,
  falcon_h1: hybrid,
  granitemoehybrid: hybrid,
  plamo2: hybrid,
  lfm2: 'attention and convolution layers',
  recurrent_gemma: 'attention and recurrent layers',
  qwen3_next: linear,
  kimi_linear: linear,
  minimax: linear,
  minimax_text_01: linear,
  deepseek_v32: 'sparse attention with an index',
  decilm: 'layers of different shapes',
  'nemotron-nas': 'layers of different shapes',
  t5: seq2seq,
  mt5: seq2seq,
  umt5: seq2seq,
  bart: seq2seq,
  mbart: seq2seq,
  pegasus: seq2seq,
  marian: seq2seq,
  whisper: seq2seq,
};
