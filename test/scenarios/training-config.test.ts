import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTrainingConfig, resolveScenario, scalingPoints } from '@regatta/scenarios';
import { simulateStep } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixture, regatta } from '../support/run-cli.js';

const text = (name: string): string => readFileSync(fixture(`training-config/${name}`), 'utf8');
const read = (name: string, gpus?: number) => readTrainingConfig(text(name), name, gpus === undefined ? {} : { gpus });

describe('a Megatron-LM launch script', () => {
  test('variables, arithmetic, arrays, strings and continuations', () => {
    const config = read('train.sh');
    expect(config?.gpus).toBe(32);
    expect(config?.scenario).toMatchObject({
      name: 'train',
      job: {
        model: { layers: 24, hidden: 2048, heads: 16, ffn: 8192, vocab: 50257, dropout: false, tiedEmbeddings: true },
        sequenceLength: 4096,
        globalBatch: 64,
        microBatch: 2,
        precision: 'bf16',
        parallel: { tensor: 4, pipeline: 2, sequenceParallel: true, zero: 1, virtualStages: 1 },
        recompute: 'selective',
        options: { dataOverlap: true, gradientBytes: 4 },
      },
    });
  });

  test('what is assumed and what is not understood is said, with its line; what changes nothing is not', () => {
    const warnings = read('train.sh')?.warnings ?? [];
    expect(warnings.filter((warning) => warning.includes('not understood'))).toEqual([
      'train.sh:19: --some-new-switch is not understood and left out',
    ]);
    expect(warnings.join()).not.toMatch(/--lr|--save|--vocab-size/);
  });

  test('the same arguments as script, as YAML and in any order are the same job', () => {
    const sizes = fc.record({
      '--num-layers': fc.constantFrom(16, 32),
      '--hidden-size': fc.constantFrom(1024, 4096),
      '--num-attention-heads': fc.constantFrom(16, 32),
      '--seq-length': fc.constantFrom(2048, 8192),
      '--micro-batch-size': fc.constantFrom(1, 2),
      '--global-batch-size': fc.constantFrom(64, 512),
      '--tensor-model-parallel-size': fc.constantFrom(1, 8),
      '--pipeline-model-parallel-size': fc.constantFrom(1, 4),
      '--ffn-hidden-size': fc.constantFrom(4096, 11008),
      '--num-experts': fc.constantFrom(8, 64),
      '--moe-layer-freq': fc.constantFrom('1', '([0]*4+[1]*12)', '2'),
    });
    const flags = fc.subarray([
      '--swiglu',
      '--bf16',
      '--sequence-parallel',
      '--use-distributed-optimizer',
      '--untie-embeddings-and-output-weights',
    ]);
    const style = fc.array(fc.tuple(fc.nat(), fc.nat(3)), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(sizes, flags, style, (named, bare, styles) => {
        fc.pre(named['--num-layers'] === 16 || named['--moe-layer-freq'].length === 1);
        const all: [string, string | number | true][] = [
          ...Object.entries(named),
          ...bare.map((flag): [string, true] => [flag, true]),
        ];
        const yaml = `MODEL_ARGS:\n${all.map(([flag, value]) => `  ${flag}: ${value}`).join('\n')}\n`;
        const shuffled = all
          .map((one, i) => ({ one, key: styles[i]?.[0] ?? 0, how: styles[i]?.[1] ?? 0 }))
          .sort((a, b) => a.key - b.key);
        const assignments: string[] = [];
        const words = shuffled.map(({ one: [flag, value], how }, i) => {
          if (value === true) return flag;
          const quoted = `"${value}"`;
          if (how === 0) return `${flag}=${quoted}`;
          if (how === 1) return `${flag} ${quoted}`;
          assignments.push(`V${i}=${quoted}`);
          return how === 2 ? `${flag} $V${i}` : `${flag} \${V${i}:-7}`;
        });
        const script = `#!/bin/bash\n${assignments.join('\n')}\nARGS=(\n  ${words.join('\n  ')} # all of them\n)\npython train.py \${ARGS[@]}\n`;
        const [fromYaml, fromScript] = [readTrainingConfig(yaml, 'x.yaml'), readTrainingConfig(script, 'x.sh')];
        expect(fromScript?.scenario).toEqual(fromYaml?.scenario);
      }),
      { numRuns: 200 },
    );
  });

  test('wrong input is named with file, line and argument', () => {
    const wrong =
      (from: string | RegExp, to: string): (() => unknown) =>
      () =>
        readTrainingConfig(text('train.sh').replace(from, to), 'train.sh');
    expect(wrong(/--hidden-size \S+/, '')).toThrow(/train.sh --hidden-size: is missing/);
    expect(wrong('HIDDEN=2048;', '')).toThrow(
      /train.sh:10 --hidden-size: is \$\{HIDDEN\}, a variable that the file does not assign/,
    );
    expect(wrong('--micro-batch-size 2', '--micro-batch-size two')).toThrow(/train.sh:18 --micro-batch-size: is "two"/);
    expect(wrong('--seq-length 4096', '--seq-length 0')).toThrow(/--seq-length: is 0, expected a whole number/);
    expect(wrong('--num-layers', '--layers')).toThrow(/gives no --num-layers/);
    expect(wrong('--global-batch-size 64', '--num-layers-per-virtual-pipeline-stage 5')).toThrow(
      /5 layers do not divide 24 layers on 2 stages/,
    );
  });
});

describe('other tools', () => {
  test('NeMo: interpolations, chunks a rank, the distributed optimizer', () => {
    expect(read('nemo.yaml')).toMatchObject({
      gpus: 32,
      scenario: {
        job: {
          model: { ffn: 8192, layers: 24, positions: 'learned' },
          parallel: { tensor: 4, pipeline: 2, virtualStages: 3, zero: 1, sequenceParallel: true },
          schedule: 'interleaved',
          options: { p2p: 'async' },
        },
      },
    });
  });

  test('GPT-NeoX: hyphens, its loose JSON, the batch from the GPUs', () => {
    const job = {
      parallel: { tensor: 2, pipeline: 2, zero: 1 },
      globalBatch: 4 * 8 * 8,
      precision: 'fp16',
      recompute: 'full',
    };
    expect(read('neox.yml', 32)?.scenario).toMatchObject({ job });
    expect(() => read('neox.yml')).toThrow(/train_batch_size: is missing, and nothing says how many GPUs there are/);
  });

  test('DeepSpeed: two batch sizes give the third, conflicts are named, the model comes from flags', () => {
    const config = read('deepspeed.json');
    expect(config?.scenario).toMatchObject({
      job: { globalBatch: 512, microBatch: 2, parallel: { zero: 3 }, precision: 'bf16' },
    });
    expect(config?.warnings.join()).toMatch(
      /deepspeed.json:6: zero_optimization.zero_quantized_weights: messages are not quantised/,
    );
    const conflict = text('deepspeed.json').replace('"bf16"', '"gradient_accumulation_steps": 3, "bf16"');
    expect(() => readTrainingConfig(conflict, 'd.json')).toThrow(
      /d.json:3 train_batch_size: 512 is no multiple of 2 x 3/,
    );
    expect(() =>
      readTrainingConfig('{"zero_optimization": {"stage": 5}, "train_batch_size": 8}', 'd.json', { gpus: 8 }),
    ).toThrow(/stage: is 5/);
  });

  test('torchtitan: hybrid sharding, batch from the GPUs, unknown flavors', () => {
    expect(read('train.toml')).toMatchObject({
      gpus: 32,
      scenario: {
        job: {
          model: 'llama-3.1-8b',
          globalBatch: 16,
          parallel: { tensor: 2, zero: 3 },
          recompute: 'full',
          options: { shardGroup: 8 },
        },
      },
    });
    expect(() => readTrainingConfig(text('train.toml').replace('8B', '9B'), 't.toml')).toThrow(
      /t.toml:3 model.flavor: llama3\/9B has no sizes here/,
    );
    expect(() => readTrainingConfig('[model\nname = 3', 't.toml')).toThrow(/t.toml:1/);
  });

  test('a scenario is none of them', () => {
    expect(readTrainingConfig('job: { model: llama-3.1-8b }\ncluster: h100-rail-clos\n', 's.yaml')).toBeUndefined();
  });
});

test('`replay train.sh --cluster …` just works, and says what it assumed', () => {
  const { code, stdout, stderr } = regatta([
    'replay',
    fixture('training-config/train.sh'),
    '--cluster',
    'h100-rail-clos',
    '--json',
  ]);
  expect(code, stderr).toBe(0);
  const report = JSON.parse(stdout);
  expect(report.points[0].gpus).toBe(32);
  expect(report.scenario.job.model.layers).toBe(24);
  expect(stderr).toContain('--some-new-switch is not understood');
  const bare = regatta(['replay', fixture('training-config/train.sh')]);
  expect(bare.code).toBe(2);
  expect(bare.stderr).toMatch(/^error: .*cluster: is missing/m);
});

const samples = join(import.meta.dirname, '../../../shared/samples');
const folders = ['megatron-args', 'megatron-launch', 'nemo', 'gpt-neox', 'deepspeed', 'torchtitan'];
describe.skipIf(!existsSync(samples))(`samples (skipped when ${samples} is not there)`, () => {
  if (!existsSync(samples)) console.log(`skipped: ${samples} is not there`);
  const files = existsSync(samples)
    ? folders.flatMap((folder) => readdirSync(join(samples, folder)).map((name) => join(folder, name)))
    : [];
  test.each(files)('%s is read and runs', (name) => {
    const flags = name.startsWith('deepspeed') ? ['job.model=llama-3.1-8b', 'job.sequenceLength=2048'] : [];
    const gpus = name.includes('gpt3_moe') ? 16 : ({ 'gpt-neox': 96, deepspeed: 4 }[name.split('/')[0] ?? ''] ?? 256);
    const resolution = resolveScenario({
      source: join(samples, name),
      sets: ['cluster=h100-rail-clos', ...flags],
      readText: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
      gpus,
    });
    const own = resolution.gpus === undefined ? [gpus] : [];
    const [point] = scalingPoints(resolution, { gpus: own, scaling: 'strong' }).points;
    if (!point) throw new Error('no point');
    expect(simulateStep(point.job, point.cluster).mfu).toBeGreaterThan(0.05);
    for (const warning of resolution.warnings) expect(warning).toContain(name);
  });
});
