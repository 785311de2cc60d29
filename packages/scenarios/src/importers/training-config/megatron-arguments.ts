import type { Tree } from '../../schema/paths.js';
import { launchedGpus } from './launched-world.js';
import { isDeepspeed } from './megatron-dialect.js';
import { changesNoStep, unmodelledArguments } from './megatron-flags.js';
import { megatronMemory } from './megatron-memory.js';
import { megatronModel } from './megatron-model.js';
import { megatronBatch, megatronRecompute } from './megatron-schedule.js';
import { nameOfFile, type Settings } from './settings.js';
import { pipelineSplit } from './stage-layers.js';
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
    if (fsdp === 'use-torch-fsdp2' && strategy === undefined) return { zero: 3, flag: fsdp };
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
  if (settings.has('ds-sequence-parallel-size')) return 'ulysses';
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
  if (isDeepspeed(settings)) return 'direct';
  if (settings.has('num-experts') && kind === undefined)
    settings.assume(
      settings.spell('moe-token-dispatcher-type'),
      'not given: allgather by default, which is not modelled: alltoall is taken',
      field,
    );
  else if (kind === 'allgather')
    settings.warn('moe-token-dispatcher-type', 'is not modelled: alltoall is taken', field);
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
    ['context', ['context-parallel-size', 'ds-sequence-parallel-size']],
    ['expert', ['expert-model-parallel-size', 'moe-expert-parallel-size']],
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

/** CUDA graphs of whole layers or steps; graphs of attention alone are not modelled. */
function cudaGraphs(settings: Settings): boolean {
  const field = 'job.options.cudaGraphs';
  const older = ['enable-cuda-graph', 'external-cuda-graph'].some((key) => settings.flag(key, field) === true);
  const kind = settings.text('cuda-graph-impl', field);
  const scope = settings.text('cuda-graph-scope', field) ?? 'full';
  if (!older && (kind === undefined || kind === 'none')) return false;
  if (/^full/.test(scope)) return true;
  settings.warn('cuda-graph-scope', `${scope} is not modelled: no graphs are taken`, field);
  return false;
}

/** What a step's collectives and kernels do, beyond the grid and the model. */
function optionsOf(
  settings: Settings,
  at: { tensor: number; virtual: number; precision: string; fsdp: boolean },
): Tree {
  const gradient = gradientBytes(settings, at.precision);
  const bucket = settings.amount('ddp-bucket-size', 'job.options.bucketBytes');
  const capMegabytes = settings.amount('bucket-cap-mb', 'job.options.bucketBytes');
  const overlapTensor = settings.flag('tp-comm-overlap', 'job.options.tensorOverlap') === true && at.tensor > 1;
  if (overlapTensor)
    settings.warn(
      'tp-comm-overlap',
      `is taken as ${overlappedTensor} of the neighbouring GEMM (job.options.tensorOverlap)`,
      'job.options.tensorOverlap',
    );
  const hidden = settings.flag('overlap-moe-expert-parallel-comm', 'job.options.expertOverlap') === true;
  if (hidden)
    settings.warn(
      'overlap-moe-expert-parallel-comm',
      'is taken as all-to-all behind all of the experts (job.options.expertOverlap 1)',
      'job.options.expertOverlap',
    );
  settings.flag('overlap-param-gather');
  const blocking = settings.flag('no-overlap-p2p-communication', 'job.options.p2p') === true || at.virtual === 1;
  const offload = ['optimizer-cpu-offload', 'cpu-optimizer'].some(
    (key) => settings.flag(key, 'job.options.offloadOptimizer') === true,
  );
  const kept = settings.flag('torch-fsdp2-no-reshard-after-forward', 'job.options.reshardAfterForward') === true;
  return {
    p2p: blocking ? 'blocking' : 'async',
    scatterGather: settings.flag('no-scatter-gather-tensors-in-pipeline', 'job.options.scatterGather') !== true,
    tensorOverlap: overlapTensor ? overlappedTensor : 0,
    gradientBytes: gradient,
    dataOverlap: settings.flag('overlap-grad-reduce', 'job.options.dataOverlap') === true || at.fsdp,
    contextKind: contextKind(settings),
    expertDispatch: expertDispatch(settings),
    expertOverlap: hidden ? 1 : 0,
    expertLayout: 'copied',
    cudaGraphs: cudaGraphs(settings),
    offloadOptimizer: offload,
    ...(kept ? { reshardAfterForward: false } : {}),
    ...(bucket === undefined || bucket === 0 ? {} : { bucketBytes: bucket * gradient }),
    ...(capMegabytes === undefined || capMegabytes === 0 ? {} : { bucketBytes: capMegabytes * 1e6 }),
  };
}

/** Optimizers and formats of its states other than Adam's in 32 bits are named. */
function otherPrecisions(settings: Settings): void {
  for (const key of ['main-grads-dtype', 'main-params-dtype']) {
    const kind = settings.text(key);
    if (kind !== undefined && !/fp32|float32/.test(kind)) settings.warn(key, 'is not modelled: 32 bits are taken');
  }
  const optimizer = settings.text('optimizer');
  if (optimizer !== undefined && !/adam/i.test(optimizer)) settings.warn('optimizer', 'is not modelled: Adam is taken');
}

/**
 * A Megatron-LM argument set as a scenario (NVIDIA/Megatron-LM megatron/training/arguments.py). Keys are without dashes in
 * front, `-` for `_`.
 */
export function megatronScenario(settings: Settings, format: ConfigFormat, program = ''): TrainingConfig {
  const sizes = degrees(settings);
  const { virtual, stageLayers } = pipelineSplit(
    settings,
    sizes.pipeline,
    settings.count('num-layers', 'job.model.layers'),
  );
  if (virtual > 1) {
    const from = settings.origins.get('job.parallel.virtualStages');
    if (from) settings.origins.set('job.schedule', from);
  }
  const { zero, flag: fsdp } = sharding(settings);
  const precision = precisionOf(settings);
  const encoder = /bert/i.test(program) || settings.has('bert-no-binary-head');
  const model: Tree = megatronModel(settings, sizes.tensor, encoder);
  const sequenceLength = settings.required(
    ['seq-length', 'encoder-seq-length'],
    settings.spell('seq-length'),
    'job.sequenceLength',
  );
  const { globalBatch, microBatch, batchPerReplica, steps } = megatronBatch(settings);
  const recompute = megatronRecompute(settings);
  const options: Tree = {
    ...optionsOf(settings, { tensor: sizes.tensor, virtual, precision, fsdp: fsdp !== undefined && zero > 0 }),
    ...(recompute.layers === undefined ? {} : { recomputeLayers: recompute.layers }),
    ...(recompute.modules === undefined ? {} : { recomputeModules: [...recompute.modules] }),
    ...megatronMemory(settings, {
      precision,
      framework: isDeepspeed(settings) ? 'deepspeed' : fsdp === 'use-torch-fsdp2' ? 'fsdp' : 'megatron',
    }),
    ...(stageLayers === undefined ? {} : { stageLayers }),
  };
  const gpus = launchedGpus(settings);
  if (settings.find('ddp-impl')) settings.warn('ddp-impl', 'is an argument of older versions and has no effect here');
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
  settings.nameUnmodelled(unmodelledArguments);
  otherPrecisions(settings);
  settings.nameLeftovers();
  return settings.finish(format, scenario, {
    ...(batchPerReplica === undefined ? {} : { batchPerReplica }),
    ...(gpus === undefined ? {} : { gpus }),
    ...(isDeepspeed(settings) ? { stack: 'megatron-deepspeed-2022' } : {}),
  });
}
