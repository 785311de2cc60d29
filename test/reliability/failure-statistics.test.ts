import { failureProfiles } from '@regatta/scenarios';
import {
  drawFailures,
  expectedWall,
  type FailureComponent,
  type FailureModel,
  JobNodes,
  longRunTrial,
  optimalInterval,
  pairedComparison,
  type RunEvent,
  runJob,
  synchronousScheme,
} from '@regatta/sim-core';
import { recoverableJob } from '@regatta/sim-core/testing';
import { describe, expect, test } from 'vitest';
import { failure, waiting } from '../support/job-under-failures.js';

const domains = {
  nodes: 64,
  spares: 0,
  gpusPerNode: 8,
  nicsPerNode: 8,
  nodesPerSwitch: 32,
  switchesPerGroup: 8,
  nodesPerRack: 4,
};
const component: FailureComponent = {
  name: 'node',
  level: 'node',
  mode: 'stop',
  mtbfHours: 1000,
  distribution: 'exponential',
  detectSeconds: 0,
  repairHours: 0,
};
const hour = 3600;
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: readonly number[]): number => {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
};

/** Largest distance between the empirical distribution and `cumulative`, times the root of the count. */
function kolmogorovSmirnov(values: readonly number[], cumulative: (value: number) => number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const distance = sorted.reduce((most, value, i) => {
    const share = cumulative(value);
    return Math.max(most, (i + 1) / n - share, share - i / n);
  }, 0);
  return distance * Math.sqrt(n);
}
/** Critical value at 0.001. */
const critical = Math.sqrt(-Math.log(0.0005) / 2);

describe('failures of independent nodes (spec/reliability.md 7.1)', () => {
  test('counts are Poisson', () => {
    const window = 400 * hour;
    const counts = Array.from(
      { length: 400 },
      (_, trial) => drawFailures({ components: [component] }, domains, window, { seed: 7, trial }).length,
    );
    const expected = (64 * 400) / 1000;
    expect(Math.abs(mean(counts) - expected)).toBeLessThan(3.5 * Math.sqrt(expected / counts.length));
    expect(variance(counts) / mean(counts)).toBeGreaterThan(0.8);
    expect(variance(counts) / mean(counts)).toBeLessThan(1.25);
  });

  test('gaps between them are exponential; those of a Weibull component are Weibull', () => {
    const gapsOf = (one: FailureComponent, nodes: number): number[] => {
      const events = drawFailures({ components: [one] }, { ...domains, nodes }, 40_000 * hour, { seed: 11, trial: 3 });
      return events.map(({ timeSeconds }, i) => timeSeconds - (events[i - 1]?.timeSeconds ?? 0));
    };
    const exponential = gapsOf(component, 64);
    expect(exponential.length).toBeGreaterThan(2000);
    const rate = 64 / (1000 * hour);
    expect(kolmogorovSmirnov(exponential, (gap) => 1 - Math.exp(-rate * gap))).toBeLessThan(critical);
    const shape = 1.7;
    const weibull = gapsOf({ ...component, mtbfHours: 20, distribution: 'weibull', shape }, 1);
    // Gamma(1 + 1/1.7), from tables.
    const scale = (20 * hour) / 0.892245;
    expect(weibull.length).toBeGreaterThan(1500);
    expect(kolmogorovSmirnov(weibull, (gap) => 1 - Math.exp(-((gap / scale) ** shape)))).toBeLessThan(critical);
    expect(kolmogorovSmirnov(weibull, (gap) => 1 - Math.exp(-gap / (20 * hour)))).toBeGreaterThan(critical);
  });

  test('one job of 2N nodes at a rate is N nodes at twice the rate', () => {
    const counts = (nodes: number, mtbfHours: number): number[] =>
      Array.from(
        { length: 300 },
        (_, trial) =>
          drawFailures({ components: [{ ...component, mtbfHours }] }, { ...domains, nodes }, 200 * hour, {
            seed: `${nodes}`,
            trial,
          }).length,
      );
    const [wide, narrow] = [counts(128, 1000), counts(64, 500)];
    const error = Math.sqrt((variance(wide) + variance(narrow)) / 300);
    expect(Math.abs(mean(wide) - mean(narrow))).toBeLessThan(3.5 * error);
  });

  test('fewer failures by thinning: a part of the same ones', () => {
    const drawn = (mtbfHours: number) =>
      drawFailures({ components: [{ ...component, mtbfHours, baseMtbfHours: 500 }] }, domains, 2000 * hour, {
        seed: 5,
        trial: 0,
      }).map(({ timeSeconds, firstNode }) => `${timeSeconds} ${firstNode}`);
    const [many, few] = [drawn(500), drawn(1500)];
    expect(few.length).toBeLessThan(many.length / 2);
    for (const event of few) expect(many).toContain(event);
  });

  test('node 17 fails at the same moments in a job of any size, with its followers, whatever else may fail', () => {
    const model = { components: [component], correlated: { probability: 0.4, withinSeconds: 600 } };
    const software: FailureComponent = { ...component, name: 'bug', level: 'software', mtbfHours: 100 };
    const of17 = (given: FailureModel, nodes: number, horizon: number) =>
      drawFailures(given, { ...domains, nodes }, horizon, { seed: 9, trial: 4 })
        .filter((event) => event.instance === 17 && given.components[event.component]?.name === 'node')
        .map(({ timeSeconds, firstNode }) => `${timeSeconds} ${firstNode}`);
    const alone = of17(model, 64, 30_000 * hour);
    expect(alone.length).toBeGreaterThan(30);
    expect(of17(model, 4096, 30_000 * hour)).toEqual(alone);
    expect(of17({ ...model, components: [software, component] }, 64, 30_000 * hour)).toEqual(alone);
    expect(of17(model, 64, 60_000 * hour).slice(0, alone.length - 1)).toEqual(alone.slice(0, -1));
  });

  test('twice the failures never give more goodput in expectation: whole trials, the fewer a part of the more', () => {
    const goodput = (mtbfHours: number): number[] =>
      Array.from({ length: 200 }, (_, trial) => {
        const one = { ...component, mtbfHours, baseMtbfHours: 250, detectSeconds: 60, repairHours: 12 };
        const books = longRunTrial(
          {
            plan: {
              solveSeconds: Number.POSITIVE_INFINITY,
              checkpoint: synchronousScheme(1800, 60, 30),
              restartSeconds: 300,
              stepSeconds: 10,
              horizonSeconds: hour,
            },
            failures: { components: [one] },
            domains: { ...domains, nodes: 8, spares: 1 },
            recovery: waiting(recoverableJob()),
            windowSeconds: 30 * 24 * hour,
          },
          { seed: 3, trial },
        );
        return books.work / books.wall;
      });
    const [many, some, few] = [250, 500, 1000].map(goodput);
    expect(pairedComparison(some ?? [], many ?? []).interval[0]).toBeGreaterThan(0);
    expect(pairedComparison(few ?? [], some ?? []).interval[0]).toBeGreaterThan(0);
  });

  test('failures are drawn as far as a job needs them: the same books as with all of its window', () => {
    const one = { ...component, mtbfHours: 200, detectSeconds: 60, repairHours: 30 };
    const run = {
      plan: {
        solveSeconds: 200 * hour,
        checkpoint: synchronousScheme(1800, 60, 30),
        restartSeconds: 300,
        stepSeconds: 10,
        horizonSeconds: hour,
      },
      failures: { components: [one], correlated: { probability: 0.2, withinSeconds: 60 } },
      domains: { ...domains, nodes: 8 },
      recovery: waiting(recoverableJob()),
    };
    let beyond = 0;
    for (let trial = 0; trial < 30; trial++) {
      const seed = { seed: 3, trial };
      const books = longRunTrial({ ...run, windowSeconds: 1e9 }, seed);
      const at = [400, 1600].map((hours) => longRunTrial({ ...run, windowSeconds: hours * hour }, seed));
      const ended = at.find(({ finished }) => finished);
      expect(books.finished).toBe(true);
      if (books.wall > 400 * hour) beyond++;
      if (ended) expect(books).toEqual(ended);
    }
    expect(beyond).toBeGreaterThan(3);
    expect(beyond).toBeLessThan(28);
  });

  test('shares by cause of the Llama 3 profile are those of the counts', () => {
    const { components = [] } = failureProfiles.find(({ name }) => name === 'llama3-2024') ?? {};
    const events = Array.from({ length: 20 }, (_, trial) =>
      drawFailures({ components }, { ...domains, nodes: 2048 }, 54 * 24 * hour, { seed: 2, trial }),
    )
      .flat()
      .filter(({ component: index }) => components[index]?.mode === 'stop');
    const share = (name: string): number =>
      events.filter(({ component: index }) => components[index]?.name === name).length / events.length;
    for (const [name, count] of [
      ['gpu', 148],
      ['gpu-memory', 72],
      ['software', 54],
    ] as const) {
      const expected = count / 419;
      const error = Math.sqrt((expected * (1 - expected)) / events.length);
      expect(Math.abs(share(name) - expected)).toBeLessThan(3.5 * error);
    }
  });
});

/** Failures of a whole job as a Poisson process, from the first stream of a trial. */
function strikes(mtbf: number, down: number, until: number, trial: number): RunEvent[] {
  const job: FailureComponent = { ...component, level: 'software', mtbfHours: mtbf / hour };
  const drawn = drawFailures({ components: [job] }, domains, until, { seed: 'strikes', trial });
  return drawn.map(({ timeSeconds }) => ({ ...failure, time: timeSeconds, nodeCount: 0, detectSeconds: down }));
}

describe('checkpoint intervals (spec/reliability.md 7.5, 7.6)', () => {
  const write = 20;
  const mtbf = 3000;
  const wallWith = (
    interval: number,
    seconds: { write: number; restart: number; down: number },
    trials: number,
  ): number =>
    mean(
      Array.from(
        { length: trials },
        (_, trial) =>
          runJob(
            {
              solveSeconds: 20_000,
              checkpoint: synchronousScheme(interval, seconds.write, 0),
              restartSeconds: seconds.restart,
              stepSeconds: 1,
              horizonSeconds: 0,
            },
            new JobNodes(waiting(recoverableJob()), 0),
            strikes(mtbf, seconds.down, 400_000, trial),
            400_000,
          ).wall,
      ),
    );

  test('a sweep has its least cost within 1 % of the cost at the exact optimum', () => {
    const best = optimalInterval(write, mtbf);
    const seconds = { write, restart: 60, down: 30 };
    const intervals = [best / 4, best / 2, best / 1.4, best, best * 1.4, best * 2, best * 4];
    const costs = intervals.map((interval) => wallWith(interval, seconds, 300));
    expect(wallWith(best, seconds, 300) / Math.min(...costs)).toBeLessThan(1.01);
    expect(Math.max(...costs) / Math.min(...costs)).toBeGreaterThan(1.03);
    const exact = expectedWall({ solve: 20_000, interval: best, write, restart: 60, down: 30, mtbf });
    expect(Math.abs(wallWith(best, seconds, 300) / exact - 1)).toBeLessThan(0.02);
  });

  test('nothing that costs time and intervals towards 0: ETTR goes to 1', () => {
    const free = { write: 0, restart: 0, down: 0 };
    const lossOf = (interval: number): number => 1 - 20_000 / wallWith(interval, free, 100);
    expect(lossOf(1)).toBeLessThan(1e-3);
    expect(lossOf(100)).toBeGreaterThan(lossOf(10));
  });
});
