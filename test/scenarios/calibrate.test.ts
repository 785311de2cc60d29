import { calibrate, publishedFileSchema, rowJob } from '@regatta/scenarios';
import { simulateStep } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const row = (id: string, layers: number, stepSeconds: number) => ({
  id,
  model: { layers, hidden: 4096, heads: 32, vocab: 51200, seqLen: 2048 },
  gpu: 'a100_80gb',
  gpus: 16,
  tensorParallel: 4,
  pipelineParallel: 2,
  dataParallel: 2,
  microBatch: 2,
  globalBatch: 64,
  schedule: '1f1b',
  recompute: 'full',
  dtype: 'bf16',
  measured: { stepSeconds },
});

describe('calibrate', () => {
  test('finds the efficiency that made the measurements', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.4, max: 0.9, noNaN: true }), (gemmMax) => {
        const rows = [24, 36].map((layers, i) => {
          const read = rowJob(publishedFileSchema.parse({ rows: [row(`r${i}`, layers, 1)] }).rows[0] ?? never(), 'own');
          if ('skipped' in read) throw new Error(read.skipped);
          const cluster = { ...read.cluster, device: { ...read.cluster.device, gemmMax } };
          return row(`r${i}`, layers, simulateStep(read.job, cluster).stepSeconds);
        });
        const { constants } = calibrate('own', publishedFileSchema.parse({ source: 'own', rows }));
        expect(constants).toHaveLength(1);
        expect(constants[0]?.name).toBe('gemmMax');
        expect(Math.abs((constants[0]?.value ?? 0) - gemmMax)).toBeLessThan(1e-3);
        expect(constants[0]?.errorAfter).toBeLessThan(1e-3);
      }),
      { numRuns: 8 },
    );
  });

  test('a file without usable rows is wrong input', () => {
    const rows = [{ ...row('r', 24, 1), measured: {} }];
    expect(() => calibrate('own.json', publishedFileSchema.parse({ rows }))).toThrow(
      /own\.json rows: no row can be used/,
    );
  });
});

function never(): never {
  throw new Error('no row');
}
