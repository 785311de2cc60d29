import type { LocatedText } from '../../schema/located-text.js';
import { isTree, type Tree } from '../../schema/paths.js';
import { megatronScenario } from './megatron-arguments.js';
import { type Setting, Settings } from './settings.js';
import type { TrainingConfig } from './types.js';

const renamed: Readonly<Record<string, string>> = {
  'pipe-parallel-size': 'pipeline-model-parallel-size',
  'model-parallel-size': 'tensor-model-parallel-size',
  'context-parallel-size': 'context-parallel-size',
  'moe-expert-parallel-size': 'expert-model-parallel-size',
  'num-layers': 'num-layers',
  'hidden-size': 'hidden-size',
  'intermediate-size': 'ffn-hidden-size',
  'num-attention-heads': 'num-attention-heads',
  'seq-length': 'seq-length',
  'max-position-embeddings': 'max-position-embeddings',
  'train-micro-batch-size-per-gpu': 'micro-batch-size',
  'gradient-accumulation-steps': 'gradient-accumulation-steps',
  'train-batch-size': 'global-batch-size',
  'train-iters': 'train-iters',
  'sequence-parallel': 'sequence-parallel',
  'no-weight-tying': 'untie-embeddings-and-output-weights',
  'make-vocab-size-divisible-by': 'make-vocab-size-divisible-by',
  'vocab-file': 'vocab-file',
  'hidden-dropout': 'hidden-dropout',
  'attention-dropout': 'attention-dropout',
  'moe-num-experts': 'num-experts',
  'num-experts': 'num-experts',
  'moe-expert-interval': 'expert-interval',
  'expert-interval': 'expert-interval',
  'global-num-gpus': 'gpus',
  'te-fp8-format': 'fp8-format',
  'moe-top-k': 'moe-router-topk',
  'zero-optimization.stage': 'zero-stage',
  'zero-optimization.overlap-comm': 'overlap-grad-reduce',
  'zero-optimization.reduce-bucket-size': 'ddp-bucket-size',
  'checkpoint-num-layers': 'recompute-num-layers',
};

const silent =
  /^(data|train-data|valid-data|test-data|merge|tokenizer|save|load|split|norm-|layernorm-|rms-norm|optimizer|min-lr|lr|warmup|weight-decay|gradient-clipping|init-|output-layer|eval|log|steps-per|wall-clock|tensorboard|wandb|distributed-backend|checkpoint-factor|extra-save|keep-last|rotary|rope|scaled-|bias-|masked-|layernorm-fusion|fp16\.|fp32-allreduce$|bf16\.|bfloat16\.|precision$|global-num-gpus$|train-sampl|synchronize-each|use-wandb|finetune|seed|fp16-lm|attention-softmax|async-|zero-optimization\.(stage3-|sub-group|round-robin|ignore-unused|allgather|reduce-scatter|contiguous|cpu-offload$|elastic)|zero-allow|launcher|deepspeed|hostfile|include|num-workers|s3-|checkpoint(-scale|-valid|$|\.)|soft-prompt|rmsnorm-|text-gen|sample-|temperature|top-|maximum-tokens|num-samples|prompt-|data-impl|pos-emb|activation$|norm$|mlp-type|use-(checkpoint|bias)|attention-config|no-load|override|adlr|gas$|char-level|use-shared)/;

const sizes = new Set(['pipeline-model-parallel-size', 'tensor-model-parallel-size', 'context-parallel-size']);

function flat(
  tree: Tree,
  prefix: string,
  path: readonly string[],
  text: LocatedText,
  into: Map<string, Setting>,
): void {
  for (const [name, value] of Object.entries(tree)) {
    const key = prefix + name.replaceAll('_', '-').toLowerCase();
    if (isTree(value)) flat(value, `${key}.`, [...path, name], text, into);
    else into.set(key, { name: [...path, name].join('.'), value, ...text.locate([...path, name]) });
  }
}

/** A GPT-NeoX configuration (EleutherAI/gpt-neox megatron/neox_arguments); `-` and `_` are equal. */
export function readGptNeox(text: LocatedText, root: Tree): TrainingConfig {
  const raw = new Map<string, Setting>();
  flat(root, '', [], text, raw);
  const entries = new Map<string, Setting>();
  const put = (key: string, from: Setting | undefined, value: unknown): void => {
    if (from) entries.set(key, { ...from, value });
  };
  for (const [key, setting] of raw) {
    const target = renamed[key];
    if (target !== undefined) put(target, setting, sizes.has(target) && setting.value === 0 ? 1 : setting.value);
    else if (!silent.test(key)) entries.set(key, setting);
  }
  const value = (key: string): unknown => raw.get(key)?.value;
  const kv = raw.get('num-kv-heads');
  entries.delete('num-kv-heads');
  if (kv && kv.value !== null) {
    put('num-query-groups', kv, kv.value);
    put('group-query-attention', kv, true);
  }
  const positions = String(value('pos-emb') ?? 'learned');
  put(
    'position-embedding-type',
    raw.get('pos-emb'),
    { rotary: 'rope', learned: 'learned_absolute', rpe: 'relative', sinusoidal: 'none', none: 'none', alibi: 'alibi' }[
      positions
    ] ?? positions,
  );
  put('normalization', raw.get('norm'), String(value('norm')).startsWith('rms') ? 'RMSNorm' : 'LayerNorm');
  put('swiglu', raw.get('activation'), /swiglu|geglu|reglu/.test(String(value('activation'))));
  if (value('mlp-type') === 'llama') put('swiglu', raw.get('mlp-type'), true);
  for (const [flag, section] of [
    ['bf16', 'bf16'],
    ['bf16', 'bfloat16'],
    ['fp16', 'fp16'],
  ] as const)
    if (value(`${section}.enabled`) === true) put(flag, raw.get(`${section}.enabled`), true);
  const precision = raw.get('precision');
  if (precision?.value === 'bfloat16' || precision?.value === 'fp16')
    put(precision.value === 'fp16' ? 'fp16' : 'bf16', precision, true);
  if (value('checkpoint-activations') === true) put('recompute-granularity', raw.get('checkpoint-activations'), 'full');
  else entries.delete('recompute-num-layers');
  entries.delete('checkpoint-activations');
  const attention = raw.get('attention-config');
  put('attention-backend', attention, /flash/.test(JSON.stringify(attention?.value ?? '')) ? 'flash' : 'unfused');
  const tokenizer = raw.get('tokenizer-type');
  put('tokenizer-type', tokenizer, tokenizer?.value);
  if (value('fp32-allreduce') !== true && (entries.has('bf16') || entries.has('fp16')))
    entries.set('grad-reduce-in-bf16', { name: 'fp32_allreduce', value: true, ...text.locate([]) });
  const width = Number(value('hidden-size'));
  if (value('mlp-type') === 'llama' && !entries.has('ffn-hidden-size') && Number.isSafeInteger(width)) {
    const multiple = Number(value('mlp-multiple-of') ?? 256);
    put('ffn-hidden-size', raw.get('mlp-type'), Math.ceil(Math.floor((8 * width) / 3) / multiple) * multiple);
  }
  const offload = raw.get('zero-optimization.cpu-offload');
  if (offload) put('optimizer-cpu-offload', offload, offload.value);
  const names = new Map(Object.entries(renamed).map(([name, key]) => [key, name]));
  const settings = new Settings(text.file, entries, text.locate([]), {
    tool: 'GPT-NeoX',
    spell: (key) =>
      names.get(key) ?? { 'position-embedding-type': 'pos-emb', bf16: 'precision', fp16: 'precision' }[key] ?? key,
  });
  if (settings.entries.get('grad-reduce-in-bf16')?.name === 'fp32_allreduce')
    settings.assume(
      'fp32_allreduce',
      'not given: gradients are reduced in 16 bits, the default of GPT-NeoX',
      'job.options.gradientBytes',
    );
  if (value('mlp-type') === 'llama' && raw.get('intermediate-size') === undefined)
    settings.assume(
      'intermediate_size',
      `not given: ${entries.get('ffn-hidden-size')?.value}, two thirds of 4 h rounded up, the default of GPT-NeoX`,
      'job.model.ffn',
    );
  if (!attention) {
    settings.add('attention-backend', { name: 'attention-config', value: 'unfused', ...settings.missingAt });
    settings.assume(
      'attention-config',
      'not given: global attention without flash, the default of GPT-NeoX',
      'job.model.attention',
    );
  }
  if (settings.find('zero-optimization.cpu-offload-params')?.value === true)
    settings.warn('zero-optimization.cpu-offload-params', 'is not modelled: parameters stay on the GPU');
  if (settings.find('gpt-j-residual')?.value === true)
    settings.warn(
      'gpt-j-residual',
      'is not modelled: attention and MLP follow one another, with a tensor-parallel reduction each',
    );
  return megatronScenario(settings, 'neox');
}
