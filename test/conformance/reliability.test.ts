import {
  CounterRandom,
  dalyInterval,
  expectedEttr,
  expectedWall,
  firstOrderEttr,
  optimalInterval,
  type PhaseInterval,
  pairedComparison,
  restartRun,
  youngInterval,
} from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { noteWhenEmpty, readReference } from '../support/reference.js';

const list = <T>(file: string, key: string): T[] => {
  const content = readReference('failures', file);
  if (typeof content !== 'object' || content === null) return [];
  const value: unknown = Object.entries(content).find(([name]) => name === key)?.[1];
  return Array.isArray(value) ? value : [];
};
const close = (found: number, expected: number, tolerance: number, what: string): void => {
  expect(Math.abs(found - expected), what).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));
};
const knows = (value: object, fields: string): void => {
  for (const key of Object.keys(value)) expect(fields.split(' ')).toContain(key);
};

interface Timeline {
  id: string;
  solveTime: number;
  computeInterval: number;
  checkpointWrite: number;
  restart: number;
  downtime: number;
  failureTimes: number[];
  timeline: { segments: PhaseInterval[] } & Record<string, number>;
}

describe('timelines: exact segments of runs with given failures (spec/reliability.md 7.3)', () => {
  const timelines = list<Timeline>('timelines.json', 'timelines');
  noteWhenEmpty(timelines.length, 'timelines.json', test);
  for (const item of timelines) {
    test(item.id, () => {
      knows(item, 'id solveTime computeInterval checkpointWrite restart downtime failureTimes timeline');
      knows(item.timeline, 'segments wall useful lost checkpoint down restart goodput');
      const found: PhaseInterval[] = [];
      const books = restartRun(
        { solve: item.solveTime, interval: item.computeInterval, write: item.checkpointWrite, restart: item.restart },
        item.failureTimes.map((time) => ({ time, downUntil: (at: number) => at + item.downtime })),
        Number.POSITIVE_INFINITY,
        (interval) => found.push(interval),
      );
      expect(found.map(([kind]) => kind)).toEqual(item.timeline.segments.map(([kind]) => kind));
      found.forEach(([, start, end], i) => {
        close(start, item.timeline.segments[i]?.[1] ?? Number.NaN, 1e-9, `start ${i}`);
        close(end, item.timeline.segments[i]?.[2] ?? Number.NaN, 1e-9, `end ${i}`);
      });
      for (const key of ['wall', 'useful', 'lost', 'checkpoint', 'down', 'restart'] as const) {
        close(books[key], item.timeline[key] ?? Number.NaN, 1e-9, key);
      }
      close(books.useful / books.wall, item.timeline.goodput ?? Number.NaN, 1e-9, 'goodput');
    });
  }
});

interface RunCase {
  id: string;
  solveTime: number;
  computeInterval: number;
  checkpointWrite: number;
  restart: number;
  downtime: number;
  mtbf: number;
  expectedWall: number;
  expectedEttr: number;
  firstOrderEttr?: number;
}

describe('closed forms: expected wall time (3.2), ETTR (5.1)', () => {
  const runs = list<RunCase>('closed-forms.json', 'expectedRunTime');
  noteWhenEmpty(runs.length, 'closed-forms.json', test);
  for (const item of runs) {
    test(item.id, () => {
      knows(
        item,
        'id unit solveTime computeInterval checkpointWrite restart downtime mtbf expectedWall expectedEttr monteCarlo firstOrderEttr',
      );
      const terms = {
        solve: item.solveTime,
        interval: item.computeInterval,
        write: item.checkpointWrite,
        restart: item.restart,
        down: item.downtime,
        mtbf: item.mtbf,
      };
      close(expectedWall(terms), item.expectedWall, 1e-9, 'wall');
      close(expectedEttr(terms), item.expectedEttr, 1e-9, 'ettr');
      if (typeof item.firstOrderEttr === 'number')
        close(firstOrderEttr(terms), item.firstOrderEttr, 1e-9, 'first order');
    });
  }
  /** The runs of section 7.2: as many seeds as they ask for at least, thinner where one run is long. */
  test.each(runs.map((item) => [item.id, item] as const))(
    '%s: means of simulated runs lie within 3.5 standard errors',
    (_, item) => {
      const seeds = item.mtbf < item.computeInterval * 2 ? 2000 : 800;
      const walls = Array.from({ length: seeds }, (__, seed) => {
        const random = new CounterRandom(`${item.id} ${seed}`);
        let time = 0;
        const strikes = Array.from({ length: Math.ceil((item.expectedWall / item.mtbf) * 1.5 + 40) }, (___, draw) => {
          time -= item.mtbf * Math.log1p(-random.uniform(0, draw));
          return { time, downUntil: (at: number) => at + item.downtime };
        });
        const { solveTime: solve, computeInterval: interval, checkpointWrite: write, restart } = item;
        const books = restartRun({ solve, interval, write, restart }, strikes);
        expect(books.wall, 'the failures drawn reach beyond the end').toBeLessThan(time);
        return books.wall;
      });
      const { interval, meanDifference } = pairedComparison(
        walls,
        walls.map(() => item.expectedWall),
      );
      const standardError = (interval[1] - interval[0]) / 2 / 1.96;
      expect(Math.abs(meanDifference)).toBeLessThan(3.5 * standardError);
      expect(standardError / item.expectedWall).toBeLessThan(0.004);
    },
    60_000,
  );

  const intervals = list<{
    unit: string;
    checkpointWrite: number;
    mtbf: number;
    young: number;
    daly: number;
    exact: number;
  }>('closed-forms.json', 'optimalInterval');
  for (const item of intervals) {
    test(`interval of a write of ${item.checkpointWrite} at M ${item.mtbf} ${item.unit}`, () => {
      knows(item, 'unit checkpointWrite mtbf young daly exact');
      close(youngInterval(item.checkpointWrite, item.mtbf), item.young, 1e-9, 'young');
      close(dalyInterval(item.checkpointWrite, item.mtbf), item.daly, 1e-9, 'daly');
      close(optimalInterval(item.checkpointWrite, item.mtbf), item.exact, 1e-9, 'exact');
    });
  }
});
