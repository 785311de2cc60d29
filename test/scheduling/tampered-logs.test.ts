import {
  type ClusterEvent,
  type ClusterOutcome,
  fifo,
  gpuPool,
  type JobSpec,
  nodeCluster,
  priority,
  runCluster,
} from '@regatta/sim-core';
import { observedRun, violationsOf } from '@regatta/sim-core/testing';
import { describe, expect, test } from 'vitest';

const job = (id: string, submitSeconds: number, gpus: number, runSeconds: number, level = 0): JobSpec => ({
  id,
  submitSeconds,
  gpus,
  runSeconds,
  estimateSeconds: runSeconds,
  priority: level,
});
const input = {
  cluster: nodeCluster({ nodes: 2, gpusPerNode: 4 }),
  jobs: [job('a', 0, 8, 50), job('b', 10, 4, 20, 1), job('c', 12, 4, 20)],
  policy: priority,
  nodeEvents: [
    { timeSeconds: 5, kind: 'drain' as const, node: 1 },
    { timeSeconds: 8, kind: 'undrain' as const, node: 1 },
  ],
};
const outcome = runCluster(input);
const broken = (changed: Partial<ClusterOutcome>): string[] =>
  violationsOf(observedRun(input, { ...outcome, ...changed })).map(({ invariant }) => invariant);
const edited = (edit: (event: ClusterEvent) => ClusterEvent): ClusterEvent[] => outcome.log.map(edit);

// What a policy cannot break, an engine with a bug could: each of these is what such a bug would leave behind.
describe('a log or books that were tampered with are seen', () => {
  test('the true ones hold', () => expect(broken({})).toEqual([]));

  test('S4: a job that starts without having been submitted', () => {
    expect(broken({ log: outcome.log.filter((event) => !(event.kind === 'submit' && event.job === 'b')) })).toContain(
      'S4',
    );
  });
  test('S5: work that nobody did', () => {
    const log = edited((event) =>
      event.kind === 'stop' && event.reason === 'preempt' ? { ...event, doneSeconds: event.doneSeconds + 1 } : event,
    );
    expect(broken({ log })).toContain('S5');
  });
  test('S5: a preempted job that comes back with less', () => {
    const log = edited((event) =>
      event.kind === 'start' && event.resumedSeconds > 0 ? { ...event, resumedSeconds: 0 } : event,
    );
    expect(broken({ log })).toContain('S5');
  });
  test('S6: time that runs back', () => {
    expect(broken({ log: [...outcome.log].reverse() })).toContain('S6');
  });
  test('S7: GPU-seconds that are missing', () => {
    expect(broken({ books: { ...outcome.books, idleGpuSeconds: outcome.books.idleGpuSeconds - 1 } })).toContain('S7');
    expect(
      broken({
        books: {
          ...outcome.books,
          idleGpuSeconds: outcome.books.idleGpuSeconds + 8,
          failedGpuSeconds: outcome.books.failedGpuSeconds - 8,
        },
      }),
    ).toContain('S7');
  });
  test('S8: a preemption that forgets', () => {
    const log = edited((event) =>
      event.kind === 'stop' && event.reason === 'preempt' ? { ...event, keptSeconds: 0 } : event,
    );
    expect(broken({ log })).toContain('S8');
  });
  test('S19: a schedule that is too good to be true', () => {
    const jobs = outcome.jobs.map((entry) => ({ ...entry, finishSeconds: entry.finishSeconds / 2 }));
    expect(broken({ jobs })).toContain('S19');
  });
  test('S23: service that was not attained', () => {
    const jobs = outcome.jobs.map((entry) => ({ ...entry, serviceGpuSeconds: entry.serviceGpuSeconds + 1 }));
    expect(broken({ jobs })).toContain('S23');
  });
});

test('the engine refuses two jobs of one id, and jobs without length', () => {
  const cluster = gpuPool(4);
  expect(() => runCluster({ cluster, jobs: [job('a', 0, 1, 1), job('a', 0, 1, 1)], policy: fifo })).toThrow(
    'two jobs have the id a',
  );
  expect(() => runCluster({ cluster, jobs: [job('a', 0, 1, 0)], policy: fifo })).toThrow('run time and estimate > 0');
});
