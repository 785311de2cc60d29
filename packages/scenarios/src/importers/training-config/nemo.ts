import { catalogueModels } from '../../catalogue/models.js';
import type { LocatedText } from '../../schema/located-text.js';
import { isTree, type Tree } from '../../schema/paths.js';
import { interpolated } from './interpolation.js';
import { megatronScenario } from './megatron-arguments.js';
import { type Setting, Settings, type Style } from './settings.js';
import type { TrainingConfig } from './types.js';

const same = [
  'num_layers',
  'hidden_size',
  'ffn_hidden_size',
  'num_attention_heads',
  'num_query_groups',
  'kv_channels',
  'max_position_embeddings',
  'position_embedding_type',
  'make_vocab_size_divisible_by',
  'vocab_size',
  'micro_batch_size',
  'global_batch_size',
  'rampup_batch_size',
  'tensor_model_parallel_size',
  'pipeline_model_parallel_size',
  'context_parallel_size',
  'expert_model_parallel_size',
  'expert_tensor_parallel_size',
  'sequence_parallel',
  'hidden_dropout',
  'attention_dropout',
  'moe_router_topk',
  'moe_token_dispatcher_type',
  'moe_ffn_hidden_size',
  'moe_shared_expert_intermediate_size',
  'moe_layer_freq',
  'multi_latent_attention',
  'q_lora_rank',
  'kv_lora_rank',
  'qk_head_dim',
  'qk_pos_emb_head_dim',
  'v_head_dim',
  'cp_comm_type',
  'mtp_num_layers',
  'window_size',
  'recompute_granularity',
  'recompute_method',
  'recompute_num_layers',
  'recompute_modules',
  'seq_length',
  'overlap_grad_reduce',
  'overlap_param_gather',
  'use_distributed_optimizer',
  'grad_reduce_in_bf16',
  'account_for_embedding_in_pipeline_split',
  'account_for_loss_in_pipeline_split',
  'pipeline_model_parallel_layout',
  'moe_enable_deepep',
  'moe_router_enable_expert_bias',
  'data_parallel_sharding_strategy',
  'fp8_recipe',
  'moe_expert_capacity_factor',
] as const;

/** Keys of a recipe that are an argument of Megatron-LM under another name. */
const renamed: Readonly<Record<string, string>> = {
  encoder_seq_length: 'seq-length',
  virtual_pipeline_model_parallel_size: 'num-virtual-stages-per-pipeline-rank',
  num_moe_experts: 'num-experts',
  activations_checkpoint_granularity: 'recompute-granularity',
  activations_checkpoint_method: 'recompute-method',
  activations_checkpoint_num_layers: 'recompute-num-layers',
  ub_tp_comm_overlap: 'tp-comm-overlap',
  tp_comm_overlap: 'tp-comm-overlap',
  overlap_grad_sync: 'overlap-grad-reduce',
  overlap_param_sync: 'overlap-param-gather',
  num_nodes: 'nnodes',
  devices: 'nproc-per-node',
  num_gpus_per_node: 'nproc-per-node',
  max_steps: 'train-iters',
  num_layers_in_first_pipeline_stage: 'decoder-first-pipeline-num-layers',
  num_layers_in_last_pipeline_stage: 'decoder-last-pipeline-num-layers',
  use_flash_attention: 'use-flash-attn',
  add_qkv_bias: 'add-qkv-bias',
  qkv_bias: 'add-qkv-bias',
  fsdp: 'use-torch-fsdp2',
  ...Object.fromEntries(same.map((name) => [name, name.replaceAll('_', '-')])),
};

/** Keys of a recipe whose value says it otherwise than Megatron-LM's argument; undefined: nothing to say. */
const translated: Readonly<Record<string, (value: unknown) => readonly (readonly [string, unknown])[]>> = {
  bias: (value) => [['disable-bias-linear', value === false]],
  add_bias_linear: (value) => [['disable-bias-linear', value === false]],
  share_embeddings_and_output_weights: (value) => [['untie-embeddings-and-output-weights', value === false]],
  activation: (value) => [['swiglu', /swiglu|geglu|reglu/.test(String(value))]],
  gated_linear_unit: (value) => [['swiglu', value === true]],
  normalization: (value) => [['normalization', /rms/i.test(String(value)) ? 'RMSNorm' : 'LayerNorm']],
  overlap_p2p_comm: (value) => [['no-overlap-p2p-communication', value === false]],
  precision: precisionFlags,
  fp8: (value) =>
    value === true ? [['fp8-format', 'hybrid']] : typeof value === 'string' ? [['fp8-format', value]] : [],
  grad_sync_dtype: (value) => [['grad-reduce-in-bf16', /bf16|16/.test(String(value))]],
};

function precisionFlags(value: unknown): readonly (readonly [string, unknown])[] {
  const text = String(value);
  if (/bf16|bfloat16/.test(text)) return [['bf16', true]];
  return [['fp16', /16/.test(text)]];
}

const silent =
  /^(defaults|hydra|run|exp_manager|log|resume|inherit_from|name|_target_|_partial_|restore_from_path)(\.|$)|^trainer\.(?!(strategy|plugins)\.)|^trainer\.strategy\.(ckpt|save_ckpt|gradient_as|pipeline_dtype|progress)|(^|\.)(_target_|_partial_)$|^(model\.)?data\.|^model\.(tokenizer|nsys_profile|optim|ub_tp_comm_overlap_cfg|mcore_customization_config|peft)\.|^optim\./;
const silentModel =
  /^(mcore_gpt|megatron_amp_O2|native_amp.*|hysteresis|fp32_residual.*|fp16_lm.*|grad_allreduce.*|grad_div.*|gradient_.*|bias_.*|masked_softmax.*|get_attention_mask.*|seed|resume.*|use_cpu_init.*|onnx_safe|apex.*|sync_batch.*|transformer_engine|fp8_.*|reduce_amax|use_emha|gc_interval|nsys_profile|init_method.*|use_scaled.*|layernorm.*|do_layer_norm.*|pre_process|post_process|persist.*|headscale|transformer_block_type|openai_gelu|normalize_attention.*|rotary.*|apply_.*|attention_type|scale_positional.*|cross_entropy.*|deterministic.*|num_micro_batches_with.*|activations_checkpoint_layers.*|batch_p2p.*|moe_grouped_gemm|moe_aux.*|moe_router_load.*|moe_z.*|tokenizer|fsdp_.*|ub_.*cfg|seq_len_interp.*|scale_factor|low_freq.*|high_freq.*|old_context.*|autocast.*|params_dtype|ffn_dropout|make_vocab.*|distributed_fused.*|data|optim|dist_ckpt.*|use_te_rng.*|cudnn.*|hf_.*|qk_layernorm|tp_only_amax.*)$/;

function leaves(tree: Tree, prefix: readonly string[], into: [string[], unknown][] = []): [string[], unknown][] {
  for (const [key, value] of Object.entries(tree)) {
    const path = [...prefix, key];
    if (isTree(value)) leaves(value, path, into);
    else into.push([path, value]);
  }
  return into;
}

/** Sections of a recipe whose keys mean the job; NeMo 2 exports nest them deeper than NeMo 1. */
const sections = [
  'model',
  'model.config',
  'trainer',
  'trainer.strategy',
  'trainer.strategy.ddp',
  'trainer.plugins',
  'data',
  'model.optim',
  'optim.config',
  'train',
  'dataset',
  'ddp',
  'comm_overlap',
  'mixed_precision',
];

function styleOf(spelled: ReadonlyMap<string, string>): Style {
  const names = new Map(Object.entries(renamed).map(([name, key]) => [key, name]));
  return { tool: 'NeMo', spell: (key) => spelled.get(key) ?? names.get(key) ?? key.replaceAll('-', '_') };
}

/** Catalogue model of a NeMo 2 configuration class, such as `Llama31Config405B`. */
function modelOfClass(target: string): string | undefined {
  const bare = (text: string): string => text.toLowerCase().replace(/config|[^a-z0-9]/g, '');
  const [, name = ''] = /([A-Za-z0-9_]+)$/.exec(target) ?? [];
  // Llama 3 and 3.1 have the same layers.
  const wanted = bare(name.replace(/^Llama3Config/, 'Llama31Config'));
  return catalogueModels.find(({ shape }) => bare(shape.name) === wanted)?.shape.name;
}

/** A NeMo recipe: the YAML of NeMo 1 (Hydra) or the YAML export of a NeMo 2 recipe. */
export function readNemo(text: LocatedText, root: Tree): TrainingConfig {
  const entries = new Map<string, Setting>();
  const spelled = new Map<string, string>();
  const optimizers: string[] = [];
  for (const [path, raw] of leaves(root, [])) {
    const name = path.join('.');
    const section = path.slice(0, -1).join('.');
    const last = path.at(-1) ?? '';
    const value = interpolated(raw, root, path);
    const put = (key: string, meant: unknown): void => {
      if (meant === null && entries.has(key)) return;
      entries.set(key, { name, value: meant, ...text.locate(path) });
      spelled.set(key, name);
    };
    if (name === 'model.optim.name') optimizers.push(String(value));
    if (/^model\.tokenizer\.(type|model)$/.test(name) && value !== null)
      put(entries.has('tokenizer-model') ? 'tokenizer-type' : 'tokenizer-model', value);
    if (!sections.includes(section)) {
      if (!silent.test(name)) put(name, value);
      continue;
    }
    const key = renamed[last];
    const translate = translated[last];
    if (section === 'model.optim' && !/sync|bucket/.test(last)) continue;
    if ((section === 'data' || section === 'dataset') && !/batch_size$|^seq_length$/.test(last)) continue;
    if (last === 'bucket_cap_mb') put('bucket-cap-mb', value);
    else if (value !== null && translate) for (const [target, meant] of translate(value)) put(target, meant);
    else if (key !== undefined) put(key, value);
    else if (!(section.startsWith('model') && silentModel.test(last)) && !silent.test(name)) put(name, value);
  }
  if (entries.get('num-query-groups')?.value) {
    const groups = entries.get('num-query-groups');
    if (groups) entries.set('group-query-attention', { ...groups, value: true });
  }
  for (const [key, setting] of entries) if (setting.value === null) entries.delete(key);
  const settings = new Settings(text.file, entries, text.locate(isTree(root.model) ? ['model'] : []), styleOf(spelled));
  if (optimizers.some((name) => /distributed/.test(name)))
    settings.add('use-distributed-optimizer', {
      name: 'model.optim.name',
      value: true,
      ...text.locate(['model', 'optim', 'name']),
    });
  return withClass(megatronScenario(settings, 'nemo'), root);
}

/** The model of a NeMo 2 export stands in its class, not in numbers. */
function withClass(config: TrainingConfig, root: Tree): TrainingConfig {
  const inner = isTree(root.model) && isTree(root.model.config) ? root.model.config : undefined;
  const target = inner?._target_;
  const known = typeof target === 'string' && inner?.num_layers === undefined ? modelOfClass(target) : undefined;
  if (known === undefined || !isTree(config.scenario.job)) return config;
  return {
    ...config,
    scenario: { ...config.scenario, job: { ...config.scenario.job, model: known } },
    issues: config.issues.filter(({ field }) => field === undefined || !field.startsWith('job.model')),
    warnings: config.warnings.filter(({ field }) => field === undefined || !field.startsWith('job.model')),
  };
}
