import { type LocatedText, parseLocated } from '../../schema/located-text.js';
import { getPath, isTree, type Tree } from '../../schema/paths.js';
import { ConfigKeys, flattened, type TrainingConfig, type TrainingConfigHints } from './config-keys.js';

/** Parts of the model section that change no step time, or whose effect is part of the device's stack. */
const changesNothing =
  /^(run|exp_manager|defaults|hydra|name|restore|launcher|log|resume)\b|^trainer\.(?!num_nodes|devices|precision|max_steps)|^model\.(data|optim\.(?!name)|tokenizer|nsys|profile|gc_|init_method|use_scaled|layernorm_eps|native_amp|hysteresis|grad_allreduce|seed|resume|use_cpu|onnx|apex|gradient_as|sync_batch|get_attention|bias_|masked_|persist|normalize|rotary|apply_|pre_process|post_process|headscale|transformer_block|openai|do_layer|use_emha|seq_len_interp|moe_aux|moe_z|moe_router_load|inspect|mcore|transformer_engine$|reduce_amax|fp8_(?!$)|grad_div|gradient_accumulation|fp16_lm|fp32_res|megatron_amp|attention_type|use_flash|fsdp_(?!sharding)|ub_tp_comm_overlap_cfg|activation$|normalization$|bias$|num_micro_batches_with|activations_checkpoint_layers|batch_p2p|sharp|nccl|defer|dist_ckpt|overlap_param|embedding_init|precision$|cross_entropy|wgrad_deferral|qk_layernorm|mup|window|scale_)/;

/**
 * A training YAML of NeMo 1 as a scenario's job (spec/input-formats.md 3): `trainer` and `model` sections, `${multiply:…}`,
 * `${divide:…}` and references resolved.
 * @throws InputError when a size is missing or wrong.
 */
export function readNemo(text: string, file: string, hints: TrainingConfigHints): TrainingConfig {
  const located = parseLocated(text, file);
  const tree = resolved(located);
  const keys = new ConfigKeys(
    file,
    flattened(tree, (path) => located.locate(path).line),
  );
  keys.skip(changesNothing);
  const model = (name: string): string => `model.${name}`;
  const tensor = keys.size([model('tensor_model_parallel_size')], 1);
  const pipeline = keys.size([model('pipeline_model_parallel_size')], 1);
  const context = keys.size([model('context_parallel_size')], 1);
  const virtualStages = keys.size([model('virtual_pipeline_model_parallel_size')], 1);
  const nodes = keys.number('trainer.num_nodes');
  const devices = keys.number('trainer.devices');
  const gpus = nodes !== undefined && devices !== undefined ? nodes * devices : undefined;
  const replicas = (gpus ?? hints.gpus ?? 0) / (tensor * pipeline * context);
  const microBatch = keys.size([model('micro_batch_size')]);
  const batch = keys.number(model('global_batch_size'));
  if (batch === undefined && !(replicas >= 1))
    keys.wrong(
      'model.global_batch_size',
      'is missing, and nothing says how many GPUs there are',
      'a number, or --gpus',
    );
  if (keys.value('model.rampup_batch_size') !== null && keys.has('model.rampup_batch_size'))
    keys.ignore('model.rampup_batch_size', 'the batch grows: the final one is simulated');
  const granularity = keys.text(model('activations_checkpoint_granularity'));
  const layers = keys.number(model('activations_checkpoint_num_layers'));
  const method = keys.text(model('activations_checkpoint_method'));
  const fsdp = keys.flag(model('fsdp'));
  const sharding = keys.text(model('fsdp_sharding_strategy'));
  const optimizer = keys.text(model('optim.name'));
  const steps = keys.number('trainer.max_steps');
  const fp8 = keys.flag(model('fp8'));
  const precision = keys.text('trainer.precision') ?? 'bf16';
  const experts = keys.number(model('num_moe_experts'));
  const job: Tree = {
    model: nemoModel(keys, tensor, experts),
    sequenceLength: keys.size([model('encoder_seq_length'), model('seq_length')]),
    globalBatch: batch ?? microBatch * replicas,
    microBatch,
    precision: fp8 ? 'fp8' : /16/.test(precision) ? (precision.includes('bf') ? 'bf16' : 'fp16') : 'fp32',
    parallel: {
      tensor,
      pipeline,
      context,
      expert: keys.size([model('expert_model_parallel_size')], 1),
      expertTensor: experts === undefined ? 1 : keys.size([model('expert_tensor_parallel_size')], tensor),
      data: 'auto',
      virtualStages,
      sequenceParallel: keys.flag(model('sequence_parallel')) && tensor > 1,
      zero: fsdp ? (sharding === 'grad' ? 2 : 3) : optimizer?.includes('distributed') ? 1 : 0,
    },
    schedule: virtualStages > 1 ? 'interleaved' : '1f1b',
    recompute: granularity === 'full' || granularity === 'selective' ? granularity : 'none',
    options: {
      p2p: keys.flag(model('overlap_p2p_comm')) && virtualStages > 1 ? 'async' : 'blocking',
      scatterGather: true,
      tensorOverlap: keys.flag(model('ub_tp_comm_overlap')) ? 0.7 : 0,
      dataOverlap: optimizer?.includes('distributed') ?? false,
      gradientBytes: keys.text(model('grad_reduce_dtype'))?.includes('16') ? 2 : 4,
      ...(granularity === 'full' && method === 'block' && layers !== undefined ? { recomputeLayers: layers } : {}),
    },
    ...(steps === undefined ? {} : { steps }),
  };
  if (optimizer === undefined)
    keys.assume('model.optim.name', 'no sharding of optimizer states', 'without a distributed optimizer');
  if (keys.has('model.moe_expert_capacity_factor'))
    keys.ignore('model.moe_expert_capacity_factor', 'tokens are spread as options.moeImbalance says');
  keys.skip(/^model\.moe_(grouped|token_dispatcher|pad|permute)/);
  keys.finish();
  const name =
    keys.text('run.name') ??
    file
      .split('/')
      .at(-1)
      ?.replace(/\.\w+$/, '') ??
    file;
  return { scenario: { name, job }, ...(gpus === undefined ? {} : { gpus }), warnings: keys.warnings };
}

function nemoModel(keys: ConfigKeys, tensor: number, experts: number | undefined): Tree {
  const key = (name: string): string => `model.${name}`;
  const layers = keys.size([key('num_layers')]);
  const hidden = keys.size([key('hidden_size')]);
  const heads = keys.size([key('num_attention_heads')]);
  const swiglu = /swiglu|silu/.test(keys.text(key('activation')) ?? '');
  const rms = /rms/i.test(keys.text(key('normalization')) ?? '');
  const rope = keys.text(key('position_embedding_type')) === 'rope';
  const biases = keys.optionalFlag(key('bias')) ?? true;
  const drop = ['hidden_dropout', 'attention_dropout', 'ffn_dropout'].map((name) => keys.number(key(name)) ?? 0);
  const vocabulary = swiglu ? 128256 : 50257;
  keys.assume(
    'model.tokenizer',
    vocabulary,
    `its vocabulary is not read; ${swiglu ? "Llama 3's" : "GPT-2's"}, --set job.model.vocab says otherwise`,
  );
  const ffn = keys.size([key('ffn_hidden_size')], 4 * hidden, 'four times the hidden size');
  return {
    name: `nemo-${layers}x${hidden}`,
    layers,
    hidden,
    heads,
    kvHeads: keys.size([key('num_query_groups')], heads),
    headDim: keys.number(key('kv_channels')) ?? hidden / heads,
    ffn,
    ffnKind: swiglu ? 'swiglu' : 'gelu',
    vocab: vocabulary,
    padVocabTo: keys.size([key('make_vocab_size_divisible_by')], 128) * tensor,
    maxPositions: keys.size([key('max_position_embeddings')], keys.number(key('encoder_seq_length')) ?? 2048),
    positions: rope ? 'rope' : 'learned',
    tiedEmbeddings: keys.optionalFlag(key('share_embeddings_and_output_weights')) ?? true,
    norm: rms ? 'rms' : 'layernorm',
    biases,
    dropout: drop.some((probability) => probability > 0),
    ...(experts === undefined
      ? {}
      : {
          experts: {
            count: experts,
            topK: keys.size([key('moe_router_topk')], 2, "Megatron's default"),
            ffn,
            shared: 0,
          },
        }),
  };
}

/** Interpolations of Hydra put in; what is not known stays as text. */
function resolved(located: LocatedText): unknown {
  const { value: root } = located;
  const visit = (value: unknown, path: readonly string[]): unknown => {
    if (typeof value === 'string') return interpolated(root, value, path, 0);
    if (Array.isArray(value)) return value.map((item, i) => visit(item, [...path, String(i)]));
    if (!isTree(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visit(inner, [...path, key])]));
  };
  return visit(root, []);
}

const deepest = 10;

function interpolated(root: unknown, text: string, path: readonly string[], depth: number): unknown {
  const found = /\$\{([^${}]*)\}/.exec(text);
  if (!found || depth > deepest) return text;
  const value = referred(root, found[1] ?? '', path);
  if (value === undefined) return text;
  if (found[0] === text) return typeof value === 'string' ? interpolated(root, value, path, depth + 1) : value;
  return interpolated(root, text.replace(found[0], String(value)), path, depth + 1);
}

function referred(root: unknown, expression: string, path: readonly string[]): unknown {
  const call = /^(multiply|divide|add):(.*)$/.exec(expression);
  if (call) {
    const [a = Number.NaN, b = Number.NaN] = (call[2] ?? '').split(',').map((part) => Number(part.trim()));
    const result = call[1] === 'multiply' ? a * b : call[1] === 'add' ? a + b : Math.floor(a / b);
    return Number.isFinite(result) ? result : undefined;
  }
  const dots = /^\.+/.exec(expression)?.[0].length ?? 0;
  const names = expression.slice(dots).split('.');
  const base = dots > 0 ? path.slice(0, path.length - dots) : [];
  if (!isTree(root)) return undefined;
  const value = getPath(root, [...base, ...names]);
  // The launcher mounts the file under `training`.
  return value === undefined && names[0] === 'training' ? getPath(root, names.slice(1)) : value;
}
