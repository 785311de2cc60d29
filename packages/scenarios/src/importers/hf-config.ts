import type { ExpertShape, ModelShape } from '@regatta/sim-core';
import { InputError, type InputIssue } from '../schema/input-error.js';
import { type LocatedText, parseLocated } from '../schema/located-text.js';
import { isTree, type Tree } from '../schema/paths.js';

export interface HfModel {
  readonly model: ModelShape;
  /** Defaults that were filled in, and what was left out. */
  readonly warnings: readonly string[];
}

/** Families whose layers are those of spec/model.md section 1. */
const llamaLike = [
  'llama',
  'mistral',
  'qwen2',
  'qwen3',
  'mixtral',
  'qwen2_moe',
  'qwen3_moe',
  'gpt_oss',
  'llama4_text',
  'llama4',
  'gemma',
  'gemma2',
  'phi3',
  'olmo',
  'olmo2',
] as const;
const deepseekLike = ['deepseek_v2', 'deepseek_v3', 'kimi_k2'] as const;
const gptLike = ['gpt2', 'gpt_neox', 'bloom', 'opt', 'bert', 'roberta'] as const;
const supported: readonly string[] = [...llamaLike, ...deepseekLike, ...gptLike];

class Fields {
  readonly issues: InputIssue[] = [];
  readonly warnings: string[] = [];

  constructor(
    readonly located: LocatedText,
    readonly tree: Tree,
    readonly prefix: readonly string[],
  ) {}

  wrong(key: string, message: string, expected: string, received = ''): void {
    const path = [...this.prefix, key];
    const { line, column } = this.located.locate(path);
    this.issues.push({
      code: 'config',
      file: this.located.file,
      line,
      column,
      path: path.join('.'),
      message,
      expected,
      received,
    });
  }

  /** A positive whole number under the first key that is there. */
  count(keys: readonly string[], fallback?: number | (() => number)): number {
    for (const key of keys) {
      const value = this.tree[key];
      if (value === undefined || value === null) continue;
      if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
      this.wrong(key, `is ${JSON.stringify(value)}`, 'a positive whole number', String(value));
      return 1;
    }
    if (fallback === undefined) {
      this.wrong(keys[0] ?? '', 'is missing', 'a positive whole number');
      return 1;
    }
    const filled = typeof fallback === 'number' ? fallback : fallback();
    return filled;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.tree[key];
    if (typeof value === 'boolean') return value;
    if (value !== undefined && value !== null) this.wrong(key, `is ${JSON.stringify(value)}`, 'true or false');
    else if (key === 'tie_word_embeddings')
      this.warnings.push(`${key} is not there: ${fallback} assumed, the default of its class`);
    return fallback;
  }

  has(key: string): boolean {
    return this.tree[key] !== undefined && this.tree[key] !== null;
  }
}

/**
 * Reads a Hugging Face `config.json` (spec/input-formats.md 1).
 * @throws InputError when it is no such file, when a size is missing or no number, and for architectures whose layers the model
 * does not have (state-space and hybrid layers, encoder-decoders), by name.
 */
export function readHfConfig(text: string, file: string): HfModel {
  const located = parseLocated(text, file);
  const root = located.value;
  if (!isTree(root)) throw failure(located, '', 'is not a map of fields', 'the JSON object of a config.json');
  const nested = isTree(root.text_config) ? root.text_config : undefined;
  const tree = nested ?? root;
  const prefix = nested ? ['text_config'] : [];
  const type = tree.model_type ?? root.model_type;
  if (typeof type !== 'string') throw failure(located, 'model_type', 'is missing', `one of ${supported.join(', ')}`);
  if (tree.hybrid_override_pattern !== undefined || !supported.includes(type)) {
    const why = tree.hybrid_override_pattern === undefined ? '' : ' (hybrid layers)';
    throw failure(
      located,
      'model_type',
      `architecture ${type}${why} is not supported`,
      `one of ${supported.join(', ')}`,
    );
  }
  const fields = new Fields(located, tree, prefix);
  if (root.quantization_config !== undefined)
    fields.warnings.push('quantization_config is ignored: it is not the training precision');
  if (nested) fields.warnings.push('multimodal config: only text_config is read');
  const name = String(
    root._name_or_path ??
      file
        .split('/')
        .at(-1)
        ?.replace(/\.config\.json$|\.json$/, '') ??
      type,
  );
  const model = gptLike.some((known) => known === type) ? gptModel(type, name, fields) : llamaModel(type, name, fields);
  if (fields.issues.length > 0) throw new InputError(fields.issues);
  return { model, warnings: fields.warnings };
}

function failure(located: LocatedText, path: string, message: string, expected: string): InputError {
  const { line, column } = located.locate(path === '' ? [] : [path]);
  return new InputError([{ code: 'config', file: located.file, line, column, path, message, expected, received: '' }]);
}

function gptModel(type: string, name: string, fields: Fields): ModelShape {
  const hidden = fields.count(['n_embd', 'hidden_size', 'd_model']);
  const heads = fields.count(['n_head', 'num_attention_heads']);
  const encoder = type === 'bert' || type === 'roberta';
  const positions = type === 'gpt_neox' ? 'rope' : type === 'bloom' ? 'alibi' : 'learned';
  return {
    name,
    layers: fields.count(['n_layer', 'num_hidden_layers']),
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: fields.count(['n_inner', 'intermediate_size', 'ffn_dim'], 4 * hidden),
    ffnKind: 'gelu',
    vocab: fields.count(['vocab_size']),
    maxPositions: positions === 'learned' ? fields.count(['n_positions', 'max_position_embeddings'], 2048) : 0,
    positions,
    tiedEmbeddings: fields.flag('tie_word_embeddings', type !== 'gpt_neox'),
    norm: 'layernorm',
    biases: true,
    qkvBias: true,
    embeddingNorm: type === 'bloom' || encoder,
    dropout: type !== 'gpt_neox' && type !== 'bloom',
    attention: 'flash',
    causal: !encoder,
  };
}

function llamaModel(type: string, name: string, fields: Fields): ModelShape {
  const hidden = fields.count(['hidden_size']);
  const heads = fields.count(['num_attention_heads']);
  const layers = fields.count(['num_hidden_layers']);
  const deepseek = deepseekLike.some((known) => known === type);
  const mla = deepseek ? latentAttention(fields) : undefined;
  const experts = routedExperts(fields, layers);
  const window = slidingWindow(fields, layers);
  if (fields.has('num_nextn_predict_layers')) fields.warnings.push('multi-token prediction layers are left out');
  const bias = fields.flag('attention_bias', false);
  return {
    name,
    layers,
    hidden,
    heads,
    kvHeads: deepseek ? heads : fields.count(['num_key_value_heads'], heads),
    headDim: mla ? mla.nopeDim : fields.count(['head_dim'], () => hidden / heads),
    ffn: fields.count(
      type === 'llama4' || type === 'llama4_text'
        ? ['intermediate_size_mlp', 'intermediate_size']
        : ['intermediate_size'],
      experts?.ffn,
    ),
    ffnKind: 'swiglu',
    vocab: fields.count(['vocab_size']),
    maxPositions: 0,
    positions: 'rope',
    tiedEmbeddings: fields.flag('tie_word_embeddings', type.startsWith('gemma')),
    norm: 'rms',
    biases: fields.flag('mlp_bias', false),
    qkvBias: bias || type === 'qwen2' || type === 'qwen2_moe',
    embeddingNorm: false,
    dropout: false,
    attention: 'flash',
    causal: true,
    ...(window ? { slidingWindow: window } : {}),
    ...(mla ? { mla } : {}),
    ...(experts ? { experts } : {}),
  };
}

function latentAttention(fields: Fields): NonNullable<ModelShape['mla']> {
  return {
    qRank: fields.has('q_lora_rank') ? fields.count(['q_lora_rank']) : 0,
    kvRank: fields.count(['kv_lora_rank']),
    nopeDim: fields.count(['qk_nope_head_dim']),
    ropeDim: fields.count(['qk_rope_head_dim']),
    vDim: fields.count(['v_head_dim']),
  };
}

function routedExperts(fields: Fields, layers: number): ExpertShape | undefined {
  const keys = ['n_routed_experts', 'num_local_experts', 'num_experts'].filter((key) => fields.has(key));
  if (keys.length === 0) return undefined;
  const ffn = fields.count(['moe_intermediate_size', 'intermediate_size']);
  const shared = fields.has('n_shared_experts')
    ? fields.count(['n_shared_experts'])
    : fields.has('shared_expert_intermediate_size')
      ? 1
      : 0;
  const firstDense = fields.has('first_k_dense_replace') ? Number(fields.tree.first_k_dense_replace) : 0;
  const only = fields.tree.mlp_only_layers;
  if (Array.isArray(only) && only.length > 0) {
    const leading = only.every((layer, i) => layer === i);
    if (leading) return shape(only.length);
    fields.wrong('mlp_only_layers', `lists ${only.length} of ${layers} layers out of order`, 'leading layers only');
  }
  return shape(firstDense);

  function shape(first: number): ExpertShape {
    return {
      count: fields.count(keys),
      topK: fields.count(['num_experts_per_tok', 'experts_per_token'], 1),
      shared,
      ffn,
      sharedFfn: fields.count(['shared_expert_intermediate_size'], ffn),
      everyNth: fields.count(['decoder_sparse_step', 'moe_layer_freq', 'interleave_moe_layer_step'], 1),
      firstDense: first,
      routerBias: fields.tree.topk_method === 'noaux_tc' || fields.tree.model_type === 'gpt_oss',
    };
  }
}

function slidingWindow(fields: Fields, layers: number): ModelShape['slidingWindow'] {
  if (!fields.has('sliding_window') || fields.tree.use_sliding_window === false) return undefined;
  const window = fields.count(['sliding_window']);
  const types = fields.tree.layer_types;
  if (!Array.isArray(types)) return { window, fullEvery: 0 };
  const full = types.filter((kind) => kind === 'full_attention').length;
  return full === layers ? undefined : { window, fullEvery: full === 0 ? 0 : layers / full };
}
