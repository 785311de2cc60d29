import {
  builtInPolicy,
  erlangC,
  fifo,
  gpuPool,
  type JobSpec,
  pollaczekKhinchineWait,
  RandomStreams,
  runCluster,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const seeds = 30;
const jobsPerSeed = 20_000;

/** Poisson arrivals of one-GPU jobs; service of mean 1. */
function queue(seed: number, arrivalRate: number, service: 'exponential' | 'constant'): JobSpec[] {
  const streams = new RandomStreams(seed);
  const arrivals = streams.stream('arrivals');
  const lengths = streams.stream('lengths');
  let submitSeconds = 0;
  return Array.from({ length: jobsPerSeed }, (_, i) => {
    submitSeconds += arrivals.exponential(1 / arrivalRate);
    const runSeconds = service === 'constant' ? 1 : lengths.exponential(1);
    return { id: String(i), submitSeconds, gpus: 1, runSeconds, estimateSeconds: runSeconds };
  });
}

/** Mean wait of each seed, the first tenth of the jobs left out. */
function waits(servers: number, arrivalRate: number, service: 'exponential' | 'constant'): number[] {
  return Array.from({ length: seeds }, (_, seed) => {
    const jobs = queue(seed, arrivalRate, service);
    const outcome = runCluster({ cluster: gpuPool(servers), jobs, policy: fifo, keepLog: false });
    const kept = outcome.jobs.slice(jobsPerSeed / 10);
    return kept.reduce((sum, job) => sum + job.startSeconds - job.spec.submitSeconds, 0) / kept.length;
  });
}

/** spec/scheduling.md C: within 3.5 standard errors between seeds. */
function expectMean(values: readonly number[], wanted: number): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const error = Math.sqrt(variance / values.length);
  expect(Math.abs(mean - wanted), `mean wait ${mean}, theory ${wanted}, standard error ${error}`).toBeLessThanOrEqual(
    3.5 * error,
  );
  // The check must be able to fail: a theory that is off by a fifth would be seen.
  expect(error).toBeLessThan(wanted / 5 / 3.5);
}

describe('one-GPU jobs under FIFO are a queue with known waiting time', () => {
  test('M/M/4 at load 0.7: Erlang C', () => {
    expectMean(waits(4, 2.8, 'exponential'), erlangC(4, 2.8, 1).meanWait);
  });

  test('M/D/1 at load 0.7: half of M/M/1 (Pollaczek and Khinchine)', () => {
    expectMean(waits(1, 0.7, 'constant'), pollaczekKhinchineWait(0.7, 0));
  });
});

const jobSet = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 0, max: 9 }),
      gpus: fc.integer({ min: 1, max: 8 }),
      seconds: fc.integer({ min: 1, max: 30 }),
    }),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((rows) => {
    let submitSeconds = 0;
    return rows.map((row, i): JobSpec => {
      submitSeconds += row.gap;
      return { id: String(i), submitSeconds, gpus: row.gpus, runSeconds: row.seconds, estimateSeconds: row.seconds };
    });
  });

describe("Little's law is exact on a run from empty to empty", () => {
  test.each(['fifo', 'easy', 'srtf', 'las'])('%s', (name) => {
    const policy = builtInPolicy(name, { lasThresholdsGpuSeconds: [10, 40] });
    if (policy === undefined) throw new Error(name);
    fc.assert(
      fc.property(jobSet, (jobs) => {
        const outcome = runCluster({ cluster: gpuPool(8), jobs, policy });
        const inSystem = outcome.jobs.reduce((sum, job) => sum + job.finishSeconds - job.spec.submitSeconds, 0);
        expect(Math.abs(outcome.jobsInSystemSeconds - inSystem)).toBeLessThanOrEqual(1e-9 * Math.max(1, inSystem));
      }),
    );
  });
});

test('SRTF has the least mean completion time of all policies on one GPU', () => {
  const others = ['fifo', 'first-fit', 'sjf', 'easy', 'conservative', 'las'].flatMap((name) => {
    const policy = builtInPolicy(name, { lasThresholdsGpuSeconds: [10, 40] });
    return policy === undefined ? [] : [policy];
  });
  const srtf = builtInPolicy('srtf');
  if (srtf === undefined) throw new Error('srtf');
  fc.assert(
    fc.property(jobSet, (jobs) => {
      const single = jobs.map((job) => ({ ...job, gpus: 1 }));
      const total = (policy: typeof srtf): number =>
        runCluster({ cluster: gpuPool(1), jobs: single, policy }).jobs.reduce(
          (sum, job) => sum + job.finishSeconds - job.spec.submitSeconds,
          0,
        );
      const best = total(srtf);
      for (const policy of others) expect(best).toBeLessThanOrEqual(total(policy) + 1e-9);
    }),
  );
});
