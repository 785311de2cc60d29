import type { ModelShape } from '@regatta/sim-core';
import { latentAttention, routedExperts, slidingWindow } from './experts.js';
import type { LlamaFamily } from './families.js';
import { type Fields, headSize } from './fields.js';

/** A model with Llama's layers. */
export function llamaModel(name: string, fields: Fields, family: LlamaFamily): ModelShape {
  const usual = family.defaults ?? {};
  const hidden = fields.count(['hidden_size']);
  const layers = fields.count(['num_hidden_layers']);
  const heads = fields.ofClass(['num_attention_heads'], usual.num_attention_heads);
  const mla = fields.has('kv_lora_rank') ? latentAttention(fields) : undefined;
  const experts = routedExperts(fields, layers, family);
  const window = slidingWindow(fields, layers, family);
  fields.remark(
    'num_nextn_predict_layers',
    (value) => value !== 0,
    'is left out; --set job.model.mtpLayers=N trains multi-token prediction',
  );
  if (family.parallel)
    fields.warnings.push('attention and MLP stand side by side, which is not modelled: one follows the other');
  const bias =
    fields.flag('attention_bias', false) || fields.flag('use_qkv_bias', false) || fields.flag('qkv_bias', false);
  const ownHeads = usual.num_key_value_heads;
  return {
    name,
    layers,
    hidden,
    heads,
    kvHeads: mla
      ? heads
      : ownHeads === undefined
        ? fields.count(['num_key_value_heads'], heads)
        : fields.ofClass(['num_key_value_heads'], ownHeads),
    headDim:
      mla?.nopeDim ??
      (usual.head_dim === undefined
        ? headSize(fields, ['head_dim'], hidden, heads)
        : fields.ofClass(['head_dim'], usual.head_dim)),
    ffn: fields.count(['intermediate_size_mlp', 'intermediate_size'], experts?.ffn),
    ffnKind: 'swiglu',
    vocab: fields.ofClass(['vocab_size'], usual.vocab_size),
    maxPositions: 0,
    positions: 'rope',
    tiedEmbeddings: fields.flag('tie_word_embeddings', family.tied ?? false),
    norm: family.norm ?? 'rms',
    biases: fields.flag('mlp_bias', false),
    qkvBias: bias || family.qkvBias === true,
    embeddingNorm: false,
    dropout: false,
    attention: 'flash',
    causal: true,
    ...(window ? { slidingWindow: window } : {}),
    ...(mla ? { mla } : {}),
    ...(experts ? { experts } : {}),
  };
}
