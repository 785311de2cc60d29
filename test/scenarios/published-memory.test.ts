import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogueDevice, readPublished, rowJob, scoreMemory } from '@regatta/scenarios';
import { stepMemory } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { referenceFolder } from '../support/reference.js';

const published = (name: string) =>
  readPublished(readFileSync(join(referenceFolder, 'published', `${name}.json`), 'utf8'), name);

describe('published readings of memory', () => {
  for (const name of ['bloom-176b', 'korthikanti-2022', 'torchtitan']) {
    test(`${name}: mean error of its peaks within 10 %`, () => {
      const peaks = scoreMemory(name, published(name)).rows.filter(({ part }) => part === 'peak');
      expect(peaks.length).toBeGreaterThan(0);
      const mean = (of: (row: (typeof peaks)[number]) => number): number =>
        peaks.reduce((sum, row) => sum + of(row), 0) / peaks.length;
      console.log(
        `${name}: ${(100 * mean((row) => row.error)).toFixed(1)} %, bias ${(100 * mean((row) => row.signedError)).toFixed(1)} %`,
      );
      expect(mean((row) => row.error)).toBeLessThan(0.1);
    });
  }

  test('at most one run in a hundred of those that ran is said not to fit', () => {
    const names = ['bloom-176b', 'llama3-405b', 'mlperf-training', 'nvidia-nemo-performance', 'torchtitan'];
    const fits = names.map((name) => scoreMemory(name, published(name)).fit);
    const ran = fits.reduce((sum, fit) => sum + fit.fitsAndRan, 0);
    const wrong = fits.flatMap((fit) => fit.wrong);
    console.log(`said not to fit, but ran: ${wrong.join(', ')}`);
    expect(ran).toBeGreaterThan(0);
    expect(wrong.length / ran).toBeLessThan(0.01);
  });
});

describe('what certainly runs out of memory', () => {
  /** Trials of BigScience's tr11-176B that the chronicle marks OOM: [layers, hidden, tensor, pipeline, data, micro-batch, section]. */
  const trials: readonly [number, number, number, number, number, number, string][] = [
    [72, 14336, 8, 1, 48, 1, 'GBS Variations'],
    [72, 14336, 2, 6, 32, 2, 'GBS Variations'],
    [72, 14336, 2, 6, 32, 1, 'GBS Variations'],
    [100, 12288, 4, 6, 16, 2, 'Rebalancing layers'],
    [100, 12288, 4, 6, 16, 1, 'Rebalancing layers'],
  ];

  test('trials of 176B that ran out, in the confusion table', () => {
    const rows = trials.map(
      ([layers, hidden, tensorParallel, pipelineParallel, dataParallel, microBatch, section], i) => ({
        id: `trial/${i}`,
        section,
        model: { name: 'GPT', layers, hidden, heads: 64, vocab: 250880, seqLen: 2048 },
        gpu: 'a100_80gb',
        gpus: tensorParallel * pipelineParallel * dataParallel,
        tensorParallel,
        pipelineParallel,
        dataParallel,
        microBatch,
        zeroStage: 1,
        globalBatch: 2016 - (2016 % (microBatch * dataParallel)),
        recompute: 'full',
        dtype: 'bf16',
        schedule: '1f1b (DeepSpeed)',
        measured: { outOfMemory: true },
      }),
    );
    const source = 'BigScience tr11-176B chronicles';
    const { fit } = scoreMemory('trials', readPublished(JSON.stringify({ source, rows }), 'trials'));
    expect(fit).toEqual({ fitsAndRan: 0, fitsAndRanOut: 0, doesNotFitAndRan: 0, doesNotFitAndRanOut: 5, wrong: [] });
  });

  test('MPT-70B and 30B as MosaicML ran them, had they not recomputed', () => {
    const file = published('mosaicml-llm-foundry');
    const rows = file.rows.filter((row) => /70b/i.test(row.model.name ?? '') && (row.microBatch ?? 0) >= 4);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const read = rowJob(row, file.source ?? '');
      if ('skipped' in read) throw new Error(read.skipped);
      expect(stepMemory(read.job, read.cluster).fits, row.id).toBe(true);
      expect(stepMemory({ ...read.job, recompute: 'none' }, read.cluster).fits, row.id).toBe(false);
    }
  });

  test('405B over the tensor ranks of one H100 node', () => {
    const device = catalogueDevice('h100-sxm-80gb');
    if (!device) throw new Error('no device');
    const file = published('llama3-405b');
    const row = file.rows[0];
    const read = row && rowJob(row, file.source ?? '');
    if (!read || 'skipped' in read) throw new Error('no row');
    const { job, cluster } = read;
    const parallel = { ...job.parallel, pipeline: 1, data: 1, virtualStages: 1 };
    const alone = { ...job, parallel, schedule: '1f1b' as const, globalBatch: 8, recompute: 'full' as const };
    const memory = stepMemory(alone, { ...cluster, nodes: 1 });
    expect(memory.fits).toBe(false);
    expect(memory.peakBytes).toBeGreaterThan(5 * device.memoryBytes);
  });
});
