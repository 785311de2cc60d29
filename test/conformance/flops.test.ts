import { stepFlops } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { oracleCases } from '../support/oracle.js';
import { oracleModel } from '../support/oracle-models.js';
import { noteWhenEmpty } from '../support/reference.js';

interface Input {
  model: string;
  B: number;
  s: number;
  recompute: 'none' | 'selective' | 'full';
  causal: boolean;
}
type Expected = Record<'forwardLayers' | 'forwardAttentionCore' | 'forwardHead' | 'model' | 'hardware', number>;

describe('flops: FLOP of one step (spec/model.md 1.4)', () => {
  const cases = oracleCases<Input, Expected>('flops.json', {
    input: ['model', 'B', 's', 'recompute', 'causal'],
    expected: ['forwardLayers', 'forwardAttentionCore', 'forwardHead', 'model', 'hardware'],
  });
  noteWhenEmpty(cases.length, 'flops.json', test);
  for (const { id, input, expected, relativeTolerance, check } of cases) {
    test(id, () => {
      check();
      const flops = stepFlops(oracleModel(input.model), {
        globalBatch: input.B,
        sequenceLength: input.s,
        recompute: input.recompute,
        flopConvention: input.causal ? 'causal' : 'full',
      });
      for (const [key, value] of Object.entries(expected)) {
        const found = flops[key as keyof Expected];
        expect(Math.abs(found / value - 1), key).toBeLessThanOrEqual(relativeTolerance);
      }
    });
  }
});
