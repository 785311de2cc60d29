import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JobTrace, readTrace, windowed } from '@regatta/scenarios';
import { builtInPolicy, nodeCluster, policyNames, runCluster } from '@regatta/sim-core';
import { observedRun, singleRunInvariants, violationsOf } from '@regatta/sim-core/testing';
import { describe, expect, test } from 'vitest';
import { sharedFolder } from '../support/reference.js';

const folder = sharedFolder('traces');

/** Name, format, jobs and bad rows as counted by hand from the files (traces/README.md), and a cluster to run a part on. */
const files = [
  {
    file: 'nasa-ipsc-1993-first4000.swf',
    format: 'swf',
    jobs: 3971,
    rejected: 29,
    nodes: 128,
    gpusPerNode: 1,
    load: 2,
  },
  {
    file: 'alibaba-gpu-v2023-pods.csv',
    format: 'alibaba-2023',
    jobs: undefined,
    rejected: undefined,
    nodes: 120,
    gpusPerNode: 8,
    load: 1,
  },
  { file: 'gavel-philly-vc-2869ce.trace', format: 'gavel', jobs: 533, rejected: 0, nodes: 16, gpusPerNode: 8, load: 1 },
  { file: 'sia-pollux-workload-1.csv', format: 'sia', jobs: 160, rejected: 0, nodes: 4, gpusPerNode: 4, load: 1 },
  { file: 'tiresias-60-job.csv', format: 'tiresias', jobs: 60, rejected: 0, nodes: 2, gpusPerNode: 8, load: 1 },
] as const;

/** Jobs of a trace that a test runs; test/bench/traces.ts runs them all. */
const testJobs = 700;

function load(file: string): JobTrace {
  return readTrace(readFileSync(join(folder ?? '', file), 'utf8'), { file });
}

describe.skipIf(folder === undefined)('real traces', () => {
  test.each(files)('$file is recognised, and its bad rows are counted', ({ file, format, jobs, rejected }) => {
    const trace = load(file);
    expect(trace.format).toBe(format);
    if (jobs !== undefined) expect(trace.jobs.length).toBe(jobs);
    if (rejected !== undefined) expect(trace.rejected.length).toBe(rejected);
  });

  test('Alibaba: 8152 pods, 897 never scheduled or without a GPU', () => {
    const trace = load('alibaba-gpu-v2023-pods.csv');
    expect(trace.jobs.length + trace.rejected.length).toBe(8152);
    const unscheduled = trace.rejected.filter((row) => row.reason.includes('never scheduled'));
    const withoutGpu = trace.rejected.filter((row) => row.reason.includes('0 GPUs'));
    expect(withoutGpu.length).toBe(1088);
    expect(unscheduled.length).toBeLessThanOrEqual(897);
  });

  for (const { file, nodes, gpusPerNode, load: scaleLoad } of files) {
    describe(file, () => {
      test.each(policyNames)('%s breaks no invariant', (name) => {
        const policy = builtInPolicy(name);
        if (policy === undefined) throw new Error(`no policy ${name}`);
        const { jobs } = windowed(load(file).jobs.slice(0, testJobs), { scaleLoad });
        const input = { cluster: nodeCluster({ nodes, gpusPerNode }), jobs, policy };
        const outcome = runCluster(input);
        expect(violationsOf(observedRun(input, outcome), singleRunInvariants)).toEqual([]);
        expect(outcome.jobs.every((job) => job.status !== 'queued' && job.status !== 'running')).toBe(true);
      });
    });
  }

  test('EASY waits less than FIFO on the SWF log once the load makes jobs queue', () => {
    const { jobs } = load('nasa-ipsc-1993-first4000.swf');
    const waits = (name: string, loaded: typeof jobs, nodes: number): number => {
      const policy = builtInPolicy(name);
      if (policy === undefined) throw new Error(`no policy ${name}`);
      const cluster = nodeCluster({ nodes, gpusPerNode: 1 });
      const outcome = runCluster({ cluster, jobs: loaded, policy, keepLog: false });
      const started = outcome.jobs.filter((job) => job.status !== 'rejected');
      return started.reduce((sum, job) => sum + job.startSeconds - job.spec.submitSeconds, 0) / started.length;
    };
    expect(waits('fifo', jobs, 128)).toBe(0);
    // traces/README.md: FIFO's mean wait on half of the machine, larger jobs refused.
    expect(waits('fifo', jobs, 64)).toBeCloseTo(14_161, 0);
    expect(waits('easy', jobs, 64)).toBeLessThan(waits('fifo', jobs, 64));
    const doubled = windowed(jobs, { scaleLoad: 2 }).jobs;
    expect(waits('easy', doubled, 128)).toBeLessThan(waits('fifo', doubled, 128));
  });
});
