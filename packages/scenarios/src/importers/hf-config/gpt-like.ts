import type { ModelShape } from '@regatta/sim-core';
import { isTree, type Tree } from '../../schema/paths.js';
import { slidingWindow } from './experts.js';
import type { GptFamily } from './families.js';
import { type Fields, headSize } from './fields.js';

/** Key and value heads: grouped (Falcon's new decoder, StarCoder 2), one for all (multi-query), or as many as heads. */
function keyValueHeads(fields: Fields, heads: number): number {
  const { tree } = fields;
  const grouped = ['num_key_value_heads', 'num_kv_heads', 'n_head_kv'].filter((key) => fields.has(key));
  if (tree.model_type === 'falcon' || String(tree.model_type).startsWith('RefinedWeb')) {
    if (tree.new_decoder_architecture === true || tree.model_type === 'RefinedWeb')
      return grouped.length > 0 ? fields.count(grouped) : heads;
    return fields.flag('multi_query', true) ? 1 : heads;
  }
  if (tree.model_type === 'gpt_bigcode') return fields.flag('multi_query', true) ? 1 : heads;
  return grouped.length > 0 ? fields.count(grouped) : heads;
}

/** Inner size of the MLP: given, or a multiple of the hidden size. */
function innerSize(fields: Fields, hidden: number): number {
  const ratio = fields.tree.expansion_ratio;
  const times = typeof ratio === 'number' && Number.isInteger(ratio * hidden) ? ratio : 4;
  return fields.count(['n_inner', 'intermediate_size', 'ffn_dim', 'ffn_hidden_size'], times * hidden);
}

function positionsOf(fields: Fields, family: GptFamily): GptFamily['positions'] {
  const attention: Tree = isTree(fields.tree.attn_config) ? fields.tree.attn_config : {};
  if (fields.tree.alibi === true || attention.alibi === true) return 'alibi';
  if (attention.alibi === false) return attention.rope === true ? 'rope' : 'learned';
  return family.positions;
}

/** A model with layer norm and MLPs of two matrices. */
export function gptModel(name: string, fields: Fields, family: GptFamily): ModelShape {
  const hidden = fields.count(['n_embd', 'hidden_size', 'n_embed', 'd_model']);
  const heads = fields.count(['n_head', 'num_attention_heads', 'n_heads', 'num_heads']);
  const layers = fields.count(['n_layer', 'num_hidden_layers', 'n_layers', 'num_layers']);
  const positions = positionsOf(fields, family);
  const attention: Tree = isTree(fields.tree.attn_config) ? fields.tree.attn_config : {};
  const shared = typeof attention.kv_n_heads === 'number' ? attention.kv_n_heads : keyValueHeads(fields, heads);
  const biases = fields.has('no_bias')
    ? !fields.flag('no_bias', false)
    : fields.has('use_bias')
      ? fields.flag('use_bias', family.biases)
      : fields.flag('bias', family.biases);
  if (family.parallel && fields.tree.use_parallel_residual !== false && fields.tree.parallel_attn !== false)
    fields.warnings.push('attention and MLP stand side by side, which is not modelled: one follows the other');
  const window = slidingWindow(fields, layers, {});
  return {
    name,
    layers,
    hidden,
    heads,
    kvHeads: shared,
    headDim: headSize(fields, ['head_dim'], hidden, heads),
    ffn: innerSize(fields, hidden),
    ffnKind: 'gelu',
    vocab: fields.count(['vocab_size']),
    maxPositions:
      positions === 'learned' ? fields.count(['n_positions', 'max_position_embeddings', 'max_seq_len'], 2048) : 0,
    positions,
    tiedEmbeddings: fields.flag('tie_word_embeddings', family.tied ?? false),
    norm: biases || family.biases ? 'layernorm' : 'layernorm_nobias',
    biases,
    qkvBias: family.qkvBias ?? biases,
    embeddingNorm: family.embeddingNorm === true,
    dropout: family.dropout === true,
    attention: 'flash',
    causal: family.encoder !== true,
    ...(window ? { slidingWindow: window } : {}),
  };
}
