import { readFileSync } from 'node:fs';
import {
  failureProfiles,
  longRunStudy,
  longRunTasks,
  type Resolution,
  readIncidentLog,
  resolveScenario,
  watchedTrial,
} from '@regatta/scenarios';
import { failureRatePerHour } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixture } from '../support/run-cli.js';

const text = (name: string): string => readFileSync(fixture(`incidents/${name}`), 'utf8');
const request = { gpus: [1024], scaling: 'weak' as const, trials: 3, windowSeconds: 4 * 86400 };
const resolve = (incidents: string, ...sets: string[]) =>
  resolveScenario({
    source: 'llama-3.1-405b-h100',
    sets: [
      'job.globalBatch=64',
      `failures={incidents: ${incidents}}`,
      'checkpoint={intervalSeconds: 3600, writeSeconds: 60}',
      ...sets,
    ],
    readText: (path) => (path.endsWith('.csv') ? text(path) : undefined),
  });

const phasesOf = (resolution: Resolution) =>
  longRunTasks(resolution, request).tasks.flatMap((task) => watchedTrial(task, 0).phases);

describe('logs of incidents', () => {
  test('dates, names of hosts and columns under other names', () => {
    const { incidents, rejected } = readIncidentLog(text('good.csv'));
    expect(rejected).toEqual([]);
    expect(
      incidents.map(({ seconds, component, node, level, mode }) => [seconds, component, node, level, mode]),
    ).toEqual([
      [0, 'gpu', 1, 'gpu', 'stop'],
      [23400, 'switch', 2, 'switch', 'stop'],
      [90000, 'thermal', 0, 'node', 'slow'],
      [129600, 'nccl timeout', -1, 'software', 'stop'],
      [201600, 'kernel update', -1, 'software', 'planned'],
    ]);
  });

  test('each bad row is named, none is dropped silently', () => {
    const { incidents, rejected } = readIncidentLog(text('bad.csv'));
    expect(incidents.map(({ seconds }) => seconds)).toEqual([100, 500]);
    expect(rejected.map(({ line }) => line)).toEqual([3, 4, 5, 6]);
    expect(rejected.map(({ reason }) => reason).join('\n')).toMatch(
      /time is NaN.*\ncomponent is empty\n.*repair_hours is -2.*level gpus.*\nhas 3 cells, the header 5/,
    );
    expect(resolve('bad.csv').warnings).toHaveLength(4);
    expect(() => readIncidentLog(text('bad.csv'), { strict: true, file: 'bad.csv' })).toThrow(/bad.csv:3: time is NaN/);
    expect(() => readIncidentLog('a,b\n1,2\n')).toThrow(/no column time, component/);
    expect(() => readIncidentLog('time,component\nx,y\n')).toThrow(/has no valid row/);
    expect(() => resolve('none.txt')).toThrow(/no file none.txt/);
  });

  test('every row is read or rejected', () => {
    const cell = fc.oneof(
      fc.constantFrom('gpu', 'node', '', '-1', '3', '7.5', 'x y', '"', '2026-01-01 00:00:00'),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.array(
            cell.map((c) => c.replace(/[\r\n]/g, ' ')),
            { minLength: 1, maxLength: 6 },
          ),
        ),
        (rows) => {
          const lines = rows.map((row) => row.join(',')).filter((line) => line.trim() !== '');
          const { incidents, rejected } = readIncidentLog(`time,component,node,level\n5,c,,\n${lines.join('\n')}`);
          expect(incidents.length + rejected.length).toBe(lines.length + 1);
        },
      ),
    );
  });

  test('met again: the same interruptions in each trial, at their times', async () => {
    const resolution = resolve('{file: good.csv, use: replay}', 'recovery={policy: spares, spares: 64}');
    const [point] = (await longRunStudy(resolution, request)).report.points;
    expect(point?.interruptions).toEqual({ mean: 3, ci95: [3, 3], p5: 3, p50: 3, p95: 3 });
    expect(point?.plannedStops.mean).toBe(2);
    const downs = phasesOf(resolution).filter(([kind]) => kind === 'down');
    expect(downs.map(([, from]) => from)).toContain(129600);
  });

  test('as rates: as many in the mean as the log has, of fewer nodes as many fewer', async () => {
    const many = { ...request, trials: 60 };
    const stops = async (incidents: string): Promise<number> => {
      const resolution = resolve(incidents, 'recovery={policy: spares, spares: 64, restartSeconds: 0}');
      const [point] = (await longRunStudy(resolution, many)).report.points;
      return point?.expectedMttfHours ?? 0;
    };
    expect(await stops('{file: good.csv, use: exponential, days: 4}')).toBeCloseTo((4 * 24) / 3, 9);
    // The job has half the nodes that the log was kept of; the incident of no node stays one of the job.
    expect(await stops('{file: good.csv, use: empirical, days: 4, nodes: 256}')).toBeCloseTo((4 * 24) / 2, 9);
  });
});

describe('profiles', () => {
  const at = (gpus: number) => ({
    nodes: gpus / 8,
    spares: 0,
    gpusPerNode: 8,
    nicsPerNode: 8,
    nodesPerSwitch: 32,
    switchesPerGroup: 8,
    nodesPerRack: 4,
  });
  test.each([
    ['megascale', 12288, 2],
    ['opt-175b', 1024, 2],
    ['llama3-2024', 16384, 419 / 54],
    ['meta-rsc-1', 16384, (6.5 * 2048) / 1000],
    ['meta-rsc-2', 16384, (2.34 * 2048) / 1000],
    ['alibaba-aegis', 16384, 2048 / 200],
  ])('%s at %i GPUs: %d failures a day, as its source counts', (name, gpus, perDay) => {
    const profile = failureProfiles.find((one) => one.name === name);
    expect(profile?.source).not.toBe('');
    expect(24 * failureRatePerHour({ components: profile?.components ?? [] }, at(gpus))).toBeCloseTo(perDay, 9);
  });
  test('every profile is tested', () => expect(failureProfiles).toHaveLength(6));
});
