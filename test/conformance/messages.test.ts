import { type MessageSizes, messageSizes } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { oracleCases } from '../support/oracle.js';
import { oracleModel } from '../support/oracle-models.js';
import { noteWhenEmpty } from '../support/reference.js';

interface Input {
  tokensOnCpRank: number;
  model: string;
  t: number;
  c: number;
  e: number;
  sequenceParallel: boolean;
  fullRecompute: boolean;
  parametersOnRank: number;
  elementBytes: number;
  gradientBytes: number;
}
const names: Record<string, keyof MessageSizes> = {
  tpPerOp: 'tensorPerOperation',
  tpOpsPerLayer: 'tensorOperationsPerLayer',
  ppSend: 'pipelineSend',
  dpGradient: 'dataGradient',
  dpParamGather: 'dataParameterGather',
  cpRingPerHop: 'contextRingPerHop',
  cpAllGatherTotal: 'contextAllGather',
  epAllToAllSentPerRank: 'expertAllToAll',
};

describe('messages: bytes of what a step sends (spec/model.md 4.2)', () => {
  const cases = oracleCases<Input, Record<string, number>>('messages.json', {
    input:
      'tokensOnCpRank model t c e sequenceParallel fullRecompute parametersOnRank elementBytes gradientBytes'.split(
        ' ',
      ),
    expected: Object.keys(names),
  });
  noteWhenEmpty(cases.length, 'messages.json', test);
  for (const { id, input, expected, relativeTolerance, check } of cases) {
    test(id, () => {
      check();
      const sizes = messageSizes(oracleModel(input.model), {
        tokensOnContextRank: input.tokensOnCpRank,
        tensor: input.t,
        context: input.c,
        expert: input.e,
        sequenceParallel: input.sequenceParallel,
        fullRecompute: input.fullRecompute,
        parametersOnRank: input.parametersOnRank,
        elementBytes: input.elementBytes,
        gradientBytes: input.gradientBytes,
      });
      for (const [key, value] of Object.entries(expected)) {
        const found = sizes[names[key] ?? 'tensorPerOperation'] ?? Number.NaN;
        expect(Math.abs(found / value - 1), key).toBeLessThanOrEqual(relativeTolerance);
      }
    });
  }
});
