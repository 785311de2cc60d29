import { builtInPolicy, gpuPool, type JobSchedule, type JobSpec, runCluster, scheduleOf } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { readReference, referenceFiles } from '../support/reference.js';

type Fields = Record<string, unknown>;

/** LAS crosses thresholds at fractions; everything else is a whole number and exact (README of reference/schedules). */
const lasTolerance = 1e-6;

const files = referenceFiles('schedules').filter((file) => file !== 'queueing.json');

test('there are reference schedules', () => {
  expect(files.length).toBeGreaterThan(0);
});

for (const file of files) {
  const content = fieldsOf(readReference('schedules', file), file, [
    'id',
    'kind',
    'model',
    'capacity',
    'lasThresholdsGpuSeconds',
    'why',
    'jobs',
    'policies',
  ]);
  describe(file, () => {
    test.each(Object.keys(content.policies as Fields))('%s', (name) => {
      expect(content.model).toBe('pool');
      const policy = builtInPolicy(name, { lasThresholdsGpuSeconds: content.lasThresholdsGpuSeconds as number[] });
      if (policy === undefined) throw new Error(`${file}: policy ${name} is unknown`);
      const outcome = runCluster({ cluster: gpuPool(content.capacity as number), jobs: jobsOf(content.jobs), policy });
      const wanted = (content.policies as Fields)[name] as Fields;
      compare(scheduleOf(outcome), wanted, name === 'las' ? lasTolerance : 0, `${file} ${name}`);
    });
  });
}

function jobsOf(list: unknown): JobSpec[] {
  return (list as unknown[]).map((entry, position) => {
    const job = fieldsOf(entry, `jobs[${position}]`, ['id', 'submit', 'gpus', 'runtime', 'walltime']);
    return {
      id: job.id as string,
      submitSeconds: job.submit as number,
      gpus: job.gpus as number,
      runSeconds: job.runtime as number,
      estimateSeconds: job.walltime as number,
    };
  });
}

/** Compares every field that the reference has, and fails on one that the schedule does not have. */
function compare(actual: JobSchedule, wanted: Fields, tolerance: number, where: string): void {
  for (const [field, value] of Object.entries(wanted)) {
    if (field === 'jobs') compareJobs(actual.jobs, value as Fields, tolerance, where);
    else {
      const got = (actual as unknown as Fields)[field];
      if (typeof got !== 'number' || typeof value !== 'number') throw new Error(`${where}: unknown field ${field}`);
      // Means are quotients and carry rounding; counts and times of whole seconds do not.
      const slack = tolerance + (field.startsWith('mean') ? 1e-12 * Math.abs(value) : 0);
      expect(Math.abs(got - value), `${where}.${field}: ${got} instead of ${value}`).toBeLessThanOrEqual(slack);
    }
  }
}

function compareJobs(actual: JobSchedule['jobs'], wanted: Fields, tolerance: number, where: string): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(wanted).sort());
  for (const [id, entry] of Object.entries(wanted)) {
    const job = fieldsOf(entry, `${where}.jobs.${id}`, ['intervals', 'finish']);
    const want = [...(job.intervals as number[][]).flat(), job.finish as number];
    const got = [...(actual[id]?.intervals.flat() ?? []), actual[id]?.finish ?? Number.NaN];
    if (tolerance === 0) expect(got, `${where}.jobs.${id}`).toEqual(want);
    else {
      expect(got.length, `${where}.jobs.${id}: ${got} instead of ${want}`).toBe(want.length);
      got.forEach((value, i) => {
        expect(
          Math.abs(value - (want[i] ?? Number.NaN)),
          `${where}.jobs.${id}: ${got} instead of ${want}`,
        ).toBeLessThanOrEqual(tolerance);
      });
    }
  }
}

/** The value as an object that has no field beyond those named. */
function fieldsOf(value: unknown, where: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null) throw new Error(`${where} is not an object`);
  for (const key of Object.keys(value)) if (!known.includes(key)) throw new Error(`${where}: unknown field ${key}`);
  return value as Fields;
}
