import { parseLocated } from '../../schema/located-text.js';
import type { Tree } from '../../schema/paths.js';
import {
  type ConfigEntry,
  ConfigKeys,
  flattened,
  type TrainingConfig,
  type TrainingConfigHints,
} from './config-keys.js';

const changesNothing =
  /^(vocab_file|merge_file|tokenizer|data_|save|load|split|optimizer|min_lr|lr_|warmup|checkpoint_factor|extra_save|eval_|log_|steps_per_print|wall_clock|tensorboard|wandb|use_wandb|distributed_backend|train_iters|train_data|valid_|test_|init_method|output_layer_init|keep_last|gradient_clipping|weight_decay|scaled_|masked_|bias_gelu|rope_fusion|layernorm_fusion|rotary|output_layer_parallelism|partition_activations|synchronize|precision_|launcher|hostfile|include|seed|num_workers|text_gen|shuffle|label_|attention_config|checkpoint_validation|max_position|norm$|pos_emb$|hysteresis|fp16\.(?!enabled)|loss_scale|initial_loss)/;

/**
 * A YAML of GPT-NeoX as a scenario's job (spec/input-formats.md 4); `-` and `_` in names are equal.
 * @throws InputError when a size is missing or wrong, and for a batch that only the GPU count could say.
 */
export function readGptNeoX(text: string, file: string, hints: TrainingConfigHints): TrainingConfig {
  const located = parseLocated(text, file);
  const flat = flattened(located.value, (path) => located.locate(path).line);
  const entries = new Map<string, ConfigEntry>([...flat].map(([name, entry]) => [name.replaceAll('-', '_'), entry]));
  const keys = new ConfigKeys(file, entries);
  keys.skip(changesNothing);
  const tensor = Math.max(1, keys.number('model_parallel_size') ?? 1);
  const pipeline = Math.max(1, keys.number('pipe_parallel_size') ?? 1);
  const micro = keys.size(['train_micro_batch_size_per_gpu'], keys.number('batch_size'));
  const accumulation = keys.number('gradient_accumulation_steps', 'gas');
  const whole = keys.number('train_batch_size');
  const replicas = (hints.gpus ?? 0) / (tensor * pipeline);
  if (whole === undefined && !(replicas >= 1))
    keys.wrong('train_batch_size', 'is missing, and nothing says how many GPUs there are', 'a number, or --gpus');
  const stage = keys.number('zero_optimization.stage') ?? 0;
  const bucket = keys.number('zero_optimization.reduce_bucket_size') ?? 5e8;
  const overlap = keys.flag('zero_optimization.overlap_comm');
  keys.skip(/^zero_optimization\./);
  const recompute = keys.flag('checkpoint_activations');
  if ((keys.number('checkpoint_num_layers') ?? 1) > 1)
    keys.ignore('checkpoint_num_layers', 'units of several layers keep less than single layers');
  if (keys.flag('gpt_j_residual'))
    keys.ignore(
      'gpt_j_residual',
      'attention and MLP side by side cost what they cost one after the other, one all-reduce less',
    );
  const named = keys.text('precision');
  const precision = named ?? (keys.flag('fp16.enabled') ? 'fp16' : keys.flag('bf16.enabled') ? 'bf16' : 'fp32');
  const job: Tree = {
    model: neoxModel(keys, tensor),
    sequenceLength: keys.size(['seq_length']),
    globalBatch: whole ?? micro * (accumulation ?? 1) * replicas,
    microBatch: micro,
    precision: precision === 'bfloat16' ? 'bf16' : precision,
    parallel: { tensor, pipeline, data: 'auto', zero: stage },
    recompute: recompute ? 'full' : 'none',
    options: { p2p: 'blocking', gradientBytes: 2, bucketBytes: 2 * bucket, dataOverlap: overlap },
  };
  keys.finish();
  const name =
    file
      .split('/')
      .at(-1)
      ?.replace(/\.\w+$/, '') ?? file;
  return { scenario: { name, job }, warnings: keys.warnings };
}

function neoxModel(keys: ConfigKeys, tensor: number): Tree {
  const hidden = keys.size(['hidden_size']);
  const heads = keys.size(['num_attention_heads']);
  const layers = keys.size(['num_layers']);
  const swiglu = keys.text('activation') === 'swiglu' || keys.text('mlp_type') === 'llama';
  const norm = keys.text('norm') ?? 'layernorm';
  const positions = keys.text('pos_emb') ?? 'learned';
  const drop = ['hidden_dropout', 'attention_dropout'].map((name) => keys.number(name) ?? 0.1);
  keys.assume('vocab_size', 50257, "the tokenizer is not read: GPT-NeoX's size; --set job.model.vocab says otherwise");
  return {
    name: `neox-${layers}x${hidden}`,
    layers,
    hidden,
    heads,
    kvHeads: keys.size(['num_kv_heads'], heads),
    ffn: keys.size(['intermediate_size'], 4 * hidden),
    ffnKind: swiglu ? 'swiglu' : 'gelu',
    vocab: 50257,
    padVocabTo: keys.size(['make_vocab_size_divisible_by'], 128) * tensor,
    maxPositions: keys.size(['max_position_embeddings'], keys.number('seq_length') ?? 2048),
    positions: positions === 'rotary' ? 'rope' : positions === 'alibi' ? 'alibi' : 'learned',
    tiedEmbeddings: !keys.flag('no_weight_tying'),
    norm: norm === 'rmsnorm' ? 'rms' : 'layernorm',
    biases: !keys.flag('use_bias_in_attn_linear') || norm !== 'rmsnorm',
    dropout: drop.some((probability) => probability > 0),
    attention: keys.entries.get('attention_config')?.value?.toString().includes('flash') ? 'flash' : 'unfused',
  };
}
