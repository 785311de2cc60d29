import { erlangC, pollaczekKhinchineWait } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { readReference } from '../support/reference.js';

type Row = Record<string, number | string>;
const content = readReference('schedules', 'queueing.json') as Record<string, unknown> | undefined;
const rows = (name: string): Row[] => (content?.[name] ?? []) as Row[];

/** Two evaluations of one closed form differ by rounding only. */
const close = (got: number, want: unknown, what: string): void => {
  expect(Math.abs(got - Number(want)), `${what}: ${got} instead of ${String(want)}`).toBeLessThanOrEqual(
    1e-12 * Math.max(1, Math.abs(Number(want))),
  );
};

const known: Readonly<Record<string, readonly string[]>> = {
  mmc: ['servers', 'rho', 'serviceRate', 'arrivalRate', 'probWait', 'meanWait', 'meanQueue', 'meanInSystem'],
  mg1: ['model', 'rho', 'serviceMean', 'scv', 'meanWait'],
};

describe.skipIf(content === undefined)('queueing.json', () => {
  test('has no field that is not looked at', () => {
    for (const key of Object.keys(content ?? {})) expect(['unit', 'mmc', 'mg1'], `unknown field ${key}`).toContain(key);
    for (const [list, fields] of Object.entries(known)) {
      for (const row of rows(list))
        for (const key of Object.keys(row)) expect(fields, `unknown field ${list}.${key}`).toContain(key);
    }
  });

  test.each(rows('mmc'))('M/M/$servers at load $rho', (row) => {
    const figures = erlangC(Number(row.servers), Number(row.arrivalRate), Number(row.serviceRate));
    for (const [name, value] of Object.entries(figures)) {
      // A difference of nearly equal rates loses digits near saturation.
      expect(Math.abs(value - Number(row[name]))).toBeLessThanOrEqual(1e-9 * Math.max(1, value));
    }
  });

  test.each(rows('mg1'))('M/G/1 at load $rho, squared variation $scv', (row) => {
    close(pollaczekKhinchineWait(Number(row.rho), Number(row.scv)) * Number(row.serviceMean), row.meanWait, 'meanWait');
  });
});
