import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  catalogueScenarios,
  type Resolution,
  replayStudy,
  resolveScenario,
  scenarioJsonSchema,
} from '@regatta/scenarios';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';

const validate = new Ajv2020({ strict: false, allErrors: true }).compile(scenarioJsonSchema());
const errorsOf = (value: unknown): string[] =>
  validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);

const folder = fileURLToPath(new URL('../fixtures/training-config/', import.meta.url));
const cluster = { path: ['cluster'], value: 'h100-rail-clos', flag: '--cluster' };

/** GPUs of a fixture whose file does not tell them, and what only flags give it. */
const needs: Readonly<Record<string, { readonly gpus?: number; readonly sets?: readonly string[] }>> = {
  'deepspeed.json': { gpus: 16, sets: ['job.model=llama-3.1-8b', 'job.sequenceLength=4096'] },
  'small-neox.yml': { gpus: 32 },
};

const catalogue = Object.keys(catalogueScenarios).map(
  (name) => [name, () => resolveScenario({ source: name, readText: () => undefined }), undefined] as const,
);
const readers = readdirSync(folder).map((name) => {
  const { gpus, sets } = needs[name] ?? {};
  return [
    name,
    () =>
      resolveScenario({
        source: name,
        readText: (path) => (path === name ? readFileSync(folder + name, 'utf8') : undefined),
        overrides: [cluster],
        ...(sets === undefined ? {} : { sets }),
        ...(gpus === undefined ? {} : { gpus }),
      }),
    gpus,
  ] as const;
});

/** The smallest count at which a scenario can run: its own where a file told it, else its grid twice. */
const countOf = ({ scenario, gpus }: Resolution, told: number | undefined): number => {
  const { tensor, pipeline, context, expert, expertTensor } = scenario.job.parallel;
  return told ?? gpus ?? tensor * pipeline * context * Math.max(2, (expert * expertTensor) / tensor);
};

describe('the scenario file', () => {
  test.each([...catalogue, ...readers])(
    '%s: the resolved scenario fed back gives the same bytes, and the JSON Schema holds for it',
    (_name, resolve, told) => {
      const resolution = resolve();
      const gpus = [countOf(resolution, told)];
      const first = JSON.stringify(replayStudy(resolution, { gpus, scaling: 'weak' }).report);
      const written = JSON.stringify(JSON.parse(first).scenario, null, 2);
      expect(errorsOf(JSON.parse(written))).toEqual([]);
      const again = resolveScenario({
        source: 'again.json',
        readText: (path) => (path === 'again.json' ? written : undefined),
      });
      expect(again.warnings).toEqual([]);
      expect(JSON.stringify(replayStudy(again, { gpus, scaling: 'weak' }).report)).toBe(first);
    },
  );

  test.each(Object.entries(catalogueScenarios))(
    'the JSON Schema holds for %s as it is written',
    (_name, { scenario }) => {
      expect(errorsOf(scenario)).toEqual([]);
    },
  );

  test('the JSON Schema refuses what the program refuses', () => {
    const good: { job: object; cluster: unknown } = JSON.parse(
      JSON.stringify(catalogueScenarios['gpt3-175b-a100']?.scenario),
    );
    const wrong: readonly object[] = [
      { ...good, jbo: {} },
      { ...good, job: { ...good.job, precision: 'fp12' } },
      { ...good, job: { ...good.job, parallel: { tensor: 0 } } },
      { ...good, job: { ...good.job, microBatch: 1.5 } },
      { job: good.job },
    ];
    for (const value of wrong) {
      expect(errorsOf(value).length).toBeGreaterThan(0);
      const text = JSON.stringify(value);
      expect(() => resolveScenario({ source: 's.json', readText: () => text })).toThrow();
    }
  });

  test('a flag reaches into what another flag named', () => {
    const { scenario } = resolveScenario({
      source: 'gpt3-175b-a100',
      overrides: [{ path: ['job', 'model'], value: 'llama-3.1-8b', flag: '--model' }, cluster],
      sets: ['cluster.nodes=16', 'job.model.layers=16', 'cluster.fabric.oversubscription=2'],
      readText: () => undefined,
    });
    expect(scenario.cluster).toMatchObject({ nodes: 16, gpusPerNode: 8, fabric: { oversubscription: 2 } });
    expect(scenario.job.model).toMatchObject({ layers: 16, hidden: 4096 });
  });
});
