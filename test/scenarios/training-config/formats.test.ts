// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Hydra writes interpolations so
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixtureText, jobOfText, mistakesOf, resolved } from './read.js';

const lines = (warnings: readonly string[]): string[] => warnings.map((warning) => warning.split(': ')[0] ?? '');

describe('NeMo recipes', () => {
  test('a recipe of NeMo 1: interpolations, chunks a rank, distributed optimizer', () => {
    const { scenario, gpus, warnings } = resolved(fixtureText('small-nemo.yaml'), 'small-nemo.yaml');
    expect(gpus).toBe(32);
    expect(scenario.job).toMatchObject({
      model: {
        layers: 24,
        hidden: 2048,
        ffn: 8192,
        heads: 16,
        kvHeads: 16,
        vocab: 50257,
        positions: 'learned',
        maxPositions: 2048,
        dropout: true,
      },
      sequenceLength: 2048,
      globalBatch: 64,
      precision: 'bf16',
      parallel: { tensor: 4, pipeline: 2, virtualStages: 3, sequenceParallel: true, zero: 1 },
      schedule: 'interleaved',
      recompute: 'selective',
      steps: 100,
    });
    expect(lines(warnings)).toEqual(['small-nemo.yaml:3 vocabulary', 'small-nemo.yaml:24 model.sharp']);
  });

  test('the YAML of a NeMo 2 recipe: the model stands in its class', () => {
    const { scenario, gpus } = resolved(fixtureText('recipe-nemo2.yaml'), 'r.yaml');
    expect(gpus).toBe(64);
    expect(scenario.job).toMatchObject({
      model: { name: 'llama-3.1-70b', layers: 80 },
      sequenceLength: 8192,
      globalBatch: 512,
      parallel: { tensor: 4, pipeline: 4, context: 2, virtualStages: 5, zero: 1, sequenceParallel: true },
      options: { gradientBytes: 2, dataOverlap: true },
    });
  });

  test('mistakes are at their key', () => {
    const text = fixtureText('small-nemo.yaml')
      .replace('hidden_size: 2048\n', 'hidden_size: ${no.such.key}\n')
      .replace('num_layers: 24', 'num_layers: null');
    expect(mistakesOf(text, 'r.yaml')).toEqual([
      'r.yaml:3 model.num_layers: is missing',
      'r.yaml:11 model.hidden_size: is ${no.such.key}',
      'r.yaml:12 model.ffn_hidden_size: is ${multiply:4, ${.hidden_size}}',
    ]);
  });

  test('a Python recipe is not run', () => {
    expect(mistakesOf('import nemo_run as run\n', 'recipe.py')[0]).toMatch(
      /recipe\.py:undefined : is a Python program/,
    );
  });
});

describe('GPT-NeoX', () => {
  test('hyphens and underscores, 0 as none, batch by GPUs', () => {
    const { scenario, warnings } = resolved(fixtureText('small-neox.yml'), 'n.yml', { gpus: 32 });
    expect(scenario.job).toMatchObject({
      model: {
        layers: 16,
        hidden: 2048,
        ffn: 8192,
        heads: 16,
        kvHeads: 4,
        positions: 'rope',
        norm: 'rms',
        tiedEmbeddings: false,
        attention: 'flash',
        dropout: false,
      },
      globalBatch: 4 * 8 * 16,
      microBatch: 4,
      precision: 'bf16',
      parallel: { tensor: 2, pipeline: 1, zero: 2 },
      recompute: 'none',
      options: { dataOverlap: true, bucketBytes: 1e9, gradientBytes: 2 },
    });
    expect(lines(warnings)).toEqual([
      'n.yml:2 fp32_allreduce',
      'n.yml:2 context-parallel-size',
      'n.yml:2 intermediate-size',
      'n.yml:2 vocabulary',
    ]);
    expect(mistakesOf(fixtureText('small-neox.yml'), 'n.yml', {})).toEqual([
      'n.yml:1 --gpus: the file does not tell how many GPUs it runs on',
    ]);
  });
});

describe('DeepSpeed', () => {
  const sets = ['job.model=llama-3.1-8b', 'job.sequenceLength=4096'];

  test('ZeRO, offload, buckets in elements, comments, "auto"', () => {
    const { scenario, warnings } = resolved(fixtureText('deepspeed.json'), 'ds.json', { gpus: 16, sets });
    expect(scenario.job).toMatchObject({
      globalBatch: 256,
      microBatch: 2,
      precision: 'bf16',
      parallel: { zero: 3, tensor: 1, pipeline: 1 },
      options: { offloadOptimizer: true, bucketBytes: 1e8, dataOverlap: true },
    });
    expect(lines(warnings).slice(0, 3)).toEqual([
      'ds.json:5 gradient_accumulation_steps',
      'ds.json:1 communication_data_type',
      'ds.json:11 zero_optimization.zero_quantized_weights',
    ]);
  });

  test('no model, no sequence length: said, with the flags that give them', () => {
    expect(mistakesOf(fixtureText('deepspeed.json'), 'ds.json', { gpus: 16 })).toEqual([
      'ds.json:1 job.model: a DeepSpeed configuration holds no model',
      'ds.json:1 job.sequenceLength: a DeepSpeed configuration holds no sequence length',
    ]);
  });

  test('two of batch, micro-batch and accumulation give the third; three that disagree are a mistake', () => {
    const sizes = fc.record({
      micro: fc.integer({ min: 1, max: 8 }),
      accumulation: fc.integer({ min: 1, max: 8 }),
      gpus: fc.constantFrom(8, 16, 24),
    });
    fc.assert(
      fc.property(
        sizes,
        fc.constantFrom('total', 'micro', 'none'),
        fc.integer({ min: 1, max: 3 }),
        ({ micro, accumulation, gpus }, left, off) => {
          const whole = {
            train_batch_size: micro * accumulation * gpus,
            train_micro_batch_size_per_gpu: micro,
            gradient_accumulation_steps: accumulation,
          };
          const { train_batch_size, train_micro_batch_size_per_gpu, ...rest } = whole;
          const given =
            left === 'total'
              ? { train_micro_batch_size_per_gpu, ...rest }
              : left === 'micro'
                ? { train_batch_size, ...rest }
                : whole;
          const text = (value: object) => JSON.stringify({ ...value, zero_optimization: { stage: 1 } }, null, 1);
          expect(jobOfText(text(given), 'ds.json', { gpus, sets })).toMatchObject({
            globalBatch: train_batch_size,
            microBatch: micro,
          });
          const wrong = text({ ...whole, train_batch_size: train_batch_size + off * gpus * micro });
          expect(mistakesOf(wrong, 'ds.json', { gpus, sets })[0]).toMatch(
            /^ds\.json:\d job\.globalBatch: \d+ is not micro-batch/,
          );
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('torchtitan', () => {
  test('flavor, hybrid sharding, pipeline micro-batches', () => {
    const { scenario, gpus, warnings } = resolved(fixtureText('torchtitan.toml'), 't.toml');
    expect(gpus).toBe(32);
    expect(scenario.job).toMatchObject({
      model: { name: 'llama-3.1-8b' },
      sequenceLength: 4096,
      globalBatch: 256,
      microBatch: 2,
      parallel: { tensor: 2, pipeline: 2, virtualStages: 2, zero: 3, sequenceParallel: true },
      schedule: 'interleaved',
      recompute: 'full',
      options: { shardGroup: 4, reshardAfterForward: false },
    });
    expect(lines(warnings)).toEqual([
      't.toml:2 parallelism.pipeline_parallel_first_stage_less_layers, parallelism.pipeline_parallel_last_stage_less_layers',
      't.toml:16 parallelism.surprising_degree',
      't.toml',
    ]);
  });

  test('wrong names, wrong TOML', () => {
    const text = fixtureText('torchtitan.toml');
    expect(
      mistakesOf(
        text
          .replace('"8B"', '"9B"')
          .replace('Interleaved1F1B', 'Interleved1F1B')
          .replace('_degree = 4', '_degree = "all"'),
        't.toml',
      ),
    ).toEqual([
      't.toml:4 model.flavor: the shape of llama3 9B is not known here',
      't.toml:11 parallelism.data_parallel_shard_degree: is all',
      't.toml:14 parallelism.pipeline_parallel_schedule: unknown schedule Interleved1F1B (did you mean Interleaved1F1B?)',
    ]);
    expect(mistakesOf(text.replace('"full"', '"full'), 't.toml')[0]).toMatch(/^t\.toml:18 : /);
  });
});

test('a scenario stays a scenario', () => {
  const text = 'job: { model: llama-3.1-8b, sequenceLength: 4096, globalBatch: 8 }\ncluster: h100-rail-clos\n';
  expect(resolved(text, 's.yaml').warnings).toEqual([]);
});
