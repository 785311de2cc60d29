import {
  type ClusterRunInput,
  countSpeed,
  easy,
  elastic,
  fifo,
  type JobSpec,
  localitySpeed,
  nodeCluster,
  PolicyError,
  packed,
  priority,
  RandomStreams,
  randomNodeEvents,
  runCluster,
  summarise,
  uplinkContention,
} from '@regatta/sim-core';
import { checkRun } from '@regatta/sim-core/testing';
import { describe, expect, test } from 'vitest';

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
const run = (input: ClusterRunInput) => {
  const outcome = runCluster(input);
  expect(checkRun(input)).toEqual([]);
  const find = (id: string) => {
    const found = outcome.jobs.find((entry) => entry.spec.id === id);
    if (found === undefined) throw new Error(`no job ${id}`);
    return found;
  };
  return { outcome, find };
};

describe('node failures', () => {
  const cluster = nodeCluster({ nodes: 2, gpusPerNode: 4 });

  test('a job over two nodes dies with one of them, falls back to its checkpoint and pays its restart', () => {
    const { find, outcome } = run({
      cluster,
      jobs: [job('wide', 0, 8, 100)],
      policy: fifo,
      nodeEvents: [
        { timeSeconds: 55, kind: 'fail', node: 1 },
        { timeSeconds: 70, kind: 'repair', node: 1 },
      ],
      terms: { checkpointIntervalSeconds: 20, restartSeconds: 5 },
    });
    // 40 s kept of 55; waits for the repair at 70, restarts for 5 s, does the other 60 s.
    expect(find('wide').finishSeconds).toBe(135);
    expect(find('wide').lostGpuSeconds).toBe(8 * 15);
    expect(find('wide').overheadGpuSeconds).toBe(8 * 5);
    expect(outcome.books.failedGpuSeconds).toBe(4 * 15);
    expect(summarise(outcome, cluster).nodeFailures).toEqual({ jobs: 1, gpusElsewhere: 4, preemptionsForVictims: 0 });
  });

  test('a victim of higher priority preempts others when it comes back: the cascade is counted', () => {
    const { outcome, find } = run({
      cluster,
      jobs: [job('main', 0, 4, 100, { priority: 1 }), job('other', 0, 4, 100)],
      policy: priority,
      nodeEvents: [
        { timeSeconds: 10, kind: 'fail', node: 0 },
        { timeSeconds: 300, kind: 'repair', node: 0 },
      ],
    });
    expect(find('other').preemptions).toBe(1);
    expect(summarise(outcome, cluster).nodeFailures.preemptionsForVictims).toBe(1);
  });

  test('a spare takes over at once, and the repaired node stands by', () => {
    const { find, outcome } = run({
      cluster: nodeCluster({ nodes: 3, gpusPerNode: 4, spares: 1 }),
      jobs: [job('wide', 0, 8, 100)],
      policy: fifo,
      nodeEvents: [
        { timeSeconds: 50, kind: 'fail', node: 0 },
        { timeSeconds: 60, kind: 'repair', node: 0 },
      ],
      terms: { checkpointIntervalSeconds: 50 },
    });
    expect(find('wide').finishSeconds).toBe(100);
    expect(outcome.books.standbyGpuSeconds).toBe(4 * 50 + 4 * 40);
  });

  test('a draining node finishes what it has and takes nothing new', () => {
    const { find } = run({
      cluster,
      jobs: [job('a', 0, 4, 50), job('b', 0, 4, 100), job('c', 20, 4, 10)],
      policy: fifo,
      nodeEvents: [
        { timeSeconds: 10, kind: 'drain', node: 0 },
        { timeSeconds: 80, kind: 'undrain', node: 0 },
      ],
    });
    expect(find('a').finishSeconds).toBe(50);
    expect(find('c').startSeconds).toBe(80);
  });

  test('random failures of a node do not depend on how many others there are', () => {
    const of = (nodes: number) =>
      randomNodeEvents(new RandomStreams(7), { nodes, mtbfSeconds: 1000, repairSeconds: 100, untilSeconds: 5000 });
    expect(of(8).filter((event) => event.node < 4)).toEqual(of(4));
    expect(of(4).length).toBeGreaterThan(4);
  });
});

describe('users', () => {
  const cluster = nodeCluster({ nodes: 1, gpusPerNode: 4 });

  test('failed attempts run again, and their work is lost', () => {
    const { find } = run({ cluster, jobs: [job('a', 0, 4, 10, { failedAttempts: [3, 4] })], policy: fifo });
    expect(find('a').finishSeconds).toBe(17);
    expect(find('a').lostGpuSeconds).toBe(28);
  });

  test('a job is taken back while it waits or while it runs', () => {
    const { find } = run({
      cluster,
      jobs: [job('runs', 0, 4, 100, { cancelSeconds: 30 }), job('waits', 5, 4, 10, { cancelSeconds: 20 })],
      policy: fifo,
    });
    expect([find('runs').status, find('runs').finishSeconds]).toEqual(['cancelled', 30]);
    expect([find('waits').status, find('waits').startSeconds]).toEqual(['cancelled', Number.NaN]);
  });

  test('a job over its estimate goes on, or is killed', () => {
    const late = job('late', 0, 4, 20, { estimateSeconds: 12 });
    expect(run({ cluster, jobs: [late], policy: easy }).find('late').finishSeconds).toBe(20);
    const killed = run({ cluster, jobs: [late], policy: easy, terms: { overrun: 'kill' } }).find('late');
    expect([killed.status, killed.finishSeconds]).toEqual(['failed', 12]);
  });

  test('a job that is larger than the cluster is refused, the rest runs', () => {
    const { find } = run({ cluster, jobs: [job('huge', 0, 5, 10), job('fits', 0, 4, 10)], policy: fifo });
    expect([find('huge').status, find('huge').waitReason]).toEqual(['rejected', 'needs 5 GPUs, the cluster has 4']);
    expect(find('fits').startSeconds).toBe(0);
  });
});

describe('costs of a preemption', () => {
  const cluster = nodeCluster({ nodes: 1, gpusPerNode: 4 });
  const jobs = [job('low', 0, 4, 100), job('high', 47, 4, 10, { priority: 1 })];

  test('lossless: only the restart is paid', () => {
    const { find } = run({ cluster, jobs, policy: priority, terms: { restartSeconds: 3 } });
    expect(find('low').finishSeconds).toBe(113);
  });

  test('to the last checkpoint: the difference is booked as lost', () => {
    const { find } = run({
      cluster,
      jobs,
      policy: priority,
      terms: { preemption: 'lastCheckpoint', checkpointIntervalSeconds: 20 },
    });
    expect(find('low').lostGpuSeconds).toBe(4 * 7);
    expect(find('low').finishSeconds).toBe(117);
  });

  test('writing checkpoints takes time', () => {
    const { find } = run({
      cluster,
      jobs: [job('a', 0, 4, 100)],
      policy: fifo,
      terms: { checkpointIntervalSeconds: 20, checkpointWriteSeconds: 2 },
    });
    // At 20, 40, 60 and 80 s of work; none at the end.
    expect(find('a').finishSeconds).toBe(108);
  });
});

describe('elastic jobs', () => {
  const curve = [1, 2, 4, 8].map((gpus) => [gpus, gpus ** 0.5] as const);
  const cluster = nodeCluster({ nodes: 1, gpusPerNode: 8 });

  test('grow into what is free, shrink for those that wait, and keep the global batch', () => {
    const jobs = [
      job('a', 0, 4, 100, { minGpus: 1, maxGpus: 8, scaling: curve, globalBatch: 8, microBatch: 1, gpusPerReplica: 1 }),
      job('b', 10, 4, 10),
    ];
    const { outcome } = run({ cluster, jobs, policy: elastic });
    const resizes = outcome.log.flatMap((event) =>
      event.kind === 'resize' ? [[event.timeSeconds, event.gpus, event.replicas, event.accumulation]] : [],
    );
    expect(resizes).toEqual([
      [10, 4, 4, 2],
      [20, 8, 8, 1],
    ]);
  });

  test('GPUs go where they add most', () => {
    const steep = [1, 2, 4, 8].map((gpus) => [gpus, gpus] as const);
    const jobs = [
      job('flat', 0, 1, 1000, { minGpus: 1, maxGpus: 8, scaling: curve }),
      job('steep', 0, 1, 1000, { minGpus: 1, maxGpus: 8, scaling: steep }),
    ];
    const first = runCluster({ cluster, jobs, policy: elastic }).log.flatMap((event) =>
      event.kind === 'start' ? [[event.job, event.gpus]] : [],
    );
    expect(Object.fromEntries(first)).toEqual({ flat: 1, steep: 7 });
  });
});

describe('speed follows placement', () => {
  const cluster = nodeCluster({ nodes: 4, gpusPerNode: 4, nodesPerLeaf: 2 });

  test('a job that crosses leaves is slower, and waits are as long as that makes them', () => {
    const speed = localitySpeed({ acrossNodes: 1, acrossLeaves: 0.5, acrossPods: 0.5 });
    const { find } = run({
      cluster,
      jobs: [job('leaf', 0, 8, 10), job('wide', 20, 16, 10)],
      policy: fifo,
      placement: packed,
      speed,
    });
    expect(find('leaf').finishSeconds).toBe(10);
    expect(find('wide').finishSeconds).toBe(40);
  });

  test('jobs that share spines slow each other while both run', () => {
    // Each job has one node in either leaf; a leaf of two nodes oversubscribed twice carries one of them.
    const jobs = [job('a', 0, 8, 30), job('b', 0, 8, 30), job('c', 0, 8, 30)];
    const striped = {
      name: 'striped',
      place: (request: { gpus: number }, free: { freeOn(node: number): number }) => {
        const nodes = [0, 2, 1, 3].filter((node) => free.freeOn(node) === 4).slice(0, request.gpus / 4);
        return nodes.length === request.gpus / 4 ? nodes.map((node) => ({ node, gpus: 4 })) : undefined;
      },
    };
    const input = {
      cluster,
      policy: fifo,
      placement: striped,
      speed: countSpeed,
      contention: uplinkContention(cluster.leafOf, 2, 0.5),
    };
    const alone = run({ ...input, jobs: jobs.slice(0, 1) });
    expect(alone.find('a').finishSeconds).toBe(30);
    const together = run({ ...input, jobs: jobs.slice(0, 2) });
    // Two on a carrier for one: communication, half of the time, takes twice as long.
    expect(together.find('a').finishSeconds).toBeCloseTo(45, 9);
  });
});

describe('policies that misbehave', () => {
  const input = { cluster: nodeCluster({ nodes: 1, gpusPerNode: 4 }), jobs: [job('a', 0, 4, 10)] };
  test.each([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
      /policy bad at 0 s: decide threw: oops/,
    ],
    ['returns no list', () => 7, /returned number/],
    ['starts a job that does not exist', () => [{ kind: 'start', job: 'zz' }], /job zz, which does not exist/],
    ['starts no GPUs', () => [{ kind: 'start', job: 'a', gpus: 0 }], /gave job a 0 GPUs/],
    ['decides no decision', () => [{ kind: 'dance' }], /is no decision/],
    ['preempts what waits', () => [{ kind: 'preempt', job: 'a' }], /as running, but it is queued/],
    ['wakes in the past', () => [{ kind: 'wake', atSeconds: -1 }], /not later than now/],
    [
      'wakes for ever',
      (view: { timeSeconds: number }) => [{ kind: 'wake', atSeconds: view.timeSeconds + 1 }],
      /100000 times in a row/,
    ],
  ])('%s', (_, decide, message) => {
    const policy = { name: 'bad', reasonsIn: 'pool' as const, decide: decide as never };
    expect(() => runCluster({ ...input, policy })).toThrow(PolicyError);
    expect(() => runCluster({ ...input, policy })).toThrow(message);
  });
});
