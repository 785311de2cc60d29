import { scheduleOrder, stageMemory } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { oracleCases } from '../support/oracle.js';
import { oracleModel } from '../support/oracle-models.js';
import { testJob } from '../support/plans.js';
import { noteWhenEmpty } from '../support/reference.js';

interface Input {
  model: string;
  s: number;
  b: number;
  t: number;
  p: number;
  D: number;
  v: number;
  microbatches: number;
  sequenceParallel: boolean;
  recompute: 'none' | 'selective' | 'full';
  zero: 0 | 1 | 2 | 3;
  stage: number;
  bytesPerParameter: { weights: number; grads: number; optimizer: number };
}
type Expected = Record<'parameters' | 'stateBytes' | 'activationBytes' | 'totalBytes', number>;

describe('memory: state and activation bytes of one rank (spec/model.md 3.1-3.3)', () => {
  const cases = oracleCases<Input, Expected>('memory.json', {
    input: 'model s b t p D v microbatches sequenceParallel recompute zero stage bytesPerParameter'.split(' '),
    expected: ['parameters', 'stateBytes', 'activationBytes', 'totalBytes'],
  });
  noteWhenEmpty(cases.length, 'memory.json', test);
  for (const { id, input, expected, relativeTolerance, check } of cases) {
    test(id, () => {
      check();
      const { bytesPerParameter: bytes } = input;
      expect([bytes.weights, bytes.optimizer]).toEqual([2, 12]);
      const base = testJob(
        {
          tensor: input.t,
          pipeline: input.p,
          data: input.D,
          virtualStages: input.v,
          sequenceParallel: input.sequenceParallel,
          zero: input.zero,
        },
        {
          model: oracleModel(input.model),
          sequenceLength: input.s,
          microBatch: input.b,
          globalBatch: input.microbatches * input.b * input.D,
          recompute: input.recompute,
        },
      );
      const job = { ...base, options: { ...base.options, gradientBytes: bytes.grads } };
      const schedule = scheduleOrder(job.schedule, {
        pipeline: input.p,
        virtualStages: input.v,
        microBatches: input.microbatches,
      });
      const memory = stageMemory(job, schedule, input.stage);
      const state = memory.weightsBytes + memory.gradientsBytes + memory.optimizerBytes;
      const found: Expected = {
        parameters: memory.parameters,
        stateBytes: state,
        activationBytes: memory.activationsBytes,
        totalBytes: state + memory.activationsBytes,
      };
      for (const [key, value] of Object.entries(expected)) {
        expect(Math.abs(found[key as keyof Expected] / value - 1), key).toBeLessThanOrEqual(relativeTolerance);
      }
    });
  }
});
