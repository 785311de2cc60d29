import type { ExpertShape, ModelShape } from '@regatta/sim-core';
import type { LlamaFamily } from './families.js';
import type { Fields } from './fields.js';

/** Latent attention of DeepSeek's families. */
export function latentAttention(fields: Fields): NonNullable<ModelShape['mla']> {
  return {
    qRank: fields.has('q_lora_rank') ? fields.count(['q_lora_rank']) : 0,
    kvRank: fields.count(['kv_lora_rank']),
    nopeDim: fields.count(['qk_nope_head_dim']),
    ropeDim: fields.count(['qk_rope_head_dim']),
    vDim: fields.count(['v_head_dim']),
  };
}

/** Routed and shared experts; undefined for a dense model. */
export function routedExperts(fields: Fields, layers: number, family: LlamaFamily): ExpertShape | undefined {
  const keys = ['n_routed_experts', 'num_local_experts', 'num_experts'].filter((key) => fields.has(key));
  if (keys.length === 0) return undefined;
  const ffn = fields.count(['moe_intermediate_size', 'intermediate_size']);
  const shared = fields.has('n_shared_experts')
    ? fields.count(['n_shared_experts'])
    : fields.has('num_shared_experts')
      ? fields.count(['num_shared_experts'])
      : fields.has('shared_expert_intermediate_size')
        ? 1
        : (family.sharedExperts ?? 0);
  return {
    count: fields.count(keys),
    topK: fields.count(['num_experts_per_tok', 'experts_per_token'], 1),
    shared,
    ffn,
    sharedFfn: fields.count(['shared_expert_intermediate_size'], ffn),
    everyNth: fields.count(['decoder_sparse_step', 'moe_layer_freq', 'interleave_moe_layer_step'], 1),
    firstDense: firstDense(fields, layers),
    biases: fields.tree.model_type === 'gpt_oss',
    routerBias:
      fields.tree.topk_method === 'noaux_tc' || ['gpt_oss', 'glm4_moe'].includes(String(fields.tree.model_type)),
  };
}

/** Dense layers before the first with experts: a number, or a list of dense layers that must be the leading ones. */
function firstDense(fields: Fields, layers: number): number {
  const only = fields.tree.mlp_only_layers;
  if (Array.isArray(only) && only.length > 0) {
    if (only.every((layer, i) => layer === i)) return only.length;
    fields.wrong('mlp_only_layers', `lists ${only.length} of ${layers} layers out of order`, 'leading layers only');
  }
  const first = fields.tree.first_k_dense_replace;
  if (first === undefined || first === null) return 0;
  if (typeof first === 'number' && Number.isSafeInteger(first) && first >= 0) return first;
  fields.wrong('first_k_dense_replace', `is ${JSON.stringify(first)}`, 'a whole number of at least 0');
  return 0;
}

const full = new Set(['full_attention', 'attention', 'global']);
const windowed = new Set(['sliding_attention', 'chunked_attention', 'local']);

/** Windowed attention: its width, and which layers attend to all tokens; undefined where all do. */
export function slidingWindow(fields: Fields, layers: number, family: LlamaFamily): ModelShape['slidingWindow'] {
  const types = fields.tree.layer_types;
  if (Array.isArray(types)) {
    const other = types.find((kind) => !full.has(String(kind)) && !windowed.has(String(kind)));
    if (other !== undefined) {
      fields.wrong(
        'layer_types',
        `layers of kind ${String(other)} are not supported`,
        [...full, ...windowed].slice(0, 4).join(' | '),
      );
      return undefined;
    }
  }
  const chunked = fields.has('attention_chunk_size') && fields.tree.attention_chunk_size !== false;
  const key = chunked ? 'attention_chunk_size' : 'sliding_window';
  if (!fields.has(key) || fields.tree[key] === false || fields.tree.use_sliding_window === false) return undefined;
  if (family.windowOnRequest && fields.tree.use_sliding_window !== true && !Array.isArray(types)) return undefined;
  const window = fields.count([key]);
  if (chunked) fields.warnings.push('attention_chunk_size is taken as a window of as many tokens');
  const whole = Array.isArray(types) ? types.filter((kind) => full.has(String(kind))).length : undefined;
  if (whole === undefined) {
    const pattern = fields.count(['sliding_window_pattern'], family.fullEvery ?? layers + 1);
    return { window, fullEvery: pattern > layers ? 0 : pattern };
  }
  if (whole === layers) return undefined;
  return { window, fullEvery: whole === 0 ? 0 : layers / whole };
}
