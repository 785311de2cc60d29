import { catalogueModels } from '@regatta/scenarios';
import { describe, expect, test } from 'vitest';
import { jobOfText, mistakesOf, resolved } from './read.js';

/** A Megatron-Bridge file of overrides: a model by its provider, or none. */
const bridge = (model: string): string => `model:
${model}  tensor_model_parallel_size: 4
  pipeline_model_parallel_size: 4
  virtual_pipeline_model_parallel_size: 5
  context_parallel_size: 2
  sequence_parallel: true
train:
  micro_batch_size: 1
  global_batch_size: 128
dataset:
  sequence_length: 8192
ddp:
  overlap_grad_reduce: true
  use_distributed_optimizer: true
  grad_reduce_in_fp32: false
  average_in_collective: true
comm_overlap:
  tp_comm_overlap: true
mixed_precision: bf16_with_mxfp8_mixed
optimizer:
  lr: 0.0003
checkpoint:
  save: /x
logger:
  log_interval: 1
rng:
  seed: 1
`;

describe('Megatron-Bridge overrides', () => {
  test('the model by its provider; precision and overlap by their recipes; the rest is quiet', () => {
    const { scenario, warnings } = resolved(
      bridge('  _target_: megatron.bridge.models.llama.llama_provider.Llama31ModelProvider70B\n'),
      'b.yaml',
      { gpus: 64 },
    );
    expect(scenario.job).toMatchObject({
      model: { name: 'llama-3.1-70b' },
      sequenceLength: 8192,
      globalBatch: 128,
      precision: 'mxfp8',
      parallel: { tensor: 4, pipeline: 4, context: 2, virtualStages: 5, zero: 1, sequenceParallel: true },
      schedule: 'interleaved',
      options: { gradientBytes: 2, tensorOverlap: 0.7, dataOverlap: true },
    });
    expect(warnings.map((warning) => warning.split(': ')[0])).toEqual(['b.yaml:19 comm_overlap.tp_comm_overlap']);
  });

  test('without a model, one mistake that says what gives it', () => {
    expect(mistakesOf(bridge(''), 'b.yaml')).toEqual(['b.yaml:1 model: holds no sizes of a model']);
    expect(jobOfText(bridge(''), 'b.yaml', { gpus: 64, sets: ['job.model=qwen3-32b'] }).model.name).toBe('qwen3-32b');
  });

  test('an unknown class, layers of another kind', () => {
    expect(mistakesOf(bridge('  _target_: x.y.FancyModelProvider9B\n'), 'b.yaml')).toEqual([
      'b.yaml:1 model: the sizes of FancyModelProvider9B are not known here',
    ]);
    expect(mistakesOf(bridge('  _target_: x.y.NemotronHModelProvider8B\n'), 'b.yaml')).toEqual([
      'b.yaml:2 model._target_: layers of NemotronHModelProvider8B are not supported',
    ]);
  });

  test('numbers beside a class change it', () => {
    const { model } = jobOfText(bridge('  _target_: x.y.Llama3ModelProvider8B\n  num_layers: 40\n'), 'b.yaml', {
      gpus: 64,
    });
    expect(model).toMatchObject({ layers: 40, hidden: 4096, kvHeads: 8 });
  });
});

describe('NeMo 2 exports', () => {
  const recipe = (model: string, precision: string): string => `_target_: nemo.collections.llm.api.pretrain
model:
  config:
    _target_: nemo.collections.llm.gpt.model.x.${model}
trainer:
  num_nodes: 8
  devices: 8
  plugins:
    _target_: nemo.collections.llm.recipes.precision.mixed_precision.${precision}
  strategy:
    tensor_model_parallel_size: 2
    pipeline_model_parallel_size: 1
    context_parallel_size: 1
    expert_model_parallel_size: 1
  callbacks:
    - _target_: nemo.utils.exp_manager.TimingCallback
      verbose: true
    - _target_: nemo.lightning.pytorch.callbacks.megatron_comm_overlap.MegatronCommOverlapCallback
      tp_comm_overlap: true
      defer_embedding_wgrad_compute: true
data:
  seq_length: 4096
  global_batch_size: 128
  micro_batch_size: 1
`;

  test.each([
    ['Llama3Config8B', 'llama-3.1-8b'],
    ['Llama31Config405B', 'llama-3.1-405b'],
    ['Llama2Config70B', 'llama-2-70b'],
    ['MixtralConfig8x22B', 'mixtral-8x22b'],
    ['DeepSeekV3Config', 'deepseek-v3'],
    ['Qwen25Config7B', 'qwen2.5-7b'],
    ['GPTConfig175B', 'gpt3-175b'],
  ])('%s is %s', (name, model) => {
    expect(catalogueModels.some(({ shape }) => shape.name === model)).toBe(true);
    expect(jobOfText(recipe(name, 'bf16_mixed'), 'r.yaml', {}).model.name).toBe(model);
  });

  test.each([
    ['bf16_mixed', 'bf16'],
    ['fp16_mixed', 'fp16'],
    ['bf16_with_fp8_mixed', 'fp8'],
    ['bf16_with_fp8_current_scaling_mixed', 'fp8'],
    ['bf16_with_mxfp8_mixed', 'mxfp8'],
    ['bf16_with_nvfp4_mixed', 'nvfp4'],
  ])('%s is %s', (name, precision) => {
    expect(jobOfText(recipe('Llama3Config8B', name), 'r.yaml', {}).precision).toBe(precision);
  });

  test('what a callback overlaps counts, other callbacks do not', () => {
    const { scenario, warnings } = resolved(recipe('Llama3Config8B', 'bf16_mixed'), 'r.yaml');
    expect(scenario.job.options.tensorOverlap).toBe(0.7);
    expect(warnings.map((warning) => warning.split(': ')[0])).toEqual([
      'r.yaml:19 trainer.callbacks.1.tp_comm_overlap',
      'r.yaml:20 trainer.callbacks.1.defer_embedding_wgrad_compute',
    ]);
  });
});

describe('torchtitan pipelines', () => {
  const toml = (more: string, flavor = '8B', name = 'llama3'): string =>
    `[model]\nname = "${name}"\nflavor = "${flavor}"\n[training]\nlocal_batch_size = 8\nseq_len = 4096\n[activation_checkpoint]\nmode = "none"\n[compile]\nenable = true\n[parallelism]\ndata_parallel_shard_degree = 2\npipeline_parallel_degree = 4\n${more}`;
  const job = (more: string): ReturnType<typeof jobOfText> => jobOfText(toml(more), 't.toml', {});

  test.each([
    ['pipeline_parallel_schedule = "1F1B"', '1f1b', 1, [8, 9, 8, 7]],
    ['pipeline_parallel_schedule = "GPipe"', 'gpipe', 1, [8, 9, 8, 7]],
    ['pipeline_parallel_schedule = "Interleaved1F1B"', 'interleaved', 2, [4, 5, 4, 4, 4, 4, 4, 3]],
    ['pipeline_parallel_schedule = "ZBVZeroBubble"', 'zb-v', 1, [4, 5, 4, 4, 4, 4, 4, 3]],
    [
      'pipeline_parallel_schedule = "1F1B"\npipeline_parallel_first_stage_less_layers = 0\npipeline_parallel_last_stage_less_layers = 0',
      '1f1b',
      1,
      [8, 8, 8, 8],
    ],
    [
      'pipeline_parallel_schedule = "Interleaved1F1B"\npipeline_parallel_layers_per_stage = 3',
      'interleaved',
      3,
      [2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 1],
    ],
    [
      'pipeline_parallel_schedule = "1F1B"\npipeline_parallel_split_points = ["layers.10", "layers.16", "layers.24"]',
      '1f1b',
      1,
      [10, 6, 8, 8],
    ],
  ])('%s', (more, schedule, virtualStages, stageLayers) => {
    const { schedule: found, parallel, options } = job(more);
    expect([found, parallel.virtualStages, options.stageLayers]).toEqual([schedule, virtualStages, stageLayers]);
  });

  test('a schedule that its stages do not fit is a mistake', () => {
    expect(
      mistakesOf(
        toml('pipeline_parallel_schedule = "Interleaved1F1B"\npipeline_parallel_split_points = ["layers.10"]'),
        't.toml',
        {},
      ),
    ).toEqual(['t.toml:15 parallelism.pipeline_parallel_split_points: makes 2 stages on 4 ranks with Interleaved1F1B']);
    expect(
      mistakesOf(
        toml('pipeline_parallel_schedule = "Interleaved1F1B"\npipeline_parallel_layers_per_stage = 2'),
        't.toml',
        {},
      ),
    ).toEqual([
      't.toml:15 parallelism.pipeline_parallel_layers_per_stage: makes 17 stages on 4 ranks with Interleaved1F1B',
    ]);
  });

  test.each([
    ['llama3', '405B', 405.9],
    ['llama3', '8B_flex', 8.03],
    ['llama4', '17bx16e', 107.8],
    ['qwen3', '0.6B', 0.596],
    ['qwen3', '30B-A3B', 30.5],
    ['deepseek_v3', '16B', 15.7],
    ['gpt_oss', '20b', 20.9],
  ])('%s %s has its parameters', async (name, flavor, billions) => {
    const { parameterCount } = await import('@regatta/sim-core');
    const { modelShape } = await import('@regatta/scenarios');
    const text = toml('', flavor, name).replace('pipeline_parallel_degree = 4', 'pipeline_parallel_degree = 1');
    const count = parameterCount(modelShape(jobOfText(text, 't.toml', {}).model)).total;
    expect(Math.abs(count / (billions * 1e9) - 1)).toBeLessThan(0.02);
  });

  test('its stack where the device has one, unless a flag names another', () => {
    const { scenario, warnings } = resolved(toml('pipeline_parallel_schedule = "1F1B"'), 't.toml');
    expect(scenario.job.stack).toBe('torchtitan-2025');
    expect(scenario.cluster.device.stack).toBe('torchtitan-2025');
    expect(warnings.some((warning) => warning.includes('stack torchtitan-2025 taken'))).toBe(true);
    const other = resolved(toml('pipeline_parallel_schedule = "1F1B"'), 't.toml', { sets: ['job.stack=nemo-2026'] });
    expect(other.scenario.cluster.device.stack).toBe('nemo-2026');
    expect(other.warnings.some((warning) => warning.includes('stack'))).toBe(false);
  });
});
