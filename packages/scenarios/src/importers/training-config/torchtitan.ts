import { parse } from 'smol-toml';
import { InputError } from '../../schema/input-error.js';
import type { Tree } from '../../schema/paths.js';
import { ConfigKeys, flattened, type TrainingConfig, type TrainingConfigHints } from './config-keys.js';

/** Models by torchtitan's name and flavor (its Python registry), as names of the catalogue. */
const flavors: Readonly<Record<string, string>> = {
  'llama3/8B': 'llama-3.1-8b',
  'llama3/70B': 'llama-3.1-70b',
  'llama3/405B': 'llama-3.1-405b',
  'deepseek_v3/671B': 'deepseek-v3',
  'qwen3/32B': 'qwen3-32b',
  'qwen3/235B-A22B': 'qwen3-235b-a22b',
};

const schedules: Readonly<Record<string, string>> = {
  gpipe: 'gpipe',
  '1f1b': '1f1b',
  interleaved1f1b: 'interleaved',
  interleavedzerobubble: 'zb-h1',
  zbvzerobubble: 'zb-v',
  dualpipev: 'dualpipe',
};

/** Sections that change no step time. */
const changesNothing =
  /^(job|profiling|metrics|optimizer|lr_scheduler|checkpoint|validation|comm|experimental\.custom|fault_tolerance|memory_estimation|debug)\.|^training\.(dataset|max_norm|steps|seed|deterministic|gc_freq|warmup_steps|data_parallel)|^model\.(tokenizer|hf_assets|norm_type|print)|^compile\.(components|backend)|fqns$|recipe_name$|precompute_float8|^float8\.enable_float8_linear$/;

/**
 * A TOML of torchtitan as a scenario's job (spec/input-formats.md 6).
 * @throws InputError for text that is no TOML, flavors without sizes here, and a batch that only the GPU count could say.
 */
export function readTorchtitan(text: string, file: string, hints: TrainingConfigHints): TrainingConfig {
  let tree: unknown;
  try {
    tree = parse(text);
  } catch (error) {
    const line = typeof error === 'object' && error !== null && 'line' in error ? Number(error.line) : 1;
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'is no TOML';
    throw new InputError([{ code: 'syntax', file, line, path: '', message, expected: 'TOML', received: '' }]);
  }
  const keys = new ConfigKeys(file, flattened(tree, lineFinder(text)));
  keys.skip(changesNothing);
  const old = (name: string): string[] => [`parallelism.${name}`, `experimental.${name}`, `training.${name}`];
  const tensor = keys.size(old('tensor_parallel_degree'), 1);
  const pipeline = keys.size(old('pipeline_parallel_degree'), 1);
  const context = keys.size(old('context_parallel_degree'), 1);
  const expert = keys.size(old('expert_parallel_degree'), 1);
  const expertTensor = keys.size(old('expert_tensor_parallel_degree'), 1);
  const replicate = keys.size(old('data_parallel_replicate_degree'), 1);
  const shard = keys.number(...old('data_parallel_shard_degree')) ?? -1;
  const gpus = shard > 0 ? tensor * pipeline * context * replicate * shard : undefined;
  const replicas = (gpus ?? hints.gpus ?? 0) / (tensor * pipeline * context);
  const local = keys.size(['training.local_batch_size', 'training.batch_size']);
  const batch = keys.number('training.global_batch_size') ?? -1;
  if (batch < 0 && !(replicas >= 1))
    keys.wrong(
      'training.global_batch_size',
      'is not given, and nothing says how many GPUs there are',
      'a number, or --gpus',
    );
  const schedule = keys.text(...old('pipeline_parallel_schedule'))?.toLowerCase() ?? '1f1b';
  if (pipeline > 1 && !schedules[schedule])
    keys.wrong('parallelism.pipeline_parallel_schedule', `is ${schedule}`, Object.keys(schedules).join(' | '));
  const recompute = recomputeOf(keys);
  const job: Tree = {
    model: modelOf(keys),
    sequenceLength: keys.size(['training.seq_len']),
    globalBatch: batch > 0 ? batch : Math.max(1, local * replicas),
    microBatch: pipeline > 1 ? keys.size(old('pipeline_parallel_microbatch_size'), 1) : local,
    precision: narrow(keys) ? 'fp8' : 'bf16',
    parallel: {
      tensor,
      pipeline,
      context,
      expert,
      expertTensor,
      data: 'auto',
      virtualStages: pipeline > 1 && schedule === 'interleaved1f1b' ? 2 : 1,
      // torchtitan's tensor parallelism shards the norms along the sequence.
      sequenceParallel: tensor > 1,
      zero: shard === 1 ? 0 : 3,
    },
    schedule: pipeline > 1 ? (schedules[schedule] ?? '1f1b') : '1f1b',
    recompute,
    options: {
      tensorOverlap: keys.flag(...old('enable_async_tensor_parallel')) ? 0.7 : 0,
      contextKind: 'allgather',
      // PyTorch's non-reentrant checkpoints stop early; eager layers run a kernel an operation.
      recomputeStopsEarly: true,
      fusedElementwise: keys.flag('compile.enable', 'training.compile'),
      reshardAfterForward: keys.text(...old('fsdp_reshard_after_forward')) !== 'never' && !(pipeline > 1),
      ...(replicate > 1 && shard !== 1
        ? { shardGroup: shard > 0 ? shard * context : (replicas / replicate) * context }
        : {}),
    },
  };
  keys.skip(/pipeline_parallel_(microbatch_size|layers_per_stage)|^quantize|^compile|^parallelism\.disable/);
  if (schedule === 'interleaved1f1b' && pipeline > 1)
    keys.assume('parallelism.pipeline_parallel_layers_per_stage', 2, 'chunks of each pipeline rank');
  keys.finish();
  const name =
    file
      .split('/')
      .at(-1)
      ?.replace(/\.\w+$/, '') ?? file;
  return { scenario: { name, job }, ...(gpus === undefined ? {} : { gpus }), warnings: keys.warnings };
}

function modelOf(keys: ConfigKeys): string {
  const flavor = keys.text('model.flavor');
  let family = keys.text('model.name');
  if (family === undefined) {
    family = 'llama3';
    keys.assume('model.name', family, 'the name of the flavors 8B, 70B and 405B');
  }
  const known = flavors[`${family}/${flavor}`];
  if (known) return known;
  const allowed = Object.keys(flavors).join(', ');
  keys.wrong(
    'model.flavor',
    flavor === undefined ? 'is missing' : `${family}/${flavor} has no sizes here`,
    `one of ${allowed}, or --model`,
  );
  return '';
}

/** Float8 linear layers, by the converters or the older switch. */
function narrow(keys: ConfigKeys): boolean {
  const converters = keys.value('model.converters');
  keys.skip(/^model\.converters$|enable_fsdp_float8_all_gather$/);
  const listed = Array.isArray(converters) && converters.some((one) => /float8|mx/.test(String(one)));
  return listed || keys.entries.get('float8.enable_float8_linear')?.value === true;
}

function recomputeOf(keys: ConfigKeys): string {
  const mode = keys.text('activation_checkpoint.mode', 'training.ac_mode') ?? 'selective';
  const option = keys.text('activation_checkpoint.selective_ac_option');
  keys.skip(/^activation_checkpoint\./);
  if (mode === 'none' || mode === 'full') return mode;
  if (mode !== 'selective') keys.wrong('activation_checkpoint.mode', `is ${mode}`, 'none | selective | full');
  if (option !== undefined && option !== 'op')
    keys.ignore(
      'activation_checkpoint.selective_ac_option',
      `every ${option}th layer: taken as selective in all layers`,
    );
  return 'selective';
}

/** Line of a dotted key: under its section's heading. */
function lineFinder(text: string): (path: readonly string[]) => number {
  const lines = new Map<string, number>();
  let section = '';
  text.split(/\r?\n/).forEach((line, index) => {
    const heading = /^\s*\[([^\]]+)\]/.exec(line);
    if (heading) section = heading[1]?.trim() ?? '';
    const key = /^\s*([\w."-]+)\s*=/.exec(line);
    if (key) lines.set(section === '' ? (key[1] ?? '') : `${section}.${key[1]}`, index + 1);
  });
  return (path) => lines.get(path.join('.')) ?? 1;
}
