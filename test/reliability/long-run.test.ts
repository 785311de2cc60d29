import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failureProfiles, longRunStudy, resolveScenario } from '@regatta/scenarios';
import {
  drawFailures,
  expectedWall,
  failureRatePerHour,
  RandomStreams,
  restartRun,
  type Strike,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceFolder } from '../support/reference.js';

/** Failures of a Poisson process of mean gap M, long enough for any run here. */
function poisson(mtbf: number, down: number, until: number, name: string): Strike[] {
  const stream = new RandomStreams(1).stream(name);
  const strikes: Strike[] = [];
  for (let time = stream.exponential(mtbf); time < until; time += stream.exponential(mtbf)) {
    strikes.push({ time, downUntil: (at) => at + down });
  }
  return strikes;
}

describe('restartRun', () => {
  test('means agree with the exact expected wall time within 3.5 standard errors', () => {
    const terms = { solve: 2000, interval: 60, write: 3, restart: 8, down: 4, mtbf: 180 };
    const walls = Array.from({ length: 600 }, (_, trial) => {
      const books = restartRun(terms, poisson(terms.mtbf, terms.down, 60_000, `trial ${trial}`));
      expect(books.finished).toBe(true);
      return books.wall;
    });
    const mean = walls.reduce((a, b) => a + b, 0) / walls.length;
    const deviation = Math.sqrt(walls.reduce((sum, wall) => sum + (wall - mean) ** 2, 0) / (walls.length - 1));
    expect(Math.abs(mean - expectedWall(terms))).toBeLessThan((3.5 * deviation) / Math.sqrt(walls.length));
  });

  test('without failures: the work and its writes, exactly; books balance whatever strikes', () => {
    fc.assert(
      fc.property(
        fc.record({
          solve: fc.integer({ min: 1, max: 500 }),
          interval: fc.integer({ min: 1, max: 100 }),
          write: fc.integer({ min: 0, max: 10 }),
          restart: fc.integer({ min: 0, max: 10 }),
        }),
        fc.array(fc.tuple(fc.nat(600), fc.nat(20)), { maxLength: 30 }),
        (phases, failures) => {
          const calm = restartRun(phases, []);
          expect(calm.wall).toBeCloseTo(
            phases.solve + phases.write * (Math.ceil(phases.solve / phases.interval) - 1),
            9,
          );
          const strikes = failures
            .sort((a, b) => a[0] - b[0])
            .map(([time, down]) => ({ time, downUntil: (at: number) => at + down }));
          const books = restartRun(phases, strikes);
          expect(books.useful).toBeCloseTo(phases.solve, 9);
          expect(books.wall).toBeGreaterThanOrEqual(calm.wall - 1e-9);
        },
      ),
    );
  });
});

describe('failures', () => {
  const llama = failureProfiles.find(({ name }) => name === 'llama3-2024');
  const domains = {
    nodes: 2048,
    spares: 0,
    gpusPerNode: 8,
    nicsPerNode: 8,
    nodesPerSwitch: 32,
    switchesPerGroup: 8,
    nodesPerRack: 4,
  };

  test('the Llama 3 profile gives 419 failures in 54 days, Poisson', () => {
    const components = llama?.components ?? [];
    expect(failureRatePerHour({ components }, domains) * 54 * 24).toBeCloseTo(419, 6);
    const counts = Array.from(
      { length: 60 },
      (_, trial) => drawFailures({ components }, domains, 54 * 86400, { seed: 1, trial }).length,
    );
    const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
    expect(Math.abs(mean - 419)).toBeLessThan(3.5 * Math.sqrt(419 / counts.length));
    const published: unknown = JSON.parse(
      readFileSync(join(referenceFolder, 'failures', 'llama3-405b-54day.json'), 'utf8'),
    );
    expect(JSON.stringify(published)).toContain('"value":419');
  });

  test("RSC-1's rate gives 1.80 h at 16,384 GPUs and 28.8 h at 1,024", () => {
    const components = failureProfiles.find(({ name }) => name === 'meta-rsc-1')?.components ?? [];
    expect(1 / failureRatePerHour({ components }, domains)).toBeCloseTo(1.8, 2);
    expect(1 / failureRatePerHour({ components }, { ...domains, nodes: 128 })).toBeCloseTo(28.8, 1);
  });
});

describe('longRunStudy', () => {
  const resolve = (...sets: string[]) =>
    resolveScenario({ source: 'llama-3.1-405b-h100', sets, readText: () => undefined });
  const request = { gpus: [16384], scaling: 'weak' as const, trials: 40, windowSeconds: 54 * 86400 };

  test('no failures: goodput is exactly 1', () => {
    const [point] = longRunStudy(resolve(), request).report.points;
    expect(point?.goodput).toEqual({ mean: 1, ci95: [1, 1], p5: 1, p50: 1, p95: 1 });
  });

  test('54 days of Llama 3: interruptions around 419, effective time above 90 %, GPU-hours add up, same seed same bytes', () => {
    const sets = ['failures={profile: llama3-2024}', 'recovery={policy: spares, spares: 64}'];
    const { report } = longRunStudy(resolve(...sets), request);
    const [point] = report.points;
    expect(point?.interruptions.mean).toBeGreaterThan(400);
    expect(point?.interruptions.mean).toBeLessThan(430);
    expect(point?.goodput.mean).toBeGreaterThan(0.9);
    const hours = Object.values(point?.gpuHours ?? {}).reduce((sum, cause) => sum + cause.mean, 0);
    expect(Math.abs(hours / (16384 * 54 * 24) - 1)).toBeLessThan(1e-9);
    expect(JSON.stringify(longRunStudy(resolve(...sets), request).report)).toBe(JSON.stringify(report));
  });

  test('wrong input is named', () => {
    expect(() => longRunStudy(resolve('failures={profile: llama3-202}'), request)).toThrow(
      /unknown profile llama3-202 \(did you mean llama3-2024\?\)/,
    );
    expect(() => longRunStudy(resolve('checkpoint={intervalSeconds: 1e9}'), request)).toThrow(/longer than the run/);
    expect(() => resolve('failures={components: [{name: n, level: node, mtbfHours: -1}]}')).toThrow(/mtbfHours/);
  });
});
