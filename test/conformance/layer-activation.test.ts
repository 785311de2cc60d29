import { layerActivationBytes } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { oracleCases } from '../support/oracle.js';
import { testJob, testModel } from '../support/plans.js';
import { noteWhenEmpty } from '../support/reference.js';

interface Input {
  s: number;
  b: number;
  h: number;
  a: number;
  t: number;
  sequenceParallel: boolean;
  recompute: 'none' | 'selective' | 'full';
}

describe('layer-activation: bytes of one layer, 16 bit, dropout on (Korthikanti et al. 2022, table 2)', () => {
  const cases = oracleCases<Input, number>('layer-activation.json', {
    input: ['s', 'b', 'h', 'a', 't', 'sequenceParallel', 'recompute'],
  });
  noteWhenEmpty(cases.length, 'layer-activation.json', test);
  for (const { id, input, expected, relativeTolerance, check } of cases) {
    test(id, () => {
      check();
      const { s, b, h, a, t, sequenceParallel, recompute } = input;
      const job = testJob(
        { tensor: t, sequenceParallel },
        {
          model: {
            ...testModel,
            hidden: h,
            heads: a,
            kvHeads: a,
            headDim: h / a,
            ffn: 4 * h,
            dropout: true,
            attention: 'unfused',
          },
          sequenceLength: s,
          microBatch: b,
        },
      );
      const bytes = layerActivationBytes(job, 'dense', recompute);
      expect(Math.abs(bytes / expected - 1)).toBeLessThanOrEqual(relativeTolerance);
    });
  }
});
