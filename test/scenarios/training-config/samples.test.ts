import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replayStudy } from '@regatta/scenarios';
import { describe, expect, test } from 'vitest';
import { sharedFolder } from '../../support/reference.js';
import { resolved } from './read.js';

const folder = sharedFolder('samples');
const kinds = ['megatron-launch', 'megatron-args', 'nemo', 'gpt-neox', 'torchtitan', 'deepspeed'];
const samples =
  folder === undefined ? [] : kinds.flatMap((kind) => readdirSync(join(folder, kind)).map((name) => `${kind}/${name}`));

/** GPUs of a sample whose file does not tell them, at which its batch divides. */
const gpusOf = (name: string): number | undefined => {
  if (/launch|nemo/.test(name)) return undefined;
  if (name.includes('20B')) return 96;
  if (/bs4|moe_tp2/.test(name)) return name.includes('bs4') ? 4 : 16;
  return name.includes('bs32') ? 32 : 128;
};
const sets = (name: string): string[] =>
  name.startsWith('deepspeed') ? ['job.model=llama-3.1-8b', 'job.sequenceLength=4096'] : [];

/** What is known of the models and grids of the samples. */
const expected: Readonly<Record<string, { layers: number; hidden: number; tensor: number; pipeline: number }>> = {
  'megatron-launch/train_70b_arrays.sh': { layers: 80, hidden: 8192, tensor: 8, pipeline: 4 },
  'megatron-args/gpt3_15b_tp8pp1.yaml': { layers: 32, hidden: 6144, tensor: 8, pipeline: 1 },
  'megatron-args/gpt3_moe_tp2pp2ep4_a.yaml': { layers: 16, hidden: 1024, tensor: 2, pipeline: 2 },
  'megatron-args/mixtral_8x22b_tp2pp8ep8.yaml': { layers: 56, hidden: 6144, tensor: 2, pipeline: 8 },
  'nemo/gpt3_175b.yaml': { layers: 96, hidden: 12288, tensor: 4, pipeline: 8 },
  'nemo/llama_llama3_1_405b.yaml': { layers: 126, hidden: 16384, tensor: 8, pipeline: 9 },
  'nemo/mixtral_mixtral_8x7b.yaml': { layers: 32, hidden: 4096, tensor: 1, pipeline: 4 },
  'gpt-neox/20B.yml': { layers: 44, hidden: 6144, tensor: 2, pipeline: 4 },
  'torchtitan/deepseek_v3_671b.toml': { layers: 61, hidden: 7168, tensor: 1, pipeline: 1 },
  'torchtitan/llama3_405b.toml': { layers: 126, hidden: 16384, tensor: 8, pipeline: 1 },
  'torchtitan/llama3_8b.toml': { layers: 32, hidden: 4096, tensor: 1, pipeline: 1 },
  'torchtitan/phantora_llama3_8b.toml': { layers: 32, hidden: 4096, tensor: 1, pipeline: 1 },
};

describe('files of other projects', () => {
  if (samples.length === 0) test('skipped: the samples are not there', () => expect(folder).toBeUndefined());
  for (const name of samples) {
    test(`${name} replays`, () => {
      const gpus = gpusOf(name);
      const text = readFileSync(join(folder ?? '', name), 'utf8');
      const resolution = resolved(text, name, { sets: sets(name), ...(gpus === undefined ? {} : { gpus }) });
      const { model, parallel } = resolution.scenario.job;
      if (expected[name])
        expect({
          layers: model.layers,
          hidden: model.hidden,
          tensor: parallel.tensor,
          pipeline: parallel.pipeline,
        }).toEqual(expected[name]);
      const { report } = replayStudy(resolution, { gpus: gpus === undefined ? [] : [gpus], scaling: 'weak' });
      expect(report.points).toHaveLength(1);
      expect(report.points[0]?.gpus).toBe(gpus ?? resolution.gpus);
      expect(report.points[0]?.mfu).toBeGreaterThan(0.01);
      for (const warning of resolution.warnings) expect(warning.startsWith(`${name}:`)).toBe(true);
    });
  }
});
