import {
  type ClusterView,
  type Decision,
  easy,
  expectedEnds,
  fifo,
  firstFit,
  type JobView,
  las,
  type SchedulingPolicy,
  shadowSeconds,
  startUntilBlocked,
} from '@regatta/sim-core';
import type { Mutant } from './mutant.js';

/** EASY whose backfill takes jobs that `mayPass` lets by. */
function brokenEasy(
  name: string,
  mayPass: (view: ClusterView, job: JobView, shadow: number, extra: number) => boolean,
): SchedulingPolicy {
  return {
    name,
    reasonsIn: 'pool',
    claims: { easyHead: true },
    decide(view) {
      const decisions: Decision[] = startUntilBlocked(view);
      const head = [...view.queue][decisions.length];
      if (head === undefined || decisions.length > 0) return decisions;
      const future = view.trial();
      const shadow = shadowSeconds(head, expectedEnds(view, []), future);
      const extra = future.freeGpus - head.gpus;
      const trial = view.trial();
      for (const job of [...view.queue].slice(1)) {
        if (mayPass(view, job, shadow, extra) && trial.take(job)) decisions.push({ kind: 'start', job: job.id });
      }
      return decisions;
    },
  };
}

/** Changes its mind with every call, whatever the view says. */
function capricious(): SchedulingPolicy {
  let calls = 0;
  return {
    name: 'capricious',
    reasonsIn: 'pool',
    decide(view) {
      calls++;
      const waiting = [...view.queue];
      const trial = view.trial();
      return (calls % 3 === 0 ? waiting.reverse() : waiting)
        .filter((job) => trial.take(job))
        .map((job) => ({ kind: 'start', job: job.id }));
    },
  };
}

/** Policies that serve jobs in the wrong order, or not at all. */
export const orderMutants: readonly Mutant[] = [
  {
    expected: 'S10',
    why: 'a FIFO that lets small jobs pass',
    policy: { ...firstFit, name: 'leaky-fifo', claims: { fifoOrder: true } },
  },
  {
    expected: 'S11',
    why: 'claims to leave nothing idle and blocks behind the head',
    policy: { ...fifo, name: 'idler', claims: { workConserving: true } },
  },
  {
    expected: 'S12',
    why: 'delays the reserved head: backfills whatever fits now',
    policy: brokenEasy('head-delayer', () => true),
  },
  {
    expected: 'S12',
    why: 'delays the reserved head: hands out the spare GPUs once to each job that wants them',
    policy: brokenEasy(
      'spare-spender',
      (view, job, shadow, extra) => view.timeSeconds + job.remainingEstimateSeconds <= shadow || job.gpus <= extra,
    ),
  },
  {
    expected: 'S13',
    why: 'claims to keep every reservation and keeps only the first',
    policy: { ...easy, name: 'single-promise', claims: { conservative: true } },
  },
  {
    expected: 'S16',
    why: 'keeps a counter of its own, so that the same input gives another log',
    policy: capricious(),
  },
  {
    expected: 'S18',
    why: 'starves: never starts a job that wants more than half of the cluster',
    policy: {
      name: 'starver',
      reasonsIn: 'pool',
      decide(view) {
        const trial = view.trial();
        return [...view.queue]
          .filter((job) => (view.capacityGpus === 1 || job.gpus * 2 <= view.capacityGpus) && trial.take(job))
          .map((job) => ({ kind: 'start', job: job.id }));
      },
    },
  },
  {
    expected: 'S21',
    why: 'starts one job at a pass: a second pass would start another',
    policy: {
      name: 'one-at-a-time',
      reasonsIn: 'pool',
      decide(view) {
        const job = view.queue.first();
        return job !== undefined && view.trial().take(job) ? [{ kind: 'start', job: job.id }] : [];
      },
    },
  },
  {
    expected: 'S22',
    why: 'knows a number of seconds: jobs under ten go first',
    policy: {
      name: 'clock-watcher',
      reasonsIn: 'pool',
      queueKey: (job) => (job.spec.estimateSeconds < 10 ? 0 : 1),
      decide: startUntilBlocked,
    },
  },
  {
    expected: 'S23',
    why: 'a LAS that never demotes: its thresholds are a thousand times those it claims',
    policy: {
      ...las([10_000, 50_000]),
      name: 'never-demotes',
      claims: { lasThresholdsGpuSeconds: [10, 50], scaleFree: false },
    },
  },
];
