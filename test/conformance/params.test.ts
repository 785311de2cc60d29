import { parameterCount } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { oracleCases } from '../support/oracle.js';
import { type OracleModel, shapeOf } from '../support/oracle-models.js';
import { noteWhenEmpty } from '../support/reference.js';

interface Expected {
  total: number;
  active: number;
  embedding: number;
  head: number;
  positions: number;
  perDenseLayer: number;
  perMoeLayer: number;
}
const modelFields =
  'name L h a g d f V gated norm biasQkv biasO biasMlp tied sPos embNorm E k fe Es Ldense routerBias mla'.split(' ');

describe('params: exact parameter counts (spec/model.md 1.1)', () => {
  const cases = oracleCases<{ model: OracleModel }, Expected>('params.json', {
    input: ['model'],
    expected: ['total', 'active', 'embedding', 'head', 'positions', 'perDenseLayer', 'perMoeLayer'],
  });
  noteWhenEmpty(cases.length, 'params.json', test);
  for (const { id, input, expected, check } of cases) {
    test(id, () => {
      check();
      for (const key of Object.keys(input.model)) expect(modelFields).toContain(key);
      expect(parameterCount(shapeOf(input.model))).toEqual(expected);
    });
  }
});
