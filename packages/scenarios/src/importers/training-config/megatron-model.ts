import type { Tree } from '../../schema/paths.js';
import { isDeepspeed } from './megatron-dialect.js';
import { megatronExperts } from './megatron-experts.js';
import { pythonList } from './python-list.js';
import { nameOfFile, numberOf, type Settings } from './settings.js';
import { assumedVocabulary } from './vocabulary.js';

/** Inner width of a gated MLP where none is given: two thirds of 4 h, down to a multiple of 64 (Megatron-LM arguments.py). */
const gatedWidth = (hidden: number): number => Math.floor((4 * hidden * 2) / 3 / 64) * 64;

function positionsOf(settings: Settings): 'learned' | 'rope' | 'alibi' {
  const field = 'job.model.positions';
  if (settings.flag('use-rotary-position-embeddings', field) === true) return 'rope';
  const kind = settings.text('position-embedding-type', field);
  if (kind === undefined)
    settings.assume(
      settings.spell('position-embedding-type'),
      `not given: learned_absolute, ${settings.byDefault}`,
      field,
    );
  else if (!['rope', 'learned_absolute', 'none', 'mrope', 'yarn', 'relative', 'alibi'].includes(kind))
    settings.choice(
      'position-embedding-type',
      ['rope', 'learned_absolute', 'none', 'mrope', 'yarn', 'relative'],
      field,
    );
  else if (kind === 'relative' || kind === 'none')
    settings.warn('position-embedding-type', 'is taken as rope: embeddings without parameters', field);
  if (kind === 'alibi') return 'alibi';
  return kind === undefined || kind === 'learned_absolute' ? 'learned' : 'rope';
}

function dropoutOf(settings: Settings): boolean {
  const field = 'job.model.dropout';
  const shares = ['hidden-dropout', 'attention-dropout'].map((key) => settings.amount(key, field));
  if (shares.every((share) => share === undefined))
    settings.assume(
      settings.spell('hidden-dropout', 'attention-dropout'),
      `not given: 0.1, ${settings.byDefault}`,
      field,
    );
  return shares.some((share) => share === undefined || share > 0);
}

function latentAttention(settings: Settings): Tree | undefined {
  const at = 'job.model.mla';
  if (settings.flag('multi-latent-attention', at) !== true) return undefined;
  const size = (key: string, name: string, fallback: number): number => {
    const value = settings.count(key, `${at}.${name}`);
    if (value === undefined && !settings.has(key))
      settings.assume(settings.spell(key), `not given: ${fallback}, ${settings.byDefault}`, `${at}.${name}`);
    return value ?? fallback;
  };
  return {
    qRank: settings.count('q-lora-rank', `${at}.qRank`) ?? 0,
    kvRank: size('kv-lora-rank', 'kvRank', 512),
    nopeDim: size('qk-head-dim', 'nopeDim', 128),
    ropeDim: size('qk-pos-emb-head-dim', 'ropeDim', 64),
    vDim: size('v-head-dim', 'vDim', 128),
  };
}

function keyValueHeads(settings: Settings, heads: number | undefined): number | undefined {
  const field = 'job.model.kvHeads';
  const grouped = settings.flag('group-query-attention', field);
  const ownName = settings.count('num-key-value-heads', field);
  if (ownName !== undefined) return ownName;
  const groups = settings.count('num-query-groups', field);
  if (grouped === true && groups === undefined)
    settings.assume(
      settings.spell('num-query-groups'),
      `not given: ${heads}, one for each head (older versions: 1)`,
      field,
    );
  if (grouped !== true && groups !== undefined) {
    settings.warn('num-query-groups', `has no effect without ${settings.spell('group-query-attention')}`, field);
    return heads;
  }
  return groups ?? heads;
}

/** `--window-size 128,0` and `--window-attn-skip-freq`: every n-th layer is full, or a list of ones (window) and zeros (full). */
function slidingWindow(settings: Settings, layers: number | undefined): Tree {
  const field = 'job.model.slidingWindow';
  const window = numberOf(/^\(?\[?(\d+)/.exec(settings.text('window-size', field) ?? '')?.[1]);
  const setting = settings.find('window-attn-skip-freq');
  if (window === undefined) return {};
  const every = setting === undefined ? 0 : numberOf(setting.value);
  if (every !== undefined) return { slidingWindow: { window, fullEvery: every } };
  const pattern = pythonList(String(setting?.value));
  const full = pattern?.filter((one) => one === 0).length ?? 0;
  if (setting && !pattern)
    settings.issue(setting, `is ${String(setting.value)}`, 'a whole number, or a list of ones and zeros', field);
  return { slidingWindow: { window, fullEvery: full === 0 ? 0 : (layers ?? 0) / full } };
}

/** The model that Megatron-LM's network size arguments describe, as the scenario's inline model. */
export function megatronModel(settings: Settings, tensor: number, encoder = false): Tree {
  const at = (name: string): string => `job.model.${name}`;
  const layers = settings.required('num-layers', settings.spell('num-layers'), at('layers'));
  const hidden = settings.required('hidden-size', settings.spell('hidden-size'), at('hidden'));
  const heads = settings.required('num-attention-heads', settings.spell('num-attention-heads'), at('heads'));
  const gated = ['swiglu', 'geglu', 'quick-geglu'].map((key) => settings.flag(key, at('ffnKind'))).includes(true);
  settings.flag('squared-relu', at('ffnKind'));
  let ffn = settings.count('ffn-hidden-size', at('ffn'));
  if (ffn === undefined && hidden !== undefined && !settings.has('ffn-hidden-size')) {
    ffn = gated ? gatedWidth(hidden) : 4 * hidden;
    settings.assume(settings.spell('ffn-hidden-size'), `not given: ${ffn}, ${settings.byDefault}`, at('ffn'));
  }
  const norm = normOf(settings, at('norm'));
  const biases = settings.flag('disable-bias-linear', at('biases')) !== true;
  const positions = positionsOf(settings);
  const mla = latentAttention(settings);
  const headDim = settings.count('kv-channels', at('headDim'));
  const backend = settings.text('attention-backend', at('attention'));
  const flash =
    ['use-flash-attn', 'use-flash-attn-v1', 'use-flash-attn-v2', 'use-flash-attn-triton', 'use-flash-attn-builder']
      .map((key) => settings.flag(key, at('attention')))
      .includes(true) ||
    (settings.text('transformer-impl') !== 'local' && !isDeepspeed(settings));
  const padded = settings.count('padded-vocab-size', at('vocab'));
  const divisor = settings.count('make-vocab-size-divisible-by', at('padVocabTo')) ?? 128;
  const own = padded ?? settings.count('vocab-size', at('vocab'));
  const vocab =
    own ??
    assumedVocabulary(
      settings,
      ['tokenizer-model', 'tokenizer-type', 'vocab-file'].map((key) => settings.hint(key)),
      { layers, hidden, heads, ffn, gated },
    );
  const mtpLayers = settings.count('mtp-num-layers', at('mtpLayers'), 0);
  for (const key of [
    'hybrid-override-pattern',
    'is-hybrid-model',
    'hybrid-attention-ratio',
    'spec',
    'encoder-num-layers',
    'heterogeneous-layers-config-path',
    'heterogeneous-layers-config-encoded-json',
    'retro-add-retriever',
    'linear-attention-freq',
    'experimental-attention-variant',
  ]) {
    const setting = settings.find(key);
    if (setting && setting.value !== false && (key !== 'spec' || /mamba|t5|retro/i.test(String(setting.value))))
      settings.issue(
        setting,
        'layers of this kind are not supported',
        'a decoder of attention and MLP layers',
        'job.model',
      );
  }
  const name = settings.hint('wandb-exp-name');
  return {
    name: name === undefined || name.includes('$') ? nameOfFile(settings.file) : name,
    layers,
    hidden,
    heads,
    kvHeads: mla ? heads : keyValueHeads(settings, heads),
    headDim: mla ? mla.nopeDim : headDim,
    ffn,
    ffnKind: gated ? 'swiglu' : 'gelu',
    vocab,
    padVocabTo: padded === undefined ? divisor * tensor : 1,
    positions,
    maxPositions: positions === 'learned' ? learnedPositions(settings) : 0,
    tiedEmbeddings: settings.flag('untie-embeddings-and-output-weights', at('tiedEmbeddings')) !== true,
    norm,
    biases,
    qkvBias: biases || settings.flag('add-qkv-bias', at('qkvBias')) === true,
    dropout: dropoutOf(settings),
    attention: (flash || backend === 'flash') && backend !== 'unfused' && backend !== 'local' ? 'flash' : 'unfused',
    causal: !encoder,
    ...slidingWindow(settings, layers),
    mla,
    mtpLayers,
    experts: megatronExperts(settings, layers, ffn),
  };
}

function normOf(settings: Settings, field: string): 'rms' | 'layernorm' {
  const name = settings.text('normalization', field)?.toLowerCase();
  if (name === 'rmsnorm') return 'rms';
  if (name !== undefined && name !== 'layernorm') settings.choice('normalization', ['LayerNorm', 'RMSNorm'], field);
  return 'layernorm';
}

function learnedPositions(settings: Settings): number | undefined {
  const field = 'job.model.maxPositions';
  const positions = settings.count('max-position-embeddings', field);
  if (positions === undefined && !settings.has('max-position-embeddings'))
    settings.missing(settings.spell('max-position-embeddings'), 'a positive whole number', field);
  return positions;
}
