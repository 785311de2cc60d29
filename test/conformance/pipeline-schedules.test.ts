import { dualPipeRepetitions, replaySchedule, type ScheduleName, scheduleOrder } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { oracleCases } from '../support/oracle.js';
import { noteWhenEmpty } from '../support/reference.js';

interface Input {
  schedule: string;
  p: number;
  m: number;
  v: number;
  tF: number;
  tB: number;
  tW: number;
  p2pDelay: number;
}
interface Expected {
  makespan: number;
  busyPerRank: number;
  peakChunksPerRank: number[];
  order: string[][] | null;
}
const names: Record<string, ScheduleName> = {
  gpipe: 'gpipe',
  '1f1b': '1f1b',
  interleaved: 'interleaved',
  zbh1: 'zb-h1',
};

describe('schedules: order, makespan, busy time and peak of each pipeline schedule (spec/model.md 4.5)', () => {
  const cases = oracleCases<Input, Expected>('schedules.json', {
    input: ['schedule', 'p', 'm', 'v', 'tF', 'tB', 'tW', 'p2pDelay'],
    expected: ['makespan', 'busyPerRank', 'peakChunksPerRank', 'order'],
  });
  noteWhenEmpty(cases.length, 'schedules.json', test);
  for (const { id, input, expected, relativeTolerance, check } of cases) {
    test(id, () => {
      check();
      const name = names[input.schedule];
      if (!name) throw new Error(`unknown schedule ${input.schedule}`);
      const schedule = scheduleOrder(name, { pipeline: input.p, virtualStages: input.v, microBatches: input.m });
      const order = schedule.order.map((row) => row.map((o) => `${o.kind}${o.chunk}.${o.microBatch}`));
      if (expected.order) expect(order).toEqual(expected.order);
      const replay = replaySchedule(schedule, {
        forward: input.tF,
        backward: input.tB,
        weight: input.tW,
        pointToPoint: input.p2pDelay,
      });
      expect(Math.abs(replay.makespan / expected.makespan - 1)).toBeLessThanOrEqual(relativeTolerance);
      for (const busy of replay.busyPerRank) {
        expect(Math.abs(busy / expected.busyPerRank - 1)).toBeLessThanOrEqual(relativeTolerance);
      }
      expect(replay.peakChunksPerRank).toEqual(expected.peakChunksPerRank);
    });
  }
});

describe('dualpipe: repetitions of the eight steps (spec/model.md 4.5)', () => {
  const cases = oracleCases<{ schedule: string; p: number; m: number }, { stepRepetitionsPerRank: number[][] }>(
    'dualpipe.json',
    {
      input: ['schedule', 'p', 'm'],
      expected: ['stepRepetitionsPerRank'],
    },
  );
  noteWhenEmpty(cases.length, 'dualpipe.json', test);
  for (const { id, input, expected, check } of cases) {
    test(id, () => {
      check();
      expect(dualPipeRepetitions(input.p, input.m)).toEqual(expected.stepRepetitionsPerRank);
      if (input.m >= 2 * input.p) {
        const schedule = scheduleOrder('dualpipe', { pipeline: input.p, virtualStages: 1, microBatches: input.m });
        const replay = replaySchedule(schedule, { forward: 1, backward: 1, weight: 1, pointToPoint: 0 });
        expect(replay.busyPerRank.every((busy) => busy === 3 * input.m)).toBe(true);
      }
    });
  }
});
