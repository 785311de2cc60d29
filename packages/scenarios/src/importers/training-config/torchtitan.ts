import { parse, TomlError } from 'smol-toml';
import { catalogueModels } from '../../catalogue/models.js';
import { didYouMean } from '../../schema/did-you-mean.js';
import { InputError } from '../../schema/input-error.js';
import { isTree, type Tree } from '../../schema/paths.js';
import { overlappedTensor } from './megatron-arguments.js';
import { nameOfFile, type Setting, Settings } from './settings.js';
import { torchtitanModels } from './torchtitan-models.js';
import type { TrainingConfig } from './types.js';

const silent =
  /^(job|profiling|metrics|optimizer|lr_scheduler|checkpoint|validation|comm|fault_tolerance|debug|memory_estimation|experimental\.custom)\.|^model\.(hf_assets_path|tokenizer_path|print_after|norm_type)|^training\.(max_norm|dataset|steps|seed|deterministic|debug|gc_|enable_cpu_dummy|compile)|^compile\.|^(quantize|float8|mx)\.|^parallelism\.(context_parallel_rotate|disable_loss_parallel|enable_compiled_autograd|pipeline_parallel_split)|^activation_checkpoint\.(per_op|early_stop|mode|selective|preserve|determinism|debug)/;

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

const old = (key: string): string[] => [`parallelism.${key}`, `experimental.${key}`, `training.${key}`];

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
  const size = String(flavor.value);
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

interface Pipeline {
  readonly schedule: string;
  readonly virtualStages: number;
}

function pipelineOf(settings: Settings, pipeline: number, layers: number | undefined): Pipeline {
  const keys = old('pipeline_parallel_schedule');
  const field = 'job.schedule';
  const layersPerStage = settings.count(old('pipeline_parallel_layers_per_stage'), 'job.parallel.virtualStages');
  const name = settings.text(keys, field);
  if (pipeline === 1) return { schedule: '1f1b', virtualStages: 1 };
  if (name === undefined)
    settings.assume('parallelism.pipeline_parallel_schedule', 'not given: 1F1B, the default of torchtitan', field);
  const looped =
    layersPerStage !== undefined && layers !== undefined
      ? Math.max(1, Math.ceil(layers / layersPerStage / pipeline))
      : 2;
  switch ((name ?? '1F1B').toLowerCase()) {
    case 'gpipe':
      return { schedule: 'gpipe', virtualStages: 1 };
    case '1f1b':
      return { schedule: '1f1b', virtualStages: 1 };
    case 'interleaved1f1b':
      return { schedule: 'interleaved', virtualStages: looped };
    case 'interleavedzerobubble':
    case 'loopedbfs':
      settings.warn(keys, 'is not modelled: interleaved 1F1B is taken', field);
      return { schedule: 'interleaved', virtualStages: looped };
    case 'zbvzerobubble':
      return { schedule: 'zb-v', virtualStages: 1 };
    case 'dualpipev':
      settings.warn(keys, 'is not modelled: ZB-V is taken, the same placement without overlapped pairs', field);
      return { schedule: 'zb-v', virtualStages: 1 };
    default: {
      const setting = settings.find(keys);
      const known = ['GPipe', '1F1B', 'Interleaved1F1B', 'InterleavedZeroBubble', 'ZBVZeroBubble', 'DualPipeV'];
      if (setting)
        settings.issue(setting, `unknown schedule ${name}${didYouMean(name ?? '', known)}`, known.join(' | '), field);
      return { schedule: '1f1b', virtualStages: 1 };
    }
  }
}

function recomputeOf(
  settings: Settings,
  layersOfStage: number | undefined,
): { recompute: string; recomputeLayers?: number } {
  const field = 'job.recompute';
  const mode = settings.choice('activation_checkpoint.mode', ['none', 'selective', 'full', 'memory_budget'], field);
  if (mode === undefined && !settings.has('activation_checkpoint.mode'))
    settings.assume('activation_checkpoint.mode', 'not given: selective, the default of torchtitan', field);
  if (mode === 'none' || mode === 'full') return { recompute: mode };
  if (mode === 'memory_budget')
    settings.warn('activation_checkpoint.mode', 'is not modelled: selective is taken', field);
  const option = settings.text('activation_checkpoint.selective_ac_option', field) ?? '2';
  const every = Number(option);
  if (Number.isInteger(every) && every > 0 && layersOfStage !== undefined) {
    const recomputeLayers = Math.max(1, Math.round(layersOfStage / every));
    settings.assume(
      'activation_checkpoint.selective_ac_option',
      `every ${every}th layer: ${recomputeLayers} layers of a stage recomputed in full`,
      field,
    );
    return { recompute: 'full', recomputeLayers };
  }
  settings.warn(
    ['activation_checkpoint.selective_ac_option', 'activation_checkpoint.mode'],
    'is taken as selective: core attention alone is recomputed, while torchtitan also recomputes every second GEMM and what is no GEMM',
    field,
  );
  return { recompute: 'selective' };
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
  const degree = (key: string, field: string): number => settings.count(old(key), field) ?? 1;
  const tensor = degree('tensor_parallel_degree', 'job.parallel.tensor');
  const pipeline = degree('pipeline_parallel_degree', 'job.parallel.pipeline');
  const context = degree('context_parallel_degree', 'job.parallel.context');
  const expert = degree('expert_parallel_degree', 'job.parallel.expert');
  const model = modelOf(settings);
  const expertTensor = settings.count(old('expert_tensor_parallel_degree'), 'job.parallel.expertTensor') ?? 1;
  const shard = settings.count(old('data_parallel_shard_degree'), 'job.parallel.zero', -1) ?? -1;
  const replicas = settings.count(old('data_parallel_replicate_degree'), 'job.options.shardGroup') ?? 1;
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
  const split = pipelineOf(settings, pipeline, layers);
  const small = settings.count(old('pipeline_parallel_microbatch_size'), 'job.microBatch') ?? 1;
  const { recompute, recomputeLayers } = recomputeOf(settings, layers === undefined ? undefined : layers / pipeline);
  const reshard =
    settings.choice(
      old('fsdp_reshard_after_forward'),
      ['default', 'always', 'never'],
      'job.options.reshardAfterForward',
    ) ?? 'default';
  const asyncTensor =
    settings.flag(old('enable_async_tensor_parallel'), 'job.options.tensorOverlap') === true && tensor > 1;
  if (asyncTensor)
    settings.warn(
      old('enable_async_tensor_parallel'),
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
  const scenario: Tree = {
    name: nameOfFile(file),
    job: {
      model,
      sequenceLength: sequenceLength ?? 2048,
      globalBatch: global,
      microBatch: pipeline > 1 ? small : (local ?? 8),
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
        contextKind: 'allgather',
        offloadOptimizer: settings.flag('training.enable_cpu_offload') === true,
        ...(recomputeLayers === undefined ? {} : { recomputeLayers }),
      },
      steps,
    },
  };
  settings.ignore((key) => silent.test(key));
  settings.nameLeftovers();
  return settings.finish('torchtitan', scenario, {
    ...(global === undefined ? { batchPerReplica: local ?? 8 } : {}),
    ...(replicas > 1 && shard !== 1 ? { replicas } : {}),
    ...(shard > 0 ? { gpus: shard * replicas * tensor * pipeline * context } : {}),
  });
}
