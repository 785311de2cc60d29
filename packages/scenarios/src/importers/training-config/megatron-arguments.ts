import type { Tree } from '../../schema/paths.js';
import { type ConfigEntry, ConfigKeys, type TrainingConfig, type TrainingConfigHints } from './config-keys.js';
import { megatronModel } from './megatron-model.js';

/** Arguments whose value must be known: those that this reader takes, apart from paths and names of runs. */
export const countsForMegatron = (flag: string): boolean =>
  !changesNothing.test(flag) &&
  /size|num|layer|seq|batch|parallel|nodes|nnodes|nproc|group|rank|topk|ffn|dim/.test(flag);

/** Arguments that change no step time: data, tokenizer, learning rate, initialisation, checkpoints, logs, evaluation. */
const changesNothing =
  /^--(sbatch-(?!nodes)|data-|tokenizer-|vocab-file|merge-file|split|lr|min-lr|adam-|clip-grad|weight-decay|init-method|seed|save|load|log-|logging|tensorboard|wandb|eval-|exit-|train-|mock-data|dataloader|num-workers|no-(save|load|create|mmap|check)|distributed-(backend|timeout)|rdzv|master|node[-_]rank|max[-_]restarts|tee|norm-epsilon|layernorm-epsilon|rotary|rope|mscale|manual-gc|ckpt|async-save|use-persistent|use-dist-ckpt|override|finetune|optimizer$|attention-softmax|apply-query|apply-layernorm|qk-layernorm|loss-scale|initial-loss|hysteresis|use-checkpoint|dist-ckpt|auto-detect|disable-(straggler|gloo|mask)|enable-ft|ft-|moe-(router-(load|pre|dtype|score|bias|topk-scaling|group|num-groups|enable)|aux|z-loss)|mtp-loss|timing|local[-_]rank|standalone|job[-_]name|gpus-per|partition|time|account|exclusive|mem|no-bias-gelu|no-masked|transformer-impl|use-mcore|max-position|normalization$|untie|cross-entropy|use-flash-attn|attention-backend|end-weight|start-weight|override-opt|reset-|eod-|create-attention|no-create|sft|legacy|per-split|retro|empty-unused|tp-comm-bootstrap|no-gradient-accumulation-fusion|no-async|decoupled-|no-rope-fusion|no-ckpt|no-persist|no-one-logger|squared-relu$|openai-gelu|accumulate-allreduce|use-legacy|sequence-parallel-communication)/;

/**
 * Arguments of Megatron-LM as a scenario's job (spec/input-formats.md 2).
 * @throws InputError when a size is missing or wrong, and where only the GPU count could say what the batch is.
 */
export function readMegatronArguments(
  entries: ReadonlyMap<string, ConfigEntry>,
  file: string,
  hints: TrainingConfigHints,
): TrainingConfig {
  const keys = new ConfigKeys(file, entries);
  keys.skip(changesNothing);
  const parallel = parallelOf(keys);
  const model = megatronModel(keys, parallel.tensor);
  const microBatch = keys.size(['--micro-batch-size', '--batch-size']);
  const gpus = worldOf(keys);
  const replicas = (gpus ?? hints.gpus ?? 0) / (parallel.tensor * parallel.pipeline * parallel.context);
  const batch = keys.number('--global-batch-size') ?? scheduledBatch(keys);
  if (batch === undefined && !(replicas >= 1))
    keys.wrong('--global-batch-size', 'is missing, and nothing says how many GPUs there are', 'a number, or --gpus');
  if (batch === undefined) keys.assume('--global-batch-size', microBatch * replicas, 'one micro-batch a replica');
  if (keys.has('--rampup-batch-size'))
    keys.ignore('--rampup-batch-size', 'the batch grows: the final one is simulated');
  const sequenceLength = keys.size(['--seq-length', '--encoder-seq-length']);
  const steps = keys.number('--train-iters');
  const precision = precisionOf(keys);
  const overlap = keys.flag('--overlap-grad-reduce');
  keys.flag('--overlap-param-gather', '--overlap-param-gather-with-optimizer-step');
  const job: Tree = {
    model,
    sequenceLength,
    globalBatch: batch ?? microBatch * replicas,
    microBatch,
    precision,
    parallel: { ...parallel, data: 'auto' },
    schedule: parallel.virtualStages > 1 ? 'interleaved' : '1f1b',
    ...recomputeOf(keys, parallel),
    options: {
      p2p: parallel.virtualStages > 1 && !keys.flag('--no-overlap-p2p-communication') ? 'async' : 'blocking',
      scatterGather: !keys.flag('--no-scatter-gather-tensors-in-pipeline'),
      tensorOverlap: keys.flag('--tp-comm-overlap') ? 0.7 : 0,
      gradientBytes: keys.flag('--grad-reduce-in-bf16') || precision === 'fp16' ? 2 : 4,
      dataOverlap: overlap,
      contextKind: contextKind(keys),
      expertLayout: 'copied',
      ...recomputeLayersOf(keys),
      ...(keys.flag('--optimizer-cpu-offload', '--cpu-optimizer') ? { offloadOptimizer: true } : {}),
    },
    ...(steps === undefined ? {} : { steps }),
  };
  leftOut(keys);
  keys.finish();
  return { scenario: { name: nameOf(file), job }, ...(gpus === undefined ? {} : { gpus }), warnings: keys.warnings };
}

/** The last batch of `--step-batch-size-schedule "0:384 200B:768"`. */
function scheduledBatch(keys: ConfigKeys): number | undefined {
  const text = keys.text('--step-batch-size-schedule');
  if (text === undefined) return undefined;
  const last = /:(\d+)\s*"?$/.exec(text.trim())?.[1];
  if (last === undefined) keys.wrong('--step-batch-size-schedule', `is ${text}`, 'pairs such as "0:384 200B:768"');
  else keys.ignore('--step-batch-size-schedule', `the batch grows: the final one, ${last}, is simulated`);
  return last === undefined ? undefined : Number(last);
}

const nameOf = (file: string): string =>
  file
    .split('/')
    .at(-1)
    ?.replace(/\.\w+$/, '') ?? file;

interface MegatronParallel {
  readonly tensor: number;
  readonly pipeline: number;
  readonly context: number;
  readonly expert: number;
  readonly expertTensor: number;
  readonly virtualStages: number;
  readonly sequenceParallel: boolean;
  readonly zero: number;
}

function parallelOf(keys: ConfigKeys): MegatronParallel {
  const tensor = keys.size(['--tensor-model-parallel-size', '--model-parallel-size'], 1);
  const pipeline = keys.size(['--pipeline-model-parallel-size'], 1);
  const experts = keys.number('--num-experts');
  return {
    tensor,
    pipeline,
    context: keys.size(['--context-parallel-size'], 1),
    expert: keys.size(['--expert-model-parallel-size'], 1),
    // Megatron's expert tensor size is the tensor size where the flag is absent; without experts it has no meaning.
    expertTensor: keys.size(['--expert-tensor-parallel-size'], experts === undefined ? 1 : tensor),
    virtualStages: virtualStagesOf(keys, pipeline),
    sequenceParallel: keys.flag('--sequence-parallel') && tensor > 1,
    zero: zeroOf(keys),
  };
}

function virtualStagesOf(keys: ConfigKeys, pipeline: number): number {
  const chunks = keys.number('--num-virtual-stages-per-pipeline-rank');
  const perChunk = keys.number('--num-layers-per-virtual-pipeline-stage');
  if (chunks !== undefined || perChunk === undefined) return Math.max(1, chunks ?? 1);
  const layers = keys.number('--num-layers') ?? 0;
  const stages = layers / pipeline / perChunk;
  if (!Number.isInteger(stages) || stages < 1) {
    keys.wrong(
      '--num-layers-per-virtual-pipeline-stage',
      `${perChunk} layers do not divide ${layers} layers on ${pipeline} stages`,
      'a divisor of the layers of a stage',
    );
    return 1;
  }
  return stages;
}

/** ZeRO stage: the distributed optimizer is 1, the FSDP variants by their sharding. */
function zeroOf(keys: ConfigKeys): number {
  const strategy = keys.text('--data-parallel-sharding-strategy');
  const distributed = keys.flag('--use-distributed-optimizer');
  const fsdp2 = keys.flag('--use-torch-fsdp2');
  if (keys.flag('--use-megatron-fsdp', '--use-custom-fsdp')) {
    const stage = ['no_shard', 'optim', 'optim_grads', 'optim_grads_params'].indexOf(strategy ?? 'no_shard');
    if (stage < 0)
      keys.wrong(
        '--data-parallel-sharding-strategy',
        `is ${strategy}`,
        'no_shard | optim | optim_grads | optim_grads_params',
      );
    return Math.max(0, stage);
  }
  if (fsdp2) return 3;
  return distributed ? 1 : 0;
}

function precisionOf(keys: ConfigKeys): string {
  const bf16 = keys.flag('--bf16');
  const fp16 = keys.flag('--fp16');
  const fp8 = keys.text('--fp8-format', '--fp8');
  const fp4 = keys.text('--fp4-format');
  const recipe = keys.text('--fp8-recipe');
  keys.skip(/^--fp[48]-/);
  if (fp4 !== undefined) return 'nvfp4';
  if (fp8 !== undefined) return recipe === 'mxfp8' ? 'mxfp8' : 'fp8';
  if (bf16) return 'bf16';
  if (fp16) return 'fp16';
  keys.assume('--bf16', 'fp32', "Megatron's default without --bf16, --fp16 or --fp8-format");
  return 'fp32';
}

function recomputeOf(keys: ConfigKeys, { pipeline, virtualStages }: MegatronParallel): { recompute: string } {
  const granularity = keys.text('--recompute-granularity');
  const whole = keys.flag('--recompute-activations');
  const old = keys.flag('--checkpoint-activations');
  if (old) keys.ignore('--checkpoint-activations', 'an older name of --recompute-granularity full');
  const modules = keys.text('--recompute-modules');
  if (modules !== undefined && modules !== 'core_attn')
    keys.ignore('--recompute-modules', `of ${modules} only the core attention is recomputed in the simulation`);
  if (granularity === 'full' || old) return { recompute: 'full' };
  if (granularity === 'selective' || whole) return { recompute: 'selective' };
  if (granularity !== undefined)
    keys.wrong(
      '--recompute-granularity',
      `is ${granularity} on ${pipeline} x ${virtualStages} chunks`,
      'full | selective',
    );
  return { recompute: 'none' };
}

/** With the method `block` only the first layers of each chunk are recomputed; with `uniform` all are. */
function recomputeLayersOf(keys: ConfigKeys): { recomputeLayers?: number } {
  const method = keys.text('--recompute-method', '--checkpoint-method');
  const layers = keys.number('--recompute-num-layers', '--checkpoint-num-layers');
  if (method === 'block' && layers !== undefined) return { recomputeLayers: layers };
  if (method === 'uniform' && layers !== undefined && layers > 1)
    keys.ignore('--recompute-num-layers', `units of ${layers} layers keep less than the simulation's single layers`);
  return {};
}

function contextKind(keys: ConfigKeys): string {
  switch (keys.text('--cp-comm-type')) {
    case 'all_gather':
      return 'allgather';
    case 'a2a':
    case 'a2a+p2p':
      return 'ulysses';
    default:
      return 'ring';
  }
}

/** GPUs by the launcher's arguments or Slurm's. */
function worldOf(keys: ConfigKeys): number | undefined {
  const nodes = keys.number('--nnodes', '--nodes', '--sbatch-nodes', '-N');
  const perNode = keys.number('--nproc_per_node', '--nproc-per-node', '--sbatch-ntasks-per-node', '--ntasks-per-node');
  const tasks = keys.number('--ntasks', '--world-size');
  keys.skip(/^--sbatch-/);
  if (tasks !== undefined) return tasks;
  return nodes !== undefined && perNode !== undefined ? nodes * perNode : undefined;
}

/** What is known and not modelled, by name. */
function leftOut(keys: ConfigKeys): void {
  const known: readonly (readonly [string, string])[] = [
    ['--mtp-num-layers', 'multi-token prediction layers are left out'],
    ['--pipeline-model-parallel-layout', 'stages are split evenly in the simulation'],
    ['--decoder-first-pipeline-num-layers', 'stages are split evenly in the simulation'],
    ['--decoder-last-pipeline-num-layers', 'stages are split evenly in the simulation'],
    ['--account-for-embedding-in-pipeline-split', 'stages are split evenly in the simulation'],
    ['--delay-wgrad-compute', 'left out'],
    ['--moe-shared-expert-overlap', 'left out: shared experts run in order'],
    ['--enable-cuda-graph', "launches cost what the device's stack says"],
    ['--cuda-graph-impl', "launches cost what the device's stack says"],
    ['--moe-expert-capacity-factor', 'tokens are spread as options.moeImbalance says'],
    ['--DDP-impl', 'an older name; gradients are reduced as the other arguments say'],
  ];
  for (const [name, why] of known) if (keys.has(name)) keys.ignore(name, why);
  keys.text('--moe-token-dispatcher-type');
  keys.flag('--moe-grouped-gemm');
  keys.flag('--moe-permute-fusion');
}
