import type { Tree } from '../../schema/paths.js';
import type { ConfigKeys } from './config-keys.js';

/** Vocabularies that tokenizers of these kinds have (their files are not read). */
const gpt2Vocabulary = 50257;
const llama3Vocabulary = 128256;

/** The model of Megatron arguments, in the form of the scenario file. */
export function megatronModel(keys: ConfigKeys, tensor: number): Tree {
  const layers = keys.size(['--num-layers']);
  const hidden = keys.size(['--hidden-size']);
  const heads = keys.size(['--num-attention-heads']);
  const swiglu = keys.flag('--swiglu');
  const ffn = keys.size(
    ['--ffn-hidden-size'],
    swiglu ? Math.floor((4 * hidden * 2) / 3 / 64) * 64 : 4 * hidden,
    "Megatron's default",
  );
  const grouped = keys.flag('--group-query-attention');
  const groups = keys.number('--num-query-groups');
  if (groups !== undefined && !grouped)
    keys.ignore('--num-query-groups', 'has no effect without --group-query-attention');
  const rms = keys.text('--normalization') === 'RMSNorm';
  const rope = keys.text('--position-embedding-type') === 'rope' || keys.flag('--use-rotary-position-embeddings');
  const hiddenDropout = dropout(keys, '--hidden-dropout');
  const attentionDropout = dropout(keys, '--attention-dropout');
  const backend = keys.text('--attention-backend');
  const mla = latentAttention(keys);
  const experts = expertsOf(keys, layers, ffn);
  const headDim = keys.number('--kv-channels');
  const noBias = keys.flag('--disable-bias-linear');
  return {
    name: `megatron-${layers}x${hidden}`,
    layers,
    hidden,
    heads,
    kvHeads: grouped ? (groups ?? heads) : heads,
    ...(mla ? {} : { headDim: headDim ?? hidden / heads }),
    ffn,
    ffnKind: swiglu ? 'swiglu' : 'gelu',
    vocab: vocabulary(keys, swiglu),
    padVocabTo: (keys.number('--make-vocab-size-divisible-by') ?? 128) * tensor,
    maxPositions: keys.size(['--max-position-embeddings'], keys.number('--seq-length') ?? 2048),
    positions: rope ? 'rope' : 'learned',
    tiedEmbeddings: !keys.flag('--untie-embeddings-and-output-weights'),
    norm: rms ? 'rms' : 'layernorm',
    biases: !noBias,
    qkvBias: !noBias || keys.flag('--add-qkv-bias'),
    dropout: hiddenDropout > 0 || attentionDropout > 0,
    attention: backend === 'unfused' || backend === 'local' ? 'unfused' : 'flash',
    ...(mla ? { mla, headDim: mla.nopeDim } : {}),
    ...(experts ? { experts } : {}),
  };
}

function dropout(keys: ConfigKeys, name: string): number {
  const value = keys.number(name);
  if (value === undefined) keys.assume(name, 0.1, "Megatron's default");
  return value ?? 0.1;
}

function vocabulary(keys: ConfigKeys, llamaLike: boolean): number {
  const size = keys.number('--vocab-size', '--padded-vocab-size');
  if (size !== undefined) return size;
  const tokenizer = keys.text('--tokenizer-type') ?? '';
  const gpt2 = /gpt2/i.test(tokenizer) || !llamaLike;
  const assumed = gpt2 ? gpt2Vocabulary : llama3Vocabulary;
  keys.assume(
    '--vocab-size',
    assumed,
    gpt2 ? "GPT-2's vocabulary" : "Llama 3's vocabulary; --set job.model.vocab says otherwise",
  );
  return assumed;
}

interface LatentAttention {
  readonly qRank: number;
  readonly kvRank: number;
  readonly nopeDim: number;
  readonly ropeDim: number;
  readonly vDim: number;
}

/** Defaults of Megatron's MLATransformerConfig. */
function latentAttention(keys: ConfigKeys): LatentAttention | undefined {
  if (!keys.flag('--multi-latent-attention')) {
    keys.skip(/^--((q|kv)-lora-rank|qk-head-dim|qk-pos-emb-head-dim|v-head-dim)$/);
    return undefined;
  }
  return {
    qRank: keys.number('--q-lora-rank') ?? 0,
    kvRank: keys.size(['--kv-lora-rank'], 512, "Megatron's default"),
    nopeDim: keys.size(['--qk-head-dim'], 128, "Megatron's default"),
    ropeDim: keys.size(['--qk-pos-emb-head-dim'], 64, "Megatron's default"),
    vDim: keys.size(['--v-head-dim'], 128, "Megatron's default"),
  };
}

function expertsOf(keys: ConfigKeys, layers: number, ffn: number): Tree | undefined {
  const count = keys.number('--num-experts');
  if (count === undefined) {
    keys.skip(/^--moe-/);
    return undefined;
  }
  const expertFfn = keys.size(['--moe-ffn-hidden-size'], ffn, 'the dense layers');
  const shared = keys.number('--moe-shared-expert-intermediate-size');
  const { everyNth, firstDense } = layerFrequency(keys, layers);
  return {
    count,
    topK: keys.size(['--moe-router-topk'], 2, "Megatron's default"),
    ffn: expertFfn,
    ...(shared === undefined ? { shared: 0 } : { shared: 1, sharedFfn: shared }),
    everyNth,
    firstDense,
  };
}

/** `--moe-layer-freq`: every n-th layer, or a list such as `([0]*3+[1]*58)` of which layers route. */
function layerFrequency(keys: ConfigKeys, layers: number): { everyNth: number; firstDense: number } {
  const text = keys.text('--moe-layer-freq')?.trim();
  if (text === undefined) return { everyNth: 1, firstDense: 0 };
  if (/^\d+$/.test(text)) return { everyNth: Number(text), firstDense: 0 };
  const pattern: number[] = [];
  const parts = text.replace(/[()\s"']/g, '').split('+');
  for (const part of parts) {
    const found = /^\[([\d,]+)\](?:\*(\d+))?$/.exec(part);
    if (!found) {
      keys.wrong('--moe-layer-freq', `is ${text}`, 'a number, or lists such as ([0]*3+[1]*58)');
      return { everyNth: 1, firstDense: 0 };
    }
    const layer = (found[1] ?? '').split(',').map(Number);
    for (let i = 0; i < Number(found[2] ?? 1); i++) pattern.push(...layer);
  }
  const firstDense = Math.max(0, pattern.indexOf(1));
  const second = pattern.indexOf(1, firstDense + 1);
  const everyNth = second < 0 ? 1 : second - firstDense;
  const regular = pattern.every(
    (routes, i) => routes === (i >= firstDense && (i - firstDense) % everyNth === 0 ? 1 : 0),
  );
  if (pattern.length !== layers || !regular)
    keys.wrong(
      '--moe-layer-freq',
      `${text} is no regular pattern of ${layers} layers`,
      'leading dense layers, then every n-th',
    );
  // Here the first of every n layers routes, in the scenario the last: with n > 1 the dense ones before it come first.
  return everyNth === 1 ? { everyNth, firstDense } : { everyNth, firstDense: Math.max(0, firstDense - everyNth + 1) };
}
