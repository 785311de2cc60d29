import { addFits, readPublished, scoreFile, scoreMemory } from '@regatta/scenarios';
import { describe, expect, test } from 'vitest';

const row = (id: string, measured: Record<string, unknown>, microBatch = 1) => ({
  id,
  model: { name: 'GPT 7.5B', layers: 36, hidden: 4096, heads: 32, vocab: 51200, seqLen: 2048 },
  gpu: 'a100_80gb',
  gpus: 8,
  tensorParallel: 8,
  pipelineParallel: 1,
  dataParallel: 1,
  microBatch,
  globalBatch: microBatch * 8,
  recompute: 'none',
  dtype: 'bf16',
  measured,
});
const file = (rows: readonly unknown[]) => readPublished(JSON.stringify({ source: 'mine', rows }), 'mine.json');

describe('memory readings', () => {
  test('a peak, and parts that a source counts apart; a row of memory alone is not scored for time', () => {
    const rows = [
      row('peak', { stepSeconds: 1, memoryGiB: 30 }),
      row('parts', { memoryGiB: 40, memoryActivationsGiB: 20, memoryParamsOptimizerGiB: 20 }),
    ];
    const { rows: readings } = scoreMemory('mine', file(rows));
    expect(readings.map(({ id, part }) => `${id} ${part}`)).toEqual([
      'peak peak',
      'parts peak',
      'parts weights, gradients and optimizer',
      'parts activations',
    ]);
    const [peak, sum, state, activations] = readings.map(({ predictedBytes }) => predictedBytes);
    expect(sum).toBeCloseTo((state ?? 0) + (activations ?? 0), 3);
    expect(peak).toBeGreaterThan(sum ?? 0);
    expect(scoreFile('mine', file(rows)).unscored.map(({ id }) => id)).toEqual(['parts']);
  });

  test('the confusion table: who fits, who ran, who ran out', () => {
    const rows = [
      row('small', { stepSeconds: 1 }),
      row('huge, ran', { stepSeconds: 1 }, 64),
      row('huge, ran out', { outOfMemory: true }, 64),
      row('small, ran out', { outOfMemory: true }),
    ];
    const { fit } = scoreMemory('mine', file(rows));
    expect(fit).toEqual({
      fitsAndRan: 1,
      fitsAndRanOut: 1,
      doesNotFitAndRan: 1,
      doesNotFitAndRanOut: 1,
      wrong: ['huge, ran', 'small, ran out'],
    });
    expect(addFits([fit, fit]).doesNotFitAndRan).toBe(2);
  });
});
