import { parse, TomlError } from 'smol-toml';
import { catalogueModels } from '../../catalogue/models.js';
import { didYouMean } from '../../schema/did-you-mean.js';
import { InputError } from '../../schema/input-error.js';
import { isTree, type Tree } from '../../schema/paths.js';
import { overlappedTensor } from './megatron-arguments.js';
import { nameOfFile, type Setting, Settings } from './settings.js';
import { spellings } from './torchtitan-keys.js';
import { torchtitanModels } from './torchtitan-models.js';
import { torchtitanPipeline } from './torchtitan-pipeline.js';
import type { TrainingConfig } from './types.js';

const silent =
  /^(job|profiling|metrics|optimizer|lr_scheduler|checkpoint|validation|comm|fault_tolerance|debug|memory_estimation|experimental\.custom)\.|^model\.(hf_assets_path|tokenizer_path|print_after|norm_type)|^training\.(max_norm|dataset|steps|seed|deterministic|debug|gc_|enable_cpu_dummy|compile)|^compile\.|^(quantize|float8|mx)\.|^(parallelism|experimental)\.(disable_loss_parallel|enable_compiled_autograd|context_parallel_load_balancer|fsdp_disable_prefetch)|^activation_checkpoint\.(per_op|early_stop|mode|selective|preserve|determinism|debug)/;

const unmodelled: Readonly<Record<string, string>> = {
  'float8.enable_fsdp_float8_all_gather': 'is not modelled: parameters are gathered in 16 bits',
  'quantize.linear.float8.enable_fsdp_float8_all_gather': 'is not modelled: parameters are gathered in 16 bits',
  'float8.emulate': 'is not modelled: fp8 in hardware is taken',
  'quantize.linear.float8.emulate': 'is not modelled: fp8 in hardware is taken',
  'optimizer.early_step_in_backward': 'is not modelled: the optimizer follows the backward',
  'training.deterministic': 'is not modelled: the usual kernels',
  'debug.deterministic': 'is not modelled: the usual kernels',
  'fault_tolerance.enable': 'is not modelled in a step',
};

/** Line of every key of a TOML text, by dotted path: the parser gives values only. */
function linesOf(text: string): Map<string, { line: number; column: number }> {
  const found = new Map<string, { line: number; column: number }>();
  let table = '';
  for (const [i, line] of text.split('\n').entries()) {
    const header = /^(\s*)\[\[?\s*([^\]]+?)\s*\]\]?/.exec(line);
    if (header) {
      table = `${(header[2] ?? '').replaceAll(/["'\s]/g, '')}.`;
      found.set(table.slice(0, -1), { line: i + 1, column: (header[1] ?? '').length + 1 });
      continue;
    }
    const key = /^(\s*)((?:[\w-]+|"[^"]*")(?:\s*\.\s*(?:[\w-]+|"[^"]*"))*)\s*=/.exec(line);
    if (key)
      found.set(table + (key[2] ?? '').replaceAll(/["\s]/g, ''), { line: i + 1, column: (key[1] ?? '').length + 1 });
  }
  return found;
}

function parsed(text: string, file: string): Tree {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column, message } = error;
    const first = (message.split('\n')[0] ?? '').replace('Invalid TOML document: ', '');
    throw new InputError([
      { code: 'syntax', file, line, column, path: '', message: first, expected: 'TOML', received: '' },
    ]);
  }
}

function flat(tree: Tree, prefix: string, lines: ReturnType<typeof linesOf>, into: Map<string, Setting>): void {
  for (const [name, value] of Object.entries(tree)) {
    const key = prefix + name;
    if (isTree(value)) flat(value, `${key}.`, lines, into);
    else
      into.set(key, {
        name: key,
        value,
        ...(lines.get(key) ?? lines.get(prefix.slice(0, -1)) ?? { line: 1, column: 1 }),
      });
  }
}

function modelOf(settings: Settings): unknown {
  const field = 'job.model';
  const flavor = settings.find('model.flavor');
  const written = settings.text('model.name', field);
  if (written === undefined) settings.assume('model.name', 'not given: llama3, the default of torchtitan', field);
  const name = written ?? 'llama3';
  const flavors = Object.hasOwn(torchtitanModels, name) ? torchtitanModels[name] : undefined;
  if (!flavors) {
    const known = Object.keys(torchtitanModels);
    const at = settings.find('model.name');
    if (at)
      settings.issue(
        at,
        `unknown model ${name}${didYouMean(name, known)}`,
        `${known.join(' | ')}, or --model NAME`,
        field,
      );
    return undefined;
  }
  if (!flavor) {
    settings.missing('model.flavor', `${Object.keys(flavors).join(' | ')}, or --model NAME`, field);
    return undefined;
  }
  settings.text('model.flavor', field);
  const size = String(flavor.value).replace(/_(flex|varlen|sdpa)(_attn)?$/, '');
  if (Object.hasOwn(flavors, size)) return flavors[size];
  settings.issue(
    flavor,
    `the shape of ${name} ${size} is not known here`,
    `${Object.keys(flavors).join(' | ')}, or --model NAME`,
    field,
  );
  return undefined;
}

const layersOf = (model: unknown): number | undefined =>
  catalogueModels.find(({ shape }) => shape.name === model)?.shape.layers;

/** Sequences of a micro-batch: of the whole local batch without a pipeline; older versions give their number. */
function microBatchOf(settings: Settings, pipeline: number, local: number): number {
  const field = 'job.microBatch';
  const size = settings.count(spellings('pipeline_parallel_microbatch_size'), field);
  const number = settings.count(spellings('pipeline_parallel_microbatches'), field);
  if (pipeline === 1) return local;
  if (size !== undefined || number === undefined) return size ?? 1;
  const setting = settings.find(spellings('pipeline_parallel_microbatches'));
  if (local % number !== 0 && setting)
    settings.issue(setting, `${number} do not divide the local batch ${local}`, `a divisor of ${local}`, field);
  return Math.max(1, Math.floor(local / number));
}

function recomputeOf(
  settings: Settings,
  layersOfStage: number | undefined,
): { recompute: string; recomputeLayers?: number; recomputeModules?: string[] } {
  const field = 'job.recompute';
  const mode = settings.choice('activation_checkpoint.mode', ['none', 'selective', 'full', 'memory_budget'], field);
  if (mode === undefined && !settings.has('activation_checkpoint.mode'))
    settings.assume('activation_checkpoint.mode', 'not given: selective, the default of torchtitan', field);
  if (mode === 'none' || mode === 'full') return { recompute: mode };
  if (mode === 'memory_budget')
    settings.warn('activation_checkpoint.mode', 'is not modelled: selective is taken', field);
  const option = settings.text('activation_checkpoint.selective_ac_option', field) ?? '2';
  const every = Number(option);
  const chosen = settings.find('activation_checkpoint.selective_ac_option');
  if (chosen && option !== 'op' && !(Number.isInteger(every) && every > 0))
    settings.issue(chosen, `is ${option}`, 'op, or a whole number n for every nth layer', field);
  if (Number.isInteger(every) && every > 0 && layersOfStage !== undefined) {
    const recomputeLayers = Math.max(1, Math.round(layersOfStage / every));
    settings.assume(
      'activation_checkpoint.selective_ac_option',
      `every ${every}th layer: ${recomputeLayers} layers of a stage recomputed in full`,
      field,
    );
    return { recompute: 'full', recomputeLayers };
  }
  return { recompute: 'selective', recomputeModules: ['alternate_matmuls'] };
}

function precisionOf(settings: Settings): string {
  const field = 'job.precision';
  const converters = settings.find(['model.converters']);
  settings.text('model.converters', field);
  const names = Array.isArray(converters?.value) ? converters.value.map(String) : [];
  const param = settings.text('training.mixed_precision_param', field) ?? 'bfloat16';
  if (names.some((name) => /mx/.test(name))) return 'mxfp8';
  if (names.some((name) => /float8/.test(name))) return 'fp8';
  if (settings.flag(['float8.enable_float8_linear', 'training.enable_float8_linear'], field) === true) return 'fp8';
  return param === 'float32' ? 'fp32' : 'bf16';
}

/**
 * A torchtitan configuration (pytorch/torchtitan torchtitan/config/job_config.py, as it was until 2026-02).
 * @throws InputError when the text is no TOML.
 */
export function readTorchtitan(text: string, file: string): TrainingConfig {
  const entries = new Map<string, Setting>();
  const lines = linesOf(text);
  flat(parsed(text, file), '', lines, entries);
  const settings = new Settings(file, entries, lines.get('model') ?? { line: 1, column: 1 }, {
    tool: 'torchtitan',
    spell: (key) => key,
  });
  const degree = (key: string, field: string): number => settings.count(spellings(key), field) ?? 1;
  const tensor = degree('tensor_parallel_degree', 'job.parallel.tensor');
  const pipeline = degree('pipeline_parallel_degree', 'job.parallel.pipeline');
  const context = degree('context_parallel_degree', 'job.parallel.context');
  const expert = degree('expert_parallel_degree', 'job.parallel.expert');
  const model = modelOf(settings);
  const expertTensor = settings.count(spellings('expert_tensor_parallel_degree'), 'job.parallel.expertTensor') ?? 1;
  const shard =
    settings.count(
      [...spellings('data_parallel_shard_degree'), 'training.data_parallel_degree'],
      'job.parallel.zero',
      -1,
    ) ?? -1;
  const replicas = settings.count(spellings('data_parallel_replicate_degree'), 'job.options.shardGroup') ?? 1;
  const local = settings.count(['training.local_batch_size', 'training.batch_size'], 'job.microBatch');
  if (local === undefined && !settings.has(['training.local_batch_size', 'training.batch_size']))
    settings.assume('training.local_batch_size', 'not given: 8, the default of torchtitan', 'job.microBatch');
  const sequenceLength = settings.count('training.seq_len', 'job.sequenceLength');
  if (sequenceLength === undefined && !settings.has('training.seq_len'))
    settings.assume('training.seq_len', 'not given: 2048, the default of torchtitan', 'job.sequenceLength');
  const total = settings.count('training.global_batch_size', 'job.globalBatch', -1);
  const global = total === undefined || total <= 0 ? undefined : total;
  if (global === undefined)
    settings.assume(
      'training.global_batch_size',
      'not given: local batch x data-parallel size, the default of torchtitan',
      'job.globalBatch',
    );
  const layers = isTree(model) && typeof model.layers === 'number' ? model.layers : layersOf(model);
  const split = torchtitanPipeline(settings, pipeline, layers);
  const microBatch = microBatchOf(settings, pipeline, local ?? 8);
  const { recompute, ...recomputed } = recomputeOf(settings, layers === undefined ? undefined : layers / pipeline);
  const reshard =
    settings.choice(
      spellings('fsdp_reshard_after_forward'),
      ['default', 'always', 'never'],
      'job.options.reshardAfterForward',
    ) ?? 'default';
  const asyncTensor =
    settings.flag(spellings('enable_async_tensor_parallel'), 'job.options.tensorOverlap') === true && tensor > 1;
  if (asyncTensor)
    settings.warn(
      spellings('enable_async_tensor_parallel'),
      `is taken as ${overlappedTensor} of the neighbouring GEMM (job.options.tensorOverlap)`,
      'job.options.tensorOverlap',
    );
  if (settings.flag('training.enable_cpu_offload') === true)
    settings.warn(
      'training.enable_cpu_offload',
      'is taken as an optimizer offloaded: parameters stay on the GPU',
      'job.options.offloadOptimizer',
    );
  const reduceType = settings.text('training.mixed_precision_reduce', 'job.options.gradientBytes') ?? 'float32';
  const steps = settings.count('training.steps', 'job.steps');
  const rotate = settings.choice(
    spellings('context_parallel_rotate_method'),
    ['allgather', 'alltoall'],
    'job.options.contextKind',
  );
  const comm = settings.text(spellings('expert_parallel_comm_backend'), 'job.options.expertDispatch');
  const compiled = settings.flag(['compile.enable', 'training.compile'], 'job.options.fusedElementwise') === true;
  for (const [key, why] of Object.entries(unmodelled)) if (settings.find(key)?.value === true) settings.warn(key, why);
  const skipped = settings.find(['float8.filter_fqns', 'quantize.linear.float8.filter_fqns']);
  if (
    Array.isArray(skipped?.value) &&
    skipped.value.some((name) => name !== 'output' && !/router|auto_filter/.test(String(name)))
  )
    settings.warn(
      ['float8.filter_fqns', 'quantize.linear.float8.filter_fqns'],
      'is not modelled: all GEMMs of a layer are in fp8',
      'job.precision',
    );
  const scenario: Tree = {
    name: nameOfFile(file),
    job: {
      model,
      sequenceLength: sequenceLength ?? 2048,
      globalBatch: global,
      microBatch,
      precision: precisionOf(settings),
      parallel: {
        tensor,
        pipeline,
        context,
        expert,
        expertTensor,
        virtualStages: split.virtualStages,
        sequenceParallel: tensor > 1,
        zero: shard === 1 ? 0 : 3,
      },
      schedule: split.schedule,
      recompute,
      options: {
        reshardAfterForward: reshard === 'always' || (reshard === 'default' && pipeline === 1),
        gradientBytes: reduceType === 'float32' ? 4 : 2,
        tensorOverlap: asyncTensor ? overlappedTensor : 0,
        contextKind: rotate === 'alltoall' ? 'ring' : 'allgather',
        expertDispatch: comm === 'deepep' || comm === 'hybridep' ? 'hierarchical' : 'direct',
        // PyTorch's non-reentrant checkpoints stop early; eager layers run a kernel an operation.
        recomputeStopsEarly: true,
        fusedElementwise: compiled,
        offloadOptimizer: settings.flag('training.enable_cpu_offload') === true,
        // torchao quantises where it multiplies.
        framework: 'fsdp',
        narrowStorage: 'none',
        ...recomputed,
        ...(split.stageLayers === undefined ? {} : { stageLayers: split.stageLayers }),
      },
      steps,
    },
  };
  settings.ignore((key) => silent.test(key));
  settings.nameLeftovers();
  return settings.finish('torchtitan', scenario, {
    stack: 'torchtitan-2025',
    ...(global === undefined ? { batchPerReplica: local ?? 8 } : {}),
    ...(replicas > 1 && shard !== 1 ? { replicas } : {}),
    ...(shard > 0 ? { gpus: shard * replicas * tensor * pipeline * context } : {}),
  });
}
