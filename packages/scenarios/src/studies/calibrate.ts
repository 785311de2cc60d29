import { type DeviceConstants, defaultConstants } from '@regatta/sim-core';
import { InputError } from '../schema/input-error.js';
import { jobProblems } from '../schema/job-problems.js';
import { type FittedConstant, fittedConstant, type Sample } from './fitted-constant.js';
import { expectedStep } from './published/expected-step.js';
import type { PublishedFile } from './published/published-file.js';
import { type RowJob, rowJob } from './published/row-job.js';

export interface Calibration {
  readonly constants: readonly FittedConstant[];
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

type Constant = 'gemmMax' | 'narrowGemmMax';

const narrow = (run: RowJob): boolean => ['fp8', 'mxfp8', 'nvfp4'].includes(run.job.precision);

const sampleOf = (run: RowJob, name: Constant): Sample => ({
  id: run.id,
  measuredSeconds: run.measured[0] ?? 1,
  predictedSeconds: (value) => {
    const device = { ...run.cluster.device, [name]: value };
    return expectedStep({ ...run, cluster: { ...run.cluster, device } }).seconds;
  },
});

/**
 * Fits the GEMM efficiencies of each device and stack to measured runs: 16-bit runs give gemmMax, narrower ones narrowGemmMax,
 * everything else stays (spec/model.md 2.1: one constant a device and stack, never one a row). If any row says
 * `use: calibration`, only such rows are used; uncertain rows never are.
 * @param overlay Constants that other measurements have fitted already, by device.
 * @throws InputError when no row can be used.
 */
export function calibrate(
  name: string,
  file: PublishedFile,
  overlay: (device: string) => Partial<DeviceConstants> = () => ({}),
): Calibration {
  const skipped: { id: string; reason: string }[] = [...(file.unreadable ?? [])];
  const marked = file.rows.some((row) => row.use === 'calibration');
  const groups = new Map<string, RowJob[]>();
  for (const row of file.rows) {
    if (marked && row.use !== 'calibration') continue;
    if (row.uncertain) {
      skipped.push({ id: row.id, reason: 'is uncertain' });
      continue;
    }
    const run = rowJob(row, row.source ?? file.source ?? name);
    const problem =
      'skipped' in run
        ? run.skipped
        : run.measured.length === 0
          ? 'no step time was published'
          : jobProblems(run.job)[0]?.message;
    if ('skipped' in run || problem !== undefined) {
      skipped.push({ id: row.id, reason: problem ?? '' });
      continue;
    }
    const device = { ...run.cluster.device, ...overlay(run.cluster.device.name) };
    const key = `${device.name}|${run.stack}|${narrow(run) ? 'narrowGemmMax' : 'gemmMax'}`;
    groups.set(key, [...(groups.get(key) ?? []), { ...run, cluster: { ...run.cluster, device } }]);
  }
  if (groups.size === 0) {
    throw new InputError([
      {
        code: 'calibrate',
        file: name,
        path: 'rows',
        message: `no row can be used: ${[...new Set(skipped.map(({ reason }) => reason))].join('; ')}`,
        expected: 'rows with a model, GPUs, batch and a step time',
        received: '',
      },
    ]);
  }
  const constants = [...groups].map(([key, runs]): FittedConstant => {
    const [device = '', stack = ''] = key.split('|');
    const constant: Constant = key.endsWith('narrowGemmMax') ? 'narrowGemmMax' : 'gemmMax';
    const before = runs[0]?.cluster.device[constant] ?? 0;
    return fittedConstant(
      { device, stack, name: constant, before, default: defaultConstants[constant] },
      runs.map((run) => [sampleOf(run, constant)]),
    );
  });
  return { constants, skipped };
}

/** Constants of one device by name, to lay over it; the floor of a benchmark's loop is none of them. */
export function constantsOf(constants: readonly FittedConstant[], device: string): Partial<DeviceConstants> {
  return Object.fromEntries(
    constants
      .filter((one) => one.device === device && one.name !== 'benchmarkLaunchSeconds')
      .map((one) => [one.name, one.value]),
  );
}
