/** Keys of a recipe that are an argument of Megatron-LM of the same name. */
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
  'train_iters',
  'overlap_moe_expert_parallel_comm',
  'cuda_graph_impl',
  'cuda_graph_scope',
  'enable_cuda_graph',
  'moe_flex_dispatcher_backend',
  'window_attn_skip_freq',
  'attention_backend',
  'fp8_format',
  'fp4_format',
] as const;

/** Keys of a recipe that are an argument of Megatron-LM under another name. */
export const renamed: Readonly<Record<string, string>> = {
  encoder_seq_length: 'seq-length',
  sequence_length: 'seq-length',
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
export const translated: Readonly<Record<string, (value: unknown) => readonly (readonly [string, unknown])[]>> = {
  bf16: (value) => [['bf16', value]],
  fp16: (value) => [['fp16', value]],
  bucket_size: (value) => [['ddp-bucket-size', value]],
  bias: (value) => [['disable-bias-linear', value === false]],
  add_bias_linear: (value) => [['disable-bias-linear', value === false]],
  share_embeddings_and_output_weights: (value) => [['untie-embeddings-and-output-weights', value === false]],
  activation: (value) => [['swiglu', /swiglu|geglu|reglu/.test(String(value))]],
  gated_linear_unit: (value) => [['swiglu', value === true]],
  normalization: (value) => [['normalization', /rms/i.test(String(value)) ? 'RMSNorm' : 'LayerNorm']],
  overlap_p2p_comm: (value) => [['no-overlap-p2p-communication', value === false]],
  precision: precisionFlags,
  mixed_precision: precisionFlags,
  fp8: (value) =>
    value === true ? [['fp8-format', 'hybrid']] : typeof value === 'string' ? [['fp8-format', value]] : [],
  fsdp_sharding_strategy: (value) => [
    ['data-parallel-sharding-strategy', { full: 'optim_grads_params', grad: 'optim_grads' }[String(value)] ?? value],
  ],
  grad_reduce_in_fp32: (value) => [['grad-reduce-in-bf16', value === false]],
  grad_sync_dtype: (value) => [['grad-reduce-in-bf16', /bf16|16/.test(String(value))]],
};

/** `bf16`, `bf16-mixed`, 16, or the recipe that makes a mixed precision: `bf16_with_mxfp8_mixed`, `bf16_with_fp8_current_scaling_mixed`. */
export function precisionFlags(value: unknown): readonly (readonly [string, unknown])[] {
  const text = String(value);
  if (!/\d/.test(text)) return [];
  const wide = [/bf16|bfloat16/.test(text) ? 'bf16' : 'fp16', /16/.test(text)] as const;
  if (/nvfp4/.test(text)) return [wide, ['fp4-format', 'e2m1']];
  if (!/fp8/.test(text)) return [wide];
  return [wide, ['fp8-format', 'hybrid'], ['fp8-recipe', /mxfp8/.test(text) ? 'mxfp8' : 'delayed']];
}

export const silent =
  /^(defaults|hydra|run|exp_manager|log|resume|inherit_from|name|_target_|_partial_|restore_from_path)(\.|$)|^trainer\.(?!(strategy|plugins)\.)|^trainer\.strategy\.(ckpt|save_ckpt|gradient_as|pipeline_dtype|progress)|(^|\.)(_target_|_partial_)$|^(model\.)?data\.|^model\.(tokenizer|nsys_profile|optim|ub_tp_comm_overlap_cfg|mcore_customization_config|peft)\.|^(optim|scheduler|checkpoint|logger|rng|profiling|tokenizer|nvrx_straggler|straggler|inprocess_restart|ft|validation|tensor_inspect|rerun_state_machine)(\.|$)/;
export const silentModel =
  /^(mcore_gpt|megatron_amp_O2|native_amp.*|hysteresis|fp32_residual.*|fp16_lm.*|grad_allreduce.*|grad_div.*|gradient_.*|bias_.*|masked_softmax.*|get_attention_mask.*|seed|resume.*|use_cpu_init.*|onnx_safe|apex.*|sync_batch.*|transformer_engine|fp8_.*|reduce_amax|use_emha|gc_interval|nsys_profile|init_method.*|use_scaled.*|layernorm.*|do_layer_norm.*|pre_process|post_process|persist.*|headscale|transformer_block_type|openai_gelu|normalize_attention.*|rotary.*|apply_.*|attention_type|scale_positional.*|cross_entropy.*|deterministic.*|batch_p2p.*|moe_grouped_gemm|moe_aux.*|moe_router_load.*|moe_z.*|tokenizer|fsdp_(?!sharding).*|seq_len_interp.*|scale_factor|low_freq.*|high_freq.*|old_context.*|autocast.*|params_dtype|ffn_dropout|make_vocab.*|distributed_fused.*|data|optim|dist_ckpt.*|use_te_rng.*|cudnn.*|hf_.*|qk_layernorm|tp_only_amax.*)$/;

/** Sections of a recipe whose keys mean the job; NeMo 2 exports nest them deeper than NeMo 1. */
export const sections = [
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
  'optimizer',
  'dist',
];

/** Keys of those sections that change no step, beyond the arguments of Megatron-LM of the same name. */
export const silentRest =
  /^(lr|min_lr|weight_decay|adam_.*|sgd_.*|clip_grad|decoupled_.*|log_num_zeros.*|params_dtype|pipeline_dtype|autocast.*|check_for_nan.*|average_in_collective|pad_buckets.*|use_gloo.*|distributed_.*|external_gpu.*|local_rank|lazy_init|enable_megatron_core.*|exit_.*|manual_gc.*|empty_unused.*|train_sync.*|eval_.*|skip_train|num_fp8_.*|fp8_(margin|amax.*|interval|wgrad|dot.*|multi.*|recipe)|hysteresis|.*loss_scale.*|preserve_fp32.*|bootstrap_.*|tp_comm_bootstrap.*|align_.*|store_param.*|config_logger.*|barrier_.*|timers|.*init.*|use_te_rng.*|gradient_reduce_div.*|tp_comm_overlap_cfg|data_parallel_size|batch_p2p.*|overlap_p2p.*)$/;
