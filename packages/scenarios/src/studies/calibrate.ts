import { type DeviceConstants, defaultConstants } from '@regatta/sim-core';
import { InputError } from '../schema/input-error.js';
import { jobProblems } from '../schema/job-problems.js';
import { expectedStep } from './published/expected-step.js';
import type { PublishedFile } from './published/published-file.js';
import { type RowJob, rowJob } from './published/row-job.js';

/** One fitted constant, with what it rests on. */
export interface FittedConstant {
  readonly device: string;
  readonly stack: string;
  readonly name: 'gemmMax' | 'narrowGemmMax';
  readonly value: number;
  readonly before: number;
  readonly default: number;
  /** Ids of the rows that it was fitted to. */
  readonly rows: readonly string[];
  /** Mean |predicted - measured| / measured over those rows, with the old value and with the new one. */
  readonly errorBefore: number;
  readonly errorAfter: number;
  /** Mean error of each row under the constant fitted on the others; absent with one row. */
  readonly leaveOneOutError?: number;
  /** Greatest distance of a single row's own best value from the common one. */
  readonly spread: number;
  readonly confidence: 'low' | 'medium' | 'high';
}

export interface Calibration {
  readonly constants: readonly FittedConstant[];
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

type Constant = FittedConstant['name'];

const narrow = (run: RowJob): boolean => ['fp8', 'mxfp8', 'nvfp4'].includes(run.job.precision);

function predicted(run: RowJob, name: Constant, value: number): number {
  const device = { ...run.cluster.device, [name]: value };
  return expectedStep({ ...run, cluster: { ...run.cluster, device } }).seconds;
}

const measuredOf = (run: RowJob): number => run.measured[0] ?? 1;

const meanError = (runs: readonly RowJob[], name: Constant, value: number): number =>
  runs.reduce((sum, run) => sum + Math.abs(predicted(run, name, value) / measuredOf(run) - 1), 0) / runs.length;

/** Value at which the mean log error of the rows is nothing; steps get shorter as the efficiency grows, so bisection finds it. */
function fit(runs: readonly RowJob[], name: Constant): number {
  const logError = (value: number): number =>
    runs.reduce((sum, run) => sum + Math.log(predicted(run, name, value) / measuredOf(run)), 0);
  let low = 0.05;
  let high = 1;
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    if (logError(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function confidenceOf(rows: number, spread: number, value: number, error: number): FittedConstant['confidence'] {
  if (value > 0.99 || value < 0.06 || error > 0.1) return 'low';
  if (rows >= 4 && spread < 0.05) return 'high';
  return rows >= 2 && spread < 0.1 ? 'medium' : 'low';
}

/**
 * Fits the GEMM efficiencies of each device and stack to measured runs: 16-bit runs give gemmMax, narrower ones narrowGemmMax,
 * everything else stays (spec/model.md 2.1: one constant a device and stack, never one a row). If any row says
 * `use: calibration`, only such rows are used.
 * @throws InputError when no row can be used.
 */
export function calibrate(name: string, file: PublishedFile): Calibration {
  const chosen = file.rows.some((row) => row.use === 'calibration')
    ? file.rows.filter((row) => row.use === 'calibration')
    : file.rows;
  const skipped: { id: string; reason: string }[] = [];
  const groups = new Map<string, RowJob[]>();
  for (const row of chosen) {
    const run = rowJob(row, file.source ?? name);
    const problem = 'skipped' in run ? run.skipped : jobProblems(run.job)[0]?.message;
    if ('skipped' in run || problem !== undefined) {
      skipped.push({ id: row.id, reason: problem ?? '' });
      continue;
    }
    const key = `${run.cluster.device.name}|${run.stack}|${narrow(run) ? 'narrowGemmMax' : 'gemmMax'}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  if (groups.size === 0) {
    throw new InputError([
      {
        code: 'calibrate',
        file: name,
        path: 'rows',
        message: 'no row can be used',
        expected: 'rows with a model, GPUs, batch and a step time',
        received: skipped.map(({ reason }) => reason).join('; '),
      },
    ]);
  }
  const constants = [...groups].map(([key, runs]): FittedConstant => {
    const [device = '', stack = ''] = key.split('|');
    const constant: Constant = key.endsWith('narrowGemmMax') ? 'narrowGemmMax' : 'gemmMax';
    const before = runs[0]?.cluster.device[constant] ?? 0;
    const value = fit(runs, constant);
    const single = runs.map((run) => fit([run], constant));
    const spread = Math.max(...single.map((one) => Math.abs(one - value)));
    const errorAfter = meanError(runs, constant, value);
    const held = runs.map((run, i) => {
      const others = runs.filter((_, j) => j !== i);
      return others.length === 0 ? 0 : meanError([run], constant, fit(others, constant));
    });
    return {
      device,
      stack,
      name: constant,
      value,
      before,
      default: defaultConstants[constant],
      rows: runs.map((run) => run.id),
      errorBefore: meanError(runs, constant, before),
      errorAfter,
      ...(runs.length > 1 ? { leaveOneOutError: held.reduce((a, b) => a + b, 0) / held.length } : {}),
      spread,
      confidence: confidenceOf(runs.length, spread, value, errorAfter),
    };
  });
  return { constants, skipped };
}

/** Constants of one device by name, to lay over it. */
export function constantsOf(calibration: Calibration, device: string): Partial<DeviceConstants> {
  return Object.fromEntries(calibration.constants.filter((c) => c.device === device).map((c) => [c.name, c.value]));
}
