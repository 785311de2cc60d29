/**
 * Arguments of Megatron-LM (NVIDIA/Megatron-LM megatron/training/arguments.py) and Megatron-DeepSpeed that change neither the time nor
 * the memory of a training step beyond the model: data, logging, checkpoints (the scenario has its own), learning rate,
 * initialisation, evaluation, fusions of kernels that the device's constants hold.
 */
const quietNames = new Set(
  `data-path data-args-path data-cache-path data-impl data-parallel-random-init train-data-path valid-data-path test-data-path
  per-split-data-args-path split mock-data no-mmap-bin-files no-mmap mmap-warmup num-workers num-dataset-builder-threads
  reset-position-ids reset-attention-mask eod-mask-loss no-create-attention-mask-in-dataloader create-attention-mask-in-dataloader
  dataloader-type object-storage-cache-path mid-level-dataset-surplus allow-ambiguous-pad-tokens sample-rate mask-prob
  short-seq-prob vocab-extra-ids vocab-file merge-file trust-remote-code legacy-tokenizer full-validation
  multiple-validation-sets dataset-path use-dataset-only train-data-exact-num-epochs
  save save-interval persistent-save-interval save-retain-interval load load-main-params-from-ckpt no-load-optim no-load-rng
  no-load-lr-state no-save-optim no-save-rng finetune pretrained-checkpoint no-initialization use-checkpoint-args
  use-mp-args-from-checkpoint-args use-checkpoint-opt-param-scheduler override-opt-param-scheduler
  no-use-tokenizer-model-from-checkpoint-args use-tokenizer-model-from-checkpoint-args exit-on-missing-checkpoint use-dist-ckpt
  use-persistent-ckpt-worker auto-detect-ckpt-format async-save no-strict-fsdp-dtensor-load distrib-optim-fully-reshardable-mem-efficient
  replication replication-jump replication-factor universal-checkpoint
  lr min-lr warmup clip-grad weight-decay start-weight-decay end-weight-decay seed test-mode skip-train decoupled-lr decoupled-min-lr
  train-tokens init-method-std init-method-xavier-uniform embedding-init-method-std use-cpu-initialization init-model-with-meta-device
  loss-scale initial-loss-scale min-loss-scale loss-scale-window hysteresis num-classes no-check-for-nan-in-loss-and-grad
  check-for-nan-in-loss-and-grad check-for-spiky-loss check-for-large-grads check-weight-hash-across-dp-replicas-interval
  calculate-per-token-loss decrease-batch-size-if-needed iterations-to-skip result-rejected-tracker-filename
  manual-gc manual-gc-interval no-manual-gc-eval train-sync-interval disable-gloo-process-groups
  distributed-backend distributed-timeout-minutes distributed-timeout-seconds-after-init local-rank lazy-mpu-init
  nccl-communicator-config-path high-priority-stream-groups pipeline-model-parallel-comm-backend disable-symmetric-registration
  tp-comm-bootstrap-backend tp-comm-overlap-cfg use-mcore-models use-legacy-models use-nccl-communicator
  max-position-embeddings norm-epsilon layernorm-epsilon apply-layernorm-1p layernorm-zero-centered-gamma no-persist-layer-norm memory-centric-tiled-linear
  apply-residual-connection-post-layernorm apply-query-key-layer-scaling no-query-key-layer-scaling attention-softmax-in-fp32
  no-masked-softmax-fusion no-bias-gelu-fusion no-bias-swiglu-fusion no-bias-dropout-fusion no-rope-fusion no-fused-rope
  no-gradient-accumulation-fusion gradient-accumulation-fusion no-gradient-reduce-div-fusion cross-entropy-loss-fusion cross-entropy-fusion-impl
  use-te-activation-func use-fused-weighted-squared-relu use-fused-rmsnorm use-fused-swiglu use-fused-rotary-pos-emb
  no-clone-scatter-output-in-embedding no-async-tensor-model-parallel-allreduce fp16-lm-cross-entropy openai-gelu onnx-safe bert-no-binary-head
  no-align-grad-reduce no-align-param-gather align-grad-reduce align-param-gather ddp-average-in-collective ddp-pad-buckets-for-high-nccl-busbw
  disable-bf16-reduced-precision-matmul qk-layernorm qk-l2-norm no-position-embedding no-rope-freq mrope-section
  relative-attention-num-buckets relative-attention-max-distance glu-linear-offset activation-func-clamp-value mscale mscale-all-dim
  beta-fast beta-slow cache-mla-latents te-rng-tracker inference-rng-tracker disable-msc enable-experimental sft sft-tokenizer-prompt-format
  transformer-impl config-logger-dir memory-snapshot-path record-memory-history use-pytorch-profiler nvtx-ranges yaml-cfg run-workload-inspector-server
  app-tag-run-name app-tag-run-version dump-param-to-param-group-map no-pin-cpu-grads no-pin-cpu-params use-torch-optimizer-for-cpu-offload
  fp8-margin fp8-interval fp8-amax-history-len fp8-amax-compute-algo fp8-quantizer-factory fp4-recipe fp4-quantizer-factory
  num-layers-at-start-in-bf16 num-layers-at-end-in-bf16
  moe-grouped-gemm moe-use-legacy-grouped-gemm moe-permute-fusion moe-per-layer-logging moe-input-jitter-eps moe-use-upcycling moe-upcycling-granularity
  moe-extended-tp moe-token-drop-policy moe-apply-probs-on-input moe-loss-coeff moe-min-capacity moe-eval-capacity-factor
  moe-pad-experts-for-cuda-graph-inference create-moe-param-group cuda-graph-warmup-steps decoder-seq-length
  no-pipeline-parallel deepspeed deepscale deepscale-config deepspeed-mpi deepspeed-activation-checkpointing split-transformers synchronize-each-layer
  contigious-checkpointing checkpoint-in-cpu zero-reduce-scatter zero-contigious-gradients zero-reduce-bucket-size zero-allgather-bucket-size
  remote-device use-pin-memory random-ltd hf-model num-iters no-barrier-with-level-1-timing empty-cache disable-moe-token-dropping`.split(
    /\s+/,
  ),
);

const quietGroups =
  /^(adam|sgd|lr|log|no-log|logging|timing|wandb|tensorboard|one-logger|no-one-logger|enable-one-logger|tokenizer|tiktoken|tokenize|rotary|rope|use-rope|yarn|mtp-loss|ckpt|no-ckpt|dist-ckpt|non-persistent|eval|exit|profile|rerun|error-injection|inprocess|straggler|disable-straggler|calc-ft|enable-ft|ft|inference|flash-decode|retriever|ict|biencoder|indexer|bert-load|titles|adlr|kill-switch|langrl|grpo|moe-(aux-loss|z-loss|router-(load|dtype|fusion|score|pre|num-groups|group-topk|topk-scaling|bias-update|force|padding))|curriculum|data-efficiency|aml|hybridep-num)(-|$)/;

/** Arguments of launchers: torchrun, srun, sbatch, mpirun, deepspeed, container engines. */
const launcherNames = new Set(
  `nnodes nproc-per-node num-nodes num-gpus gpus-per-node gpus gpus-per-task ntasks ntasks-per-node np node-rank master-addr master-port rdzv-id rdzv-backend
  rdzv-endpoint rdzv-conf max-restarts monitor-interval start-method role module no-python run-path log-dir redirects tee standalone
  local-addr local-ranks-filter logs-specs hostfile include exclude launcher launcher-args force-multi ssh-port no-ssh elastic-training enable-each-rank-log
  no-local-rank save-pid bind-cores-to-rank bind-core-list worker-num bind-to map-by allow-run-as-root hostfile-path
  nodes job-name account partition time output error export mpi chdir unbuffered label kill-on-bad-exit gres cpu-bind cpus-per-task mem exclusive
  jobid overlap nodelist wait dependency qos reservation signal mail-type mail-user comment
  container-image container-mounts container-name container-workdir container-writable container-save no-container-mount-home container-mount-home
  no-container-entrypoint container-remap-root gpu shm-size ulimit ipc rm net network volume env name sample trace capture-range capture-range-end
  cuda-graph-trace cuda-memory-usage cpuctxsw cudabacktrace stats force-overwrite`.split(/\s+/),
);

/** True for an argument of Megatron-LM or a launcher that a step's time and memory do not depend on. */
export const changesNoStep = (key: string): boolean =>
  quietNames.has(key) || launcherNames.has(key) || quietGroups.test(key);

/** Quiet arguments by name, to tell a misspelt one by. */
export const quietArguments: Iterable<string> = quietNames;

/** Arguments that change a step and have no counterpart in the model: what is taken in their place. */
export const unmodelledArguments: Readonly<Record<string, string>> = {
  'no-fp8-wgrad': 'is not modelled: weight gradients are computed in fp8 too',
  'first-last-layers-bf16': 'is not modelled: all layers are in the narrow format',
  'optimizer-offload-fraction': 'is not modelled: all states of the optimizer are offloaded',
  'overlap-cpu-optimizer-d2h-h2d': 'is not modelled',
  'distribute-saved-activations': 'is not modelled: every tensor-parallel rank keeps all inputs',
  'partition-activations': 'is not modelled: every tensor-parallel rank keeps all inputs',
  'num-distributed-optimizer-instances': 'is not modelled: states are sharded over all data-parallel ranks',
  'enable-full-sharding-in-hsdp': 'is not modelled',
  'outer-dp-sharding-strategy': 'is not modelled',
  'microbatch-group-size-per-virtual-pipeline-stage': 'is not modelled: groups of as many micro-batches as stages',
  'overlap-p2p-communication-warmup-flush': 'is not modelled',
  'overlap-param-gather-with-optimizer-step': 'is not modelled',
  'defer-embedding-wgrad-compute': 'is not modelled',
  'wgrad-deferral-limit': 'is not modelled',
  'delay-wgrad-compute': 'is not modelled',
  'use-nccl-ub': 'is not modelled: collectives take their usual share of compute units',
  'use-sharp': 'is not modelled: switches reduce nothing',
  'sharp-enabled-group': 'is not modelled: switches reduce nothing',
  'use-ring-exchange-p2p': 'is not modelled',
  'use-tp-pp-dp-mapping': 'is not modelled: pipeline ranks are outermost',
  'hierarchical-context-parallel-sizes': 'is not modelled: one level of context parallelism',
  'tp-comm-overlap-rs-dgrad': 'is not modelled: one share of overlap for all tensor-parallel collectives',
  'disable-tp-comm-overlap-ag': 'is not modelled: one share of overlap for all tensor-parallel collectives',
  'disable-tp-comm-overlap-rs': 'is not modelled: one share of overlap for all tensor-parallel collectives',
  'disable-tp-comm-bulk-dgrad': 'is not modelled: one share of overlap for all tensor-parallel collectives',
  'disable-tp-comm-bulk-wgrad': 'is not modelled: one share of overlap for all tensor-parallel collectives',
  'disable-tp-comm-split-ag': 'is not modelled: one share of overlap for all tensor-parallel collectives',
  'disable-tp-comm-split-rs': 'is not modelled: one share of overlap for all tensor-parallel collectives',
  'moe-expert-capacity-factor': 'is not modelled: no token is dropped or padded',
  'moe-pad-expert-input-to-capacity': 'is not modelled: no token is padded',
  'moe-train-capacity-factor': 'is not modelled: no token is dropped or padded',
  'moe-shared-expert-overlap': 'is not modelled: shared experts run by themselves',
  'moe-deepep-num-sms': 'is not modelled: the dispatcher takes the usual share of compute units',
  'moe-layer-recompute': 'is not modelled: MoE layers are kept',
  'use-tutel': 'is not modelled',
  'mlp-type': 'is not modelled: standard experts',
  'softmax-type': 'is not modelled: plain softmax',
  'deterministic-mode': 'is not modelled: the usual kernels',
  'fp32-residual-connection': 'is not modelled: residuals have 16 bits',
  'ddp-num-buckets': 'is not modelled: --set job.options.bucketBytes=N sets the size of a bucket',
  'ddp-reduce-scatter-with-fp32-accumulation': 'is not modelled: an ordinary reduce-scatter',
  'reuse-grad-buf-for-mxfp8-param-ag': 'is not modelled',
  'keep-fp8-transpose-cache': 'is not modelled',
  'fsdp-double-buffer': 'is not modelled',
  'suggested-communication-unit-size': 'is not modelled: a layer is gathered at a time',
  'empty-unused-memory-level': 'is not modelled: emptying the cache takes no time',
  'perform-rl-step': 'is not modelled: the step is one of pre-training',
  'rl-use-sequence-packing': 'is not modelled',
  'kitchen-config-file': 'is not modelled',
  'kitchen-recipe-number': 'is not modelled',
  'contiguous-gradients': 'is not modelled',
};
