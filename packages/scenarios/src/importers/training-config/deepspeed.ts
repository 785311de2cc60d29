import { parseLocated } from '../../schema/located-text.js';
import type { Tree } from '../../schema/paths.js';
import { ConfigKeys, flattened, type TrainingConfig, type TrainingConfigHints } from './config-keys.js';

const changesNothing =
  /^(optimizer|scheduler|steps_per_print|wall_clock_breakdown|gradient_clipping|dump_state|tensorboard|wandb|csv_monitor|comms_logger|flops_profiler|checkpoint|aio|data_types\.|prescale_gradients|gradient_predivide|sparse_gradients|disable_allgather|memory_breakdown|autotuning|data_efficiency|curriculum|elasticity|amp)|^(fp16|bf16)\.(?!enabled)|^zero_optimization\.(allgather_partitions|contiguous_gradients|reduce_scatter|round_robin|sub_group_size|stage3_(max|gather|prefetch|param)|ignore_unused|load_from|legacy|elastic|memory_efficient|allgather_bucket_size|offload_\w+\.(?!device))/;

/**
 * A DeepSpeed JSON as a scenario's job (spec/input-formats.md 5). It holds batches, ZeRO and precision; model and sequence length
 * come from flags.
 * @throws InputError when batch sizes contradict each other, or only the GPU count could say what they are.
 */
export function readDeepSpeed(text: string, file: string, hints: TrainingConfigHints): TrainingConfig {
  const located = parseLocated(withoutComments(text), file);
  const keys = new ConfigKeys(
    file,
    flattened(located.value, (path) => located.locate(path).line),
  );
  keys.skip(changesNothing);
  const zero = zeroOptions(keys);
  const batch = batchOf(keys, hints.gpus);
  const half = enabled(keys, 'fp16');
  const brain = enabled(keys, 'bf16') || enabled(keys, 'bfloat16');
  if (!half && !brain) keys.assume('bf16.enabled', 'fp32', "DeepSpeed's default without fp16 or bf16");
  const job: Tree = {
    globalBatch: batch.global,
    microBatch: batch.micro,
    precision: brain ? 'bf16' : half ? 'fp16' : 'fp32',
    parallel: { data: 'auto', zero: zero.stage },
    options: zero.options,
  };
  keys.finish();
  const name =
    file
      .split('/')
      .at(-1)
      ?.replace(/\.\w+$/, '') ?? file;
  return {
    scenario: { name, job },
    warnings: [
      ...keys.warnings,
      `${file}: a DeepSpeed file has no model and no sequence length: --model and --seq-len say them`,
    ],
  };
}

/** `//` comments are no JSON but occur; their place is kept so that lines stay right. */
const withoutComments = (text: string): string =>
  text.replace(/^(\s*)\/\/.*$/gm, '$1').replace(/,(\s*)\/\/.*$/gm, ',$1');

function enabled(keys: ConfigKeys, section: string): boolean {
  const value = keys.value(`${section}.enabled`);
  if (value === 'auto') {
    keys.ignore(`${section}.enabled`, 'is "auto", filled in by the trainer: taken as off');
    return false;
  }
  return value === true;
}

function zeroOptions(keys: ConfigKeys): { readonly stage: number; readonly options: Tree } {
  const key = (name: string): string => `zero_optimization.${name}`;
  const stage = keys.number(key('stage')) ?? 0;
  if (![0, 1, 2, 3].includes(stage)) keys.wrong(key('stage'), `is ${stage}`, '0 | 1 | 2 | 3');
  const offload = keys.text(key('offload_optimizer.device'));
  const old = keys.flag(key('cpu_offload'));
  const parameters = keys.text(key('offload_param.device'));
  if (parameters !== undefined && parameters !== 'none')
    keys.ignore(key('offload_param.device'), `parameters stay on the device in the simulation, not in ${parameters}`);
  for (const name of ['zero_quantized_weights', 'zero_quantized_gradients'])
    if (keys.flag(key(name))) keys.ignore(key(name), 'messages are not quantised in the simulation');
  const group = keys.number(key('mics_shard_size'));
  if ((keys.number(key('zero_hpz_partition_size')) ?? 1) > 1)
    keys.ignore(key('zero_hpz_partition_size'), 'the second copy of the weights in a node is left out');
  const bucket = keys.number(key('reduce_bucket_size')) ?? 5e8;
  return {
    stage,
    options: {
      // Buckets count elements of two bytes.
      bucketBytes: 2 * bucket,
      gradientBytes: 2,
      dataOverlap: keys.optionalFlag(key('overlap_comm')) ?? stage === 3,
      offloadOptimizer: old || (offload !== undefined && offload !== 'none'),
      ...(group === undefined || group <= 1 ? {} : { shardGroup: group }),
    },
  };
}

/** `train_batch_size` = micro-batch x accumulation x replicas: two of them give the third. */
function batchOf(keys: ConfigKeys, gpus: number | undefined): { readonly global: number; readonly micro: number } {
  const auto = (name: string): number | undefined => {
    if (keys.value(name) !== 'auto') return keys.number(name);
    keys.ignore(name, 'is "auto", filled in by the trainer');
    return undefined;
  };
  const whole = auto('train_batch_size');
  const micro = auto('train_micro_batch_size_per_gpu');
  const steps = auto('gradient_accumulation_steps');
  const replicas = whole !== undefined && micro !== undefined && steps !== undefined ? whole / (micro * steps) : gpus;
  if (whole !== undefined && micro !== undefined && steps !== undefined && !Number.isInteger(replicas))
    keys.wrong(
      'train_batch_size',
      `${whole} is no multiple of ${micro} x ${steps}`,
      'micro-batch x accumulation x replicas',
    );
  if (whole !== undefined) {
    if (micro !== undefined) return { global: whole, micro };
    if (replicas !== undefined) return { global: whole, micro: Math.max(1, whole / (replicas * (steps ?? 1))) };
  } else if (micro !== undefined && replicas !== undefined) {
    if (steps === undefined) keys.assume('gradient_accumulation_steps', 1, "DeepSpeed's default");
    return { global: micro * (steps ?? 1) * replicas, micro };
  }
  keys.wrong(
    whole === undefined ? 'train_batch_size' : 'train_micro_batch_size_per_gpu',
    'does not follow from the file without the number of GPUs',
    'two of train_batch_size, train_micro_batch_size_per_gpu and gradient_accumulation_steps, and --gpus',
  );
  return { global: 1, micro: 1 };
}
