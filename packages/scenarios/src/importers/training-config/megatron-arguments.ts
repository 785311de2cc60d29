import type { Tree } from '../../schema/paths.js';
import { changesNoStep } from './megatron-ignored.js';
import { megatronModel } from './megatron-model.js';
import { megatronBatch, megatronRecompute } from './megatron-schedule.js';
import { nameOfFile, type Settings } from './settings.js';
import type { ConfigFormat, TrainingConfig } from './types.js';

/** Share of the neighbouring GEMM behind which overlapped tensor-parallel collectives hide, as for the published NeMo rows. */
export const overlappedTensor = 0.7;

type Sharding = { readonly zero: number; readonly flag?: string };

function sharding(settings: Settings): Sharding {
  const field = 'job.parallel.zero';
  const distributed = settings.flag('use-distributed-optimizer', field) === true;
  const strategy = settings.choice(
    'data-parallel-sharding-strategy',
    ['no_shard', 'optim', 'optim_grads', 'optim_grads_params'],
    field,
  );
  const fsdp = ['use-torch-fsdp2', 'use-megatron-fsdp', 'use-custom-fsdp'].find(
    (key) => settings.flag(key, field) === true,
  );
  const stage = settings.count('zero-stage', field, 0);
  if (fsdp !== undefined) {
    if (fsdp === 'use-torch-fsdp2') return { zero: 3, flag: fsdp };
    if (strategy === undefined)
      settings.assume(
        settings.spell('data-parallel-sharding-strategy'),
        `not given: no_shard, ${settings.byDefault}`,
        field,
      );
    return {
      zero: ['no_shard', 'optim', 'optim_grads', 'optim_grads_params'].indexOf(strategy ?? 'no_shard'),
      flag: fsdp,
    };
  }
  if (stage !== undefined && stage > 3) {
    const setting = settings.find('zero-stage');
    if (setting) settings.issue(setting, `is ${stage}`, '0 | 1 | 2 | 3', field);
  }
  return { zero: distributed ? 1 : Math.min(3, stage ?? 0) };
}

function precisionOf(settings: Settings): string {
  const field = 'job.precision';
  const bf16 = settings.flag('bf16', field) === true;
  const fp16 = settings.flag('fp16', field) === true;
  const fp8 = settings.choice(['fp8-format', 'fp8'], ['e4m3', 'hybrid'], field);
  const recipe = settings.text('fp8-recipe', field);
  if (settings.has(['fp4-format', 'fp4'])) return 'nvfp4';
  if (fp8 !== undefined) return recipe === 'mxfp8' ? 'mxfp8' : 'fp8';
  if (!bf16 && !fp16 && !settings.has(['bf16', 'fp16']))
    settings.assume(settings.spell('bf16', 'fp16'), `not given: fp32, ${settings.byDefault}`, field);
  return bf16 ? 'bf16' : fp16 ? 'fp16' : 'fp32';
}

function gradientBytes(settings: Settings, precision: string): 2 | 4 {
  const field = 'job.options.gradientBytes';
  if (settings.flag('grad-reduce-in-bf16', field) === true) return 2;
  const inFp32 = settings.flag('accumulate-allreduce-grads-in-fp32', field) === true;
  return precision === 'fp16' && !inFp32 ? 2 : 4;
}

function contextKind(settings: Settings): 'ring' | 'allgather' | 'ulysses' {
  const field = 'job.options.contextKind';
  const kind = settings.text('cp-comm-type', field)?.trim();
  if (kind === 'a2a') return 'ulysses';
  if (kind === 'all_gather' || kind === 'allgather') return 'allgather';
  if (kind !== undefined && kind !== 'p2p')
    settings.warn('cp-comm-type', 'is not modelled: p2p (a ring) is taken', field);
  return 'ring';
}

function expertDispatch(settings: Settings): 'direct' | 'hierarchical' {
  const field = 'job.options.expertDispatch';
  const kind = settings.text('moe-token-dispatcher-type', field);
  const deep = settings.flag('moe-enable-deepep', field) === true;
  const backend = settings.text('moe-flex-dispatcher-backend', field);
  if (kind === 'flex' && (deep || backend !== undefined)) return 'hierarchical';
  if (settings.has('num-experts') && kind === undefined)
    settings.assume(
      settings.spell('moe-token-dispatcher-type'),
      'not given: allgather by default, which is not modelled: alltoall is taken',
      field,
    );
  else if (kind === 'allgather')
    settings.warn('moe-token-dispatcher-type', 'is not modelled: alltoall is taken', field);
  if (settings.find('moe-expert-capacity-factor'))
    settings.warn(
      'moe-expert-capacity-factor',
      'is not modelled: no token is dropped or padded',
      'job.options.moeImbalance',
    );
  return 'direct';
}

/** Sizes of the grid of ranks; absent ones are 1, and that is said once. */
function degrees(settings: Settings): {
  tensor: number;
  pipeline: number;
  context: number;
  expert: number;
  expertTensor: number;
} {
  const sizes: readonly (readonly [string, readonly string[]])[] = [
    ['tensor', ['tensor-model-parallel-size', 'model-parallel-size']],
    ['pipeline', ['pipeline-model-parallel-size']],
    ['context', ['context-parallel-size']],
    ['expert', ['expert-model-parallel-size']],
  ];
  const found = sizes.map(([name, keys]) => settings.count(keys, `job.parallel.${name}`));
  const absent = sizes.flatMap(([, keys]) => (settings.has(keys) ? [] : [settings.spell(keys[0] ?? '')])).slice(0, 4);
  const relevant = settings.has('num-experts')
    ? absent
    : absent.filter((name) => name !== settings.spell('expert-model-parallel-size'));
  if (relevant.length > 0) settings.assume(relevant.join(', '), 'not given: 1', 'job.parallel');
  const [tensor = 1, pipeline = 1, context = 1, expert = 1] = found;
  const expertTensor = settings.count('expert-tensor-parallel-size', 'job.parallel.expertTensor');
  if (expertTensor === undefined && settings.has('num-experts') && tensor > 1)
    settings.assume(
      settings.spell('expert-tensor-parallel-size'),
      `not given: ${tensor}, the same as tensor`,
      'job.parallel.expertTensor',
    );
  return { tensor, pipeline, context, expert, expertTensor: expertTensor ?? tensor };
}

function virtualStages(settings: Settings, pipeline: number): number {
  const field = 'job.parallel.virtualStages';
  const chunks = settings.count(['num-virtual-stages-per-pipeline-rank'], field);
  const perChunk = settings.count('num-layers-per-virtual-pipeline-stage', field);
  if (chunks !== undefined) return chunks;
  const layers = settings.count('num-layers', 'job.model.layers');
  if (perChunk === undefined || layers === undefined) return 1;
  const virtual = layers / pipeline / perChunk;
  if (Number.isInteger(virtual) && virtual >= 1) return virtual;
  const setting = settings.find('num-layers-per-virtual-pipeline-stage');
  if (setting)
    settings.issue(
      setting,
      `${layers} layers / ${pipeline} stages / ${perChunk} is not whole`,
      'a divisor of the layers of a stage',
      field,
    );
  return 1;
}

const uneven = [
  'decoder-first-pipeline-num-layers',
  'decoder-last-pipeline-num-layers',
  'account-for-embedding-in-pipeline-split',
  'account-for-loss-in-pipeline-split',
  'pipeline-model-parallel-layout',
  'pipeline-model-parallel-split-rank',
];

/** GPUs that the launch asks for: nodes x processes of a node. */
export function launchedGpus(settings: Settings): number | undefined {
  const nodes = settings.find(['nnodes', 'num-nodes']);
  const processes = settings.find(['nproc-per-node', 'num-gpus', 'gpus-per-node']);
  const read = (text: unknown): number => Number(String(text).split(':').at(-1));
  const total = read(nodes?.value) * read(processes?.value);
  return Number.isSafeInteger(total) && total > 0 ? total : undefined;
}

/**
 * A Megatron-LM argument set as a scenario (NVIDIA/Megatron-LM megatron/training/arguments.py). Keys are without dashes in
 * front, `-` for `_`.
 */
export function megatronScenario(settings: Settings, format: ConfigFormat): TrainingConfig {
  const sizes = degrees(settings);
  const virtual = virtualStages(settings, sizes.pipeline);
  if (virtual > 1) {
    const from = settings.origins.get('job.parallel.virtualStages');
    if (from) settings.origins.set('job.schedule', from);
  }
  const { zero, flag: fsdp } = sharding(settings);
  const precision = precisionOf(settings);
  const model: Tree = megatronModel(settings, sizes.tensor);
  const sequenceLength = settings.required(
    ['seq-length', 'encoder-seq-length'],
    settings.spell('seq-length'),
    'job.sequenceLength',
  );
  const { globalBatch, microBatch, batchPerReplica, steps } = megatronBatch(settings);
  const recompute = megatronRecompute(settings);
  const bucket = settings.amount('ddp-bucket-size', 'job.options.bucketBytes');
  const capMegabytes = settings.amount('bucket-cap-mb', 'job.options.bucketBytes');
  const gradient = gradientBytes(settings, precision);
  const overlapTensor = settings.flag('tp-comm-overlap', 'job.options.tensorOverlap') === true && sizes.tensor > 1;
  if (overlapTensor)
    settings.warn(
      'tp-comm-overlap',
      `is taken as ${overlappedTensor} of the neighbouring GEMM (job.options.tensorOverlap)`,
      'job.options.tensorOverlap',
    );
  for (const key of uneven)
    if (settings.find(key)?.value !== false)
      settings.warn(key, 'is not modelled: layers are spread evenly over the stages', 'job.parallel.pipeline');
  const offload = ['optimizer-cpu-offload', 'cpu-optimizer'].some(
    (key) => settings.flag(key, 'job.options.offloadOptimizer') === true,
  );
  const overlapData =
    settings.flag('overlap-grad-reduce', 'job.options.dataOverlap') === true || (fsdp !== undefined && zero > 0);
  settings.flag('overlap-param-gather');
  const blocking = settings.flag('no-overlap-p2p-communication', 'job.options.p2p') === true || virtual === 1;
  const options: Tree = {
    p2p: blocking ? 'blocking' : 'async',
    tensorOverlap: overlapTensor ? overlappedTensor : 0,
    gradientBytes: gradient,
    dataOverlap: overlapData,
    contextKind: contextKind(settings),
    expertDispatch: expertDispatch(settings),
    offloadOptimizer: offload,
    ...(bucket === undefined || bucket === 0 ? {} : { bucketBytes: bucket * gradient }),
    ...(capMegabytes === undefined || capMegabytes === 0 ? {} : { bucketBytes: capMegabytes * 1e6 }),
    ...(recompute.layers === undefined ? {} : { recomputeLayers: recompute.layers }),
  };
  const gpus = launchedGpus(settings);
  if (settings.find('ddp-impl')) settings.warn('ddp-impl', 'is an argument of older versions and has no effect here');
  if (settings.find('deepspeed-config'))
    settings.warn(
      'deepspeed-config',
      'is not read: its ZeRO stage, batch and precision are unknown here; --zero sets the stage',
    );
  const scenario: Tree = {
    name: nameOfFile(settings.file),
    job: {
      model,
      sequenceLength,
      globalBatch,
      microBatch,
      precision,
      parallel: {
        ...sizes,
        virtualStages: virtual,
        sequenceParallel:
          settings.flag('sequence-parallel', 'job.parallel.sequenceParallel') === true && sizes.tensor > 1,
        zero,
      },
      schedule: virtual > 1 ? 'interleaved' : '1f1b',
      recompute: recompute.kind,
      options,
      steps,
    },
  };
  settings.ignore(changesNoStep);
  settings.nameLeftovers();
  return settings.finish(format, scenario, {
    ...(batchPerReplica === undefined ? {} : { batchPerReplica }),
    ...(gpus === undefined ? {} : { gpus }),
  });
}
