import type { LocatedText } from '../../schema/located-text.js';
import { isTree, type Tree } from '../../schema/paths.js';
import { nameOfFile, type Setting, Settings } from './settings.js';
import type { TrainingConfig } from './types.js';

/** Blanks `//` and block comments of JSON outside of texts, so that places stay true. */
export function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (found) =>
    found.startsWith('"') ? found : found.replace(/[^\n]/g, ' '),
  );
}

function flat(tree: Tree, path: readonly string[], text: LocatedText, into: Map<string, Setting>): void {
  for (const [name, value] of Object.entries(tree)) {
    const at = [...path, name];
    if (isTree(value)) flat(value, at, text, into);
    else into.set(at.join('.'), { name: at.join('.'), value, ...text.locate(at) });
  }
}

const silent =
  /^(steps_per_print|wall_clock|gradient_clipping|prescale|gradient_predivide|dump_state|optimizer\.params|optimizer\.legacy|aio\.|compile\.|hybrid_engine|torch_autocast\.|scheduler|tensorboard|wandb|csv_monitor|comet|flops_profiler|comms_logger|zero_allow_untested|zero_force|seed|checkpoint|data_types\.|elasticity|autotuning|curriculum|data_efficiency|(bf16|bfloat16|fp16|amp)\.|amp\.|disable_allgather|sparse_gradients|train_micro_batch_size_per_gpu$|zero_optimization\.(allgather_|reduce_scatter|contiguous|round_robin|stage3_(max|gather|prefetch|param_persistence|module)|sub_group|ignore_unused|load_from_fp32|elastic|memory_efficient|offload_\w+\.(pin_memory|nvme_path|buffer|fast_init|max_in_cpu|ratio|pipeline)))/;

/** Arguments that the trainer which starts the job fills in (`"auto"`): here they are as if absent. Those that a step needs are told. */
function takeAuto(entries: Map<string, Setting>): Setting[] {
  const taken = [...entries].filter(([, { value }]) => value === 'auto');
  for (const [key] of taken) entries.delete(key);
  return taken.flatMap(([key, setting]) => (/batch|accumulation|enabled|bucket|stage$/.test(key) ? [setting] : []));
}

/**
 * A DeepSpeed configuration (deepspeedai/DeepSpeed deepspeed/runtime/config.py): batch, precision and ZeRO. It holds no model and
 * no sequence length: those come from flags.
 */
export function readDeepspeed(text: LocatedText, root: Tree): TrainingConfig {
  const entries = new Map<string, Setting>();
  flat(root, [], text, entries);
  const auto = takeAuto(entries);
  const settings = new Settings(text.file, entries, text.locate([]), { tool: 'DeepSpeed', spell: (key) => key });
  for (const { line, name } of auto)
    settings.remarkAt(line, name, 'is "auto": what the trainer fills in is not known here');
  settings.missing(
    'job.model',
    '--model NAME, a catalogue name or the path of a config.json',
    'job.model',
    'a DeepSpeed configuration holds no model',
  );
  settings.missing(
    'job.sequenceLength',
    '--seq-len N',
    'job.sequenceLength',
    'a DeepSpeed configuration holds no sequence length',
  );
  const zero = settings.count('zero_optimization.stage', 'job.parallel.zero', 0) ?? 0;
  if (zero > 3) {
    const setting = settings.find('zero_optimization.stage');
    if (setting) settings.issue(setting, `is ${zero}`, '0 | 1 | 2 | 3', 'job.parallel.zero');
  }
  const autocast =
    settings.flag('torch_autocast.enabled', 'job.precision') === true
      ? settings.text('torch_autocast.dtype', 'job.precision')
      : undefined;
  const bf16 =
    settings.flag(['bf16.enabled', 'bfloat16.enabled'], 'job.precision') === true || /^b/.test(autocast ?? '');
  const fp16 = settings.flag('fp16.enabled', 'job.precision') === true || /^(fp|float)16/.test(autocast ?? '');
  if (!bf16 && !fp16 && !settings.has(['bf16.enabled', 'bfloat16.enabled', 'fp16.enabled']))
    settings.assume('bf16.enabled, fp16.enabled', 'not given: fp32, the default of DeepSpeed', 'job.precision');
  const reduce = settings.text('communication_data_type', 'job.options.gradientBytes');
  const gradientBytes = reduce === undefined ? (bf16 || fp16 ? 2 : 4) : /32/.test(reduce) ? 4 : 2;
  if (bf16 && reduce === undefined)
    settings.assume(
      'communication_data_type',
      'not given: gradients are reduced in bf16, the default of DeepSpeed',
      'job.options.gradientBytes',
    );
  const batch = batchOf(settings);
  const bucket = settings.amount('zero_optimization.reduce_bucket_size', 'job.options.bucketBytes');
  const overlap = settings.flag('zero_optimization.overlap_comm', 'job.options.dataOverlap') ?? zero === 3;
  const offload = offloads(settings);
  const shard = settings.count(
    ['zero_optimization.zero_hpz_partition_size', 'zero_optimization.mics_shard_size'],
    'job.options.shardGroup',
    -1,
  );
  if (settings.find('zero_optimization.zero_hpz_partition_size') && (shard ?? 0) > 1)
    settings.warn(
      'zero_optimization.zero_hpz_partition_size',
      'is not modelled: parameters are gathered from all ranks',
      'job.options.shardGroup',
    );
  const mics = settings.has('zero_optimization.mics_shard_size') && (shard ?? 0) > 0 ? shard : undefined;
  for (const key of ['zero_optimization.zero_quantized_weights', 'zero_optimization.zero_quantized_gradients'])
    if (settings.flag(key) === true) settings.warn(key, 'is not modelled: messages have their full width');
  const tensor = settings.count('tensor_parallel.autotp_size', 'job.parallel.tensor', 0) ?? 0;
  const context = settings.count('sequence_parallel_size', 'job.parallel.context') ?? 1;
  if (tensor === 0)
    settings.assume(
      'parallel sizes',
      `tensor ${Math.max(1, tensor)} and pipeline 1, where the training program does not say otherwise; --tp --pp --cp set them`,
      'job.parallel',
    );
  const optimizer = settings.text('optimizer.type');
  if (optimizer !== undefined && !/^(fused|deepspeedcpu)?adamw?$/i.test(optimizer))
    settings.warn('optimizer.type', 'is not modelled: Adam with full messages is taken');
  settings.assume(
    'activation checkpointing',
    'is switched on in the training program, not here: none; --recompute sets it',
    'job.recompute',
  );
  for (const key of ['activation_checkpointing.cpu_checkpointing', 'activation_checkpointing.partition_activations'])
    if (settings.flag(key) === true) settings.warn(key, 'is not modelled: every rank keeps its inputs on the GPU');
  settings.ignore((key) => silent.test(key) || /^activation_checkpointing/.test(key));
  settings.nameLeftovers();
  const scenario: Tree = {
    name: nameOfFile(text.file),
    job: {
      ...batch.fields,
      precision: bf16 ? 'bf16' : fp16 ? 'fp16' : 'fp32',
      parallel: { tensor: Math.max(1, tensor), context, zero: Math.min(3, zero) },
      options: {
        framework: 'deepspeed',
        contextKind: context > 1 ? 'ulysses' : 'ring',
        gradientBytes,
        dataOverlap: overlap,
        offloadOptimizer: offload,
        bucketBytes: (bucket ?? 5e8) * gradientBytes,
        ...(mics === undefined ? {} : { shardGroup: mics }),
      },
    },
  };
  return settings.finish('deepspeed', scenario, batch.rest);
}

function offloads(settings: Settings): boolean {
  const field = 'job.options.offloadOptimizer';
  const device = settings.text('zero_optimization.offload_optimizer.device', field);
  const older = settings.flag('zero_optimization.cpu_offload', field) === true;
  const parameters = settings.text('zero_optimization.offload_param.device');
  if (parameters !== undefined && parameters !== 'none')
    settings.warn('zero_optimization.offload_param.device', 'is not modelled: parameters stay on the GPU');
  if (device === 'nvme') settings.warn('zero_optimization.offload_optimizer.device', 'is taken as cpu', field);
  return older || device === 'cpu' || device === 'nvme';
}

/** train_batch_size = train_micro_batch_size_per_gpu x gradient_accumulation_steps x data-parallel size: two give the third. */
function batchOf(settings: Settings): { fields: Tree; rest: Pick<TrainingConfig, 'batchPerReplica' | 'accumulation'> } {
  const total = settings.count('train_batch_size', 'job.globalBatch');
  const micro = settings.count('train_micro_batch_size_per_gpu', 'job.microBatch');
  const accumulation = settings.count('gradient_accumulation_steps', 'job.globalBatch');
  if (total !== undefined && micro !== undefined)
    return {
      fields: { globalBatch: total, microBatch: micro },
      rest: accumulation === undefined ? {} : { accumulation },
    };
  if (accumulation === undefined && (total !== undefined || micro !== undefined))
    settings.assume('gradient_accumulation_steps', 'not given: 1, the default of DeepSpeed', 'job.globalBatch');
  if (total !== undefined) return { fields: { globalBatch: total }, rest: { accumulation: accumulation ?? 1 } };
  if (micro !== undefined)
    return { fields: { microBatch: micro }, rest: { batchPerReplica: micro * (accumulation ?? 1) } };
  settings.missing('train_batch_size', 'it, or train_micro_batch_size_per_gpu, or --global-batch', 'job.globalBatch');
  return { fields: {}, rest: {} };
}
