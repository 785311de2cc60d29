import {
  builtInPolicy,
  type ClusterOutcome,
  type JobSpec,
  nodeCluster,
  runCluster,
  type SchedulingPolicy,
} from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';

const named = (name: string): SchedulingPolicy => {
  const policy = builtInPolicy(name);
  if (policy === undefined) throw new Error(name);
  return policy;
};
const job = (
  id: string,
  submitSeconds: number,
  gpus: number,
  runSeconds: number,
  more: Partial<JobSpec> = {},
): JobSpec => ({
  id,
  submitSeconds,
  gpus,
  runSeconds,
  estimateSeconds: runSeconds,
  ...more,
});
const start = (outcome: ClusterOutcome, id: string): number =>
  outcome.jobs.find((entry) => entry.spec.id === id)?.startSeconds ?? Number.NaN;
const preempted = (outcome: ClusterOutcome): string[] =>
  outcome.jobs.filter((entry) => entry.preemptions > 0).map((entry) => entry.spec.id);

describe('Kueue issue 5243: preemption that is scattered over topology domains and then blocks', () => {
  // Two racks of two nodes of 4 GPUs. In each rack one node runs a job of low priority, the other one of high priority. A job
  // of high priority that needs 8 GPUs within one rack could preempt 8 GPUs of low priority in all, but not in one rack.
  const cluster = nodeCluster({ nodes: 4, gpusPerNode: 4, nodesPerLeaf: 2 });
  const busy = [
    job('high0', 0, 4, 60, { priority: 2 }),
    job('low0', 1, 4, 100),
    job('high1', 2, 4, 80, { priority: 2 }),
    job('low1', 3, 4, 100),
  ];

  test('nobody is preempted while that would not make room within one rack', () => {
    const wide = job('wide', 10, 8, 50, { priority: 2, within: 'leaf' });
    const outcome = runCluster({ cluster, jobs: [...busy, wide], policy: named('priority') });
    // At 60 s high0 leaves its rack: only then does preempting low0, and low0 alone, help.
    expect(start(outcome, 'wide')).toBe(60);
    expect(preempted(outcome)).toHaveLength(1);
    const stop = outcome.log.find((event) => event.kind === 'stop' && event.reason === 'preempt');
    expect(stop).toMatchObject({ timeSeconds: 60, for: 'wide' });
  });

  test('the job preempts at once where one rack can be cleared', () => {
    const idle = busy.filter((entry) => !entry.id.startsWith('high'));
    const wide = job('wide', 10, 8, 50, { priority: 2, within: 'leaf' });
    const more = job('low2', 0, 8, 100, { priority: 0, within: 'leaf' });
    const outcome = runCluster({ cluster, jobs: [...idle, more, wide], policy: named('priority') });
    expect(start(outcome, 'wide')).toBe(10);
  });
});

describe('Volcano issue 3373: two gangs that each hold half of what they need', () => {
  // 100 nodes; two jobs of 100 pods, each pod a node of its own, submitted at the same instant.
  const cluster = nodeCluster({ nodes: 100, gpusPerNode: 1 });
  const gangs = [job('a', 0, 100, 50), job('b', 0, 100, 50)];

  test.each([
    'fifo',
    'first-fit',
    'easy',
    'conservative',
    'drf',
    'fair',
    'priority',
    'quota',
    'gang',
    'elastic',
    'cells',
  ])('%s runs one after the other', (name) => {
    const outcome = runCluster({ cluster, jobs: gangs, policy: named(name) });
    expect([start(outcome, 'a'), start(outcome, 'b')]).toEqual([0, 50]);
    expect(outcome.horizonSeconds).toBe(100);
  });

  test('a large gang that small jobs keep passing is served once the patience of the gang policy is over', () => {
    const small = Array.from({ length: 400 }, (_, i) => job(`s${i}`, i, 1, 200));
    const jobs = [...small, job('large', 100.5, 100, 50)].sort((x, y) => x.submitSeconds - y.submitSeconds);
    const patient = builtInPolicy('gang', { patienceSeconds: 50 });
    if (patient === undefined) throw new Error('gang');
    const served = start(runCluster({ cluster, jobs, policy: patient }), 'large');
    const starved = start(runCluster({ cluster, jobs, policy: named('first-fit') }), 'large');
    expect(served).toBeLessThan(starved);
  });
});
