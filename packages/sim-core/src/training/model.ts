/** Multi-head latent attention (DeepSeek): ranks of the low-rank projections and head dimensions. qRank 0 = no q compression. */
export interface MlaShape {
  readonly qRank: number;
  readonly kvRank: number;
  readonly nopeDim: number;
  readonly ropeDim: number;
  readonly vDim: number;
}

/** Mixture of experts. */
export interface ExpertShape {
  readonly count: number;
  readonly topK: number;
  /** Shared experts, each of size `ffn` unless sharedFfn says. */
  readonly shared: number;
  readonly ffn: number;
  readonly sharedFfn: number;
  /** Of the layers after the first dense ones, every n-th is a MoE layer. */
  readonly everyNth: number;
  readonly firstDense: number;
  readonly routerBias: boolean;
  /** Every routed expert has biases on both projections and a clamped activation (gpt-oss). */
  readonly biases?: boolean;
}

/** A transformer, complete: every default is filled in. Symbols in parentheses are those of spec/model.md section 0. */
export interface ModelShape {
  readonly name: string;
  /** Layers (L). */
  readonly layers: number;
  /** Hidden size (h). */
  readonly hidden: number;
  /** Query heads (a). */
  readonly heads: number;
  /** Key/value heads (g). */
  readonly kvHeads: number;
  /** Head dimension (d). */
  readonly headDim: number;
  /** Inner size of the dense FFN (f). */
  readonly ffn: number;
  readonly ffnKind: 'gelu' | 'swiglu';
  /** Vocabulary as allocated (V). */
  readonly vocab: number;
  /** Learned positions; 0 with rotary. */
  readonly maxPositions: number;
  readonly positions: 'learned' | 'rope' | 'alibi';
  readonly tiedEmbeddings: boolean;
  readonly norm: 'rms' | 'layernorm' | 'layernorm_nobias';
  /** Biases on QKV, output and MLP matrices. */
  readonly biases: boolean;
  readonly qkvBias: boolean;
  readonly embeddingNorm: boolean;
  readonly dropout: boolean;
  readonly attention: 'flash' | 'unfused';
  /** Decoder (causal mask) or encoder (full square). */
  readonly causal: boolean;
  /**
   * Attention window in tokens of all layers but every `fullEvery`-th, which sees everything; fullEvery 0 = none does. It need not
   * be whole: 6.2 puts 10 full layers among 62 (Gemma 3). Window 0 = no layer has one.
   */
  readonly slidingWindow?: { readonly window: number; readonly fullEvery: number };
  readonly mla?: MlaShape;
  readonly experts?: ExpertShape;
  /** Multi-token prediction modules after the last layer (DeepSeek-V3, arXiv 2412.19437, 2.2); absent = none. */
  readonly mtpLayers?: number;
}
