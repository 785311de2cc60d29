import {
  type CheckpointScheme,
  JobNodes,
  type PhaseInterval,
  type RecoveryPolicy,
  type RunEvent,
  type RunPlan,
  runJob,
  synchronousScheme,
} from '@regatta/sim-core';
import { recoverableJob } from '@regatta/sim-core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure, recovery } from '../support/job-under-failures.js';

const plan: RunPlan = {
  solveSeconds: 100,
  checkpoint: synchronousScheme(30, 2, 0),
  restartSeconds: 5,
  stepSeconds: 1,
  horizonSeconds: Number.POSITIVE_INFINITY,
};
const wait = recovery('restart')(recoverableJob());
const shrink = recovery('shrink')(recoverableJob());
const replan = recovery('replan')(recoverableJob());
/** With ZeRO the optimizer states of a node die with it. */
const reroute = (failoverSeconds?: number): RecoveryPolicy => {
  const job = recoverableJob(failoverSeconds === undefined ? {} : { failoverSeconds });
  return recovery('reroute')(failoverSeconds === undefined ? { ...job, parallel: { ...job.parallel, zero: 1 } } : job);
};

function runs(
  given: Partial<RunPlan>,
  policy: RecoveryPolicy,
  spares: number,
  events: Partial<RunEvent>[],
  window = 1e4,
) {
  const phases: PhaseInterval[] = [];
  const nodes = new JobNodes(policy, spares);
  const all = events.map((event) => ({ ...failure, ...event }));
  const books = runJob({ ...plan, ...given }, nodes, all, window, (phase) => phases.push(phase));
  return { books, phases };
}

const asynchronous: CheckpointScheme = {
  intervalSeconds: 30,
  stallSeconds: 1,
  tiers: [{ persistSeconds: 10, everySeconds: 0, restoreSeconds: 4, replicas: 0 }],
};
/** Pairs of nodes hold each other's copy; storage has one of every hundred seconds. */
const inMemory: CheckpointScheme = {
  intervalSeconds: 10,
  stallSeconds: 0,
  tiers: [
    { persistSeconds: 1, everySeconds: 0, restoreSeconds: 1, replicas: 2 },
    { persistSeconds: 5, everySeconds: 50, restoreSeconds: 20, replicas: 0 },
  ],
};

describe('asynchronous checkpoints', () => {
  test('one on its way is lost, one that arrived counts', () => {
    const onItsWay = runs({ checkpoint: asynchronous }, wait, 0, [{ time: 40 }]);
    expect(onItsWay.books).toMatchObject({ lost: 39, restart: 9, checkpoint: 4, interruptions: 1 });
    const arrived = runs({ checkpoint: asynchronous }, wait, 0, [{ time: 41 }]);
    expect(arrived.books).toMatchObject({ lost: 10, restart: 9, checkpoint: 3 });
  });

  test('the next snapshot waits until the one before has arrived', () => {
    const slow = { ...asynchronous, tiers: asynchronous.tiers.map((tier) => ({ ...tier, persistSeconds: 45 })) };
    const { phases } = runs({ checkpoint: slow }, wait, 0, []);
    expect(phases.slice(0, 4)).toEqual([
      ['compute', 0, 30],
      ['checkpoint', 30, 31],
      ['compute', 31, 76],
      ['checkpoint', 76, 77],
    ]);
  });
});

describe('checkpoints in the memory of peers', () => {
  const repair = { repairSeconds: 1, detectSeconds: 0 };
  test('one node gone: the copy of its peer; both gone: storage', () => {
    const one = runs({ checkpoint: inMemory }, wait, 8, [{ time: 75, firstNode: 3, ...repair }]);
    expect(one.books).toMatchObject({ lost: 5, restart: 6 });
    const both = runs({ checkpoint: inMemory }, wait, 8, [{ time: 75, firstNode: 2, nodeCount: 2, ...repair }]);
    expect(both.books).toMatchObject({ lost: 15, restart: 25 });
    const neighbours = runs({ checkpoint: inMemory }, wait, 8, [{ time: 75, firstNode: 3, nodeCount: 2, ...repair }]);
    expect(neighbours.books).toMatchObject({ lost: 5, restart: 6 });
  });
});

describe('recovery policies', () => {
  const gone = { time: 45, firstNode: 3, detectSeconds: 1, repairSeconds: 1000 };
  test('wait: down until the repair; a spare: only until it is found', () => {
    expect(runs({}, wait, 0, [gone]).books).toMatchObject({ down: 1001, restart: 5, lost: 13 });
    expect(runs({}, wait, 1, [gone]).books).toMatchObject({ down: 1, restart: 5, lost: 13 });
  });

  test('what strikes only the very node does nothing while that is in repair: its spare stays', () => {
    const again = { ...gone, time: 60, ownNodeOnly: true };
    const nic = { ...again, nics: [0], capacityFactor: 0 };
    for (const more of [again, nic])
      expect(runs({}, wait, 1, [gone, more, { time: 70 }]).books).toMatchObject({ interruptions: 2, down: 1 });
  });

  test('shrink: three quarters of the speed on three of four replicas, and no more than that share of the throughput', () => {
    const { books, phases } = runs({}, shrink, 0, [gone]);
    expect(books).toMatchObject({ down: 1, restart: 5, work: 100 });
    expect(books.lost).toBeCloseTo(13, 9);
    expect(books.useful).toBeCloseTo(30 + 70 / 0.75, 9);
    expect(phases.at(-1)?.[2]).toBeCloseTo(books.wall, 9);
  });

  test('shrink: a failure of a node that the smaller job leaves idle does not stop it, one of its nodes does', () => {
    // Node 3 is away, so that nodes 0, 1, 2, 4, 5, 6 are in use and 7 is idle.
    expect(runs({}, shrink, 0, [gone, { time: 60, firstNode: 7, repairSeconds: 1000 }]).books.interruptions).toBe(1);
    expect(runs({}, shrink, 0, [gone, { time: 60, firstNode: 3, repairSeconds: 1000 }]).books.interruptions).toBe(1);
    expect(runs({}, shrink, 0, [gone, { time: 60, firstNode: 6, repairSeconds: 1000 }]).books.interruptions).toBe(2);
  });

  test('shrink: grows back at a checkpoint once the node is there and it pays', () => {
    const back = { ...gone, repairSeconds: 100 };
    const { books } = runs({ solveSeconds: 1000 }, shrink, 0, [back]);
    expect(books).toMatchObject({ plannedStops: 1, restart: 10, work: 1000 });
    expect(runs({ solveSeconds: 1000, horizonSeconds: 19 }, shrink, 0, [back]).books.plannedStops).toBe(0);
  });

  test('reroute: with failover only the step in flight is lost; without, the work since the checkpoint', () => {
    const failover = runs({ stepSeconds: 2 }, reroute(3), 0, [gone]);
    expect(failover.books).toMatchObject({ lost: 1, down: 1, restart: 3, work: 100 });
    expect(runs({}, reroute(), 0, [gone]).books).toMatchObject({ lost: 13, down: 1, restart: 5 });
    const both = [gone, { ...gone, time: 60, firstNode: 2 }];
    expect(runs({}, reroute(3), 0, both).books.down).toBeGreaterThan(900);
  });

  test('no nodes left: the job stands still until the window ends, and that is a result', () => {
    const all = [{ time: 10, firstNode: 0, nodeCount: 8, repairSeconds: Number.POSITIVE_INFINITY }];
    for (const policy of [wait, shrink, reroute(3)]) {
      const { books } = runs({}, policy, 0, all, 500);
      expect(books).toMatchObject({ wall: 500, finished: false, useful: 0, lost: 10, down: 490 });
    }
  });
});

describe('stragglers and planned work', () => {
  const slow = { mode: 'slow' as const, time: 10, detectSeconds: 12, slowFactor: 2 };
  test('a passing straggler slows the job for its time and no longer', () => {
    const { books } = runs({}, wait, 0, [{ ...slow, transient: true }]);
    expect(books).toMatchObject({ work: 100, useful: 106, plannedStops: 0, restart: 0 });
  });

  test('one that is found is taken out: saved first, nothing lost', () => {
    const { books } = runs({}, wait, 1, [{ ...slow, repairSeconds: 1000 }]);
    expect(books).toMatchObject({ work: 100, useful: 106, lost: 0, plannedStops: 1, restart: 5, down: 0 });
  });

  test('planned work: saved first, nothing lost; what falls into a restart comes after it', () => {
    const planned = { mode: 'planned' as const, time: 20, detectSeconds: 50 };
    expect(runs({}, wait, 0, [planned]).books).toMatchObject({ lost: 0, down: 50, restart: 5, plannedStops: 1 });
    const inRestart = runs({}, wait, 0, [{ time: 40 }, { ...planned, time: 42 }]);
    expect(inRestart.books).toMatchObject({ lost: 8, down: 50, restart: 10, plannedStops: 1 });
  });
});

describe('what falls together', () => {
  const slow = { mode: 'slow' as const, time: 10, detectSeconds: 12, slowFactor: 2, repairSeconds: 1000 };

  test('a failure at the moment a straggler is found goes first; the straggler is then taken out after the restart', () => {
    const { books, phases } = runs({}, wait, 2, [{ ...slow, firstNode: 1 }, { time: 22 }]);
    expect(books).toMatchObject({ interruptions: 1, plannedStops: 1, lost: 22, restart: 10, work: 100 });
    // Its save comes first thing after the restart, which the failure made necessary.
    expect(phases.slice(0, 4).map(([kind]) => kind)).toEqual(['compute', 'compute', 'restart', 'checkpoint']);
  });

  test('stragglers that are found together are taken out in one stop', () => {
    const two = [1, 2].map((firstNode) => ({ ...slow, firstNode }));
    expect(runs({}, wait, 2, two).books).toMatchObject({ plannedStops: 1, restart: 5, down: 0 });
    // With one spare for two nodes the job waits: both are away.
    expect(runs({}, wait, 1, two).books).toMatchObject({ plannedStops: 1, down: 1000 });
  });

  test('a failure in the save does not do away with planned work, nor with a straggler unless it takes that node', () => {
    const planned = { mode: 'planned' as const, time: 20, detectSeconds: 50 };
    expect(runs({}, wait, 0, [planned, { time: 21 }]).books).toMatchObject({
      interruptions: 1,
      plannedStops: 1,
      lost: 20,
      down: 50,
      restart: 10,
    });
    const struck = (firstNode: number, repairSeconds: number) =>
      runs({}, wait, 2, [
        { ...slow, firstNode: 1 },
        { time: 23, firstNode, repairSeconds },
      ]).books.plannedStops;
    expect(struck(3, 1000)).toBe(1);
    expect(struck(1, 0)).toBe(1);
    expect(struck(1, 1000)).toBe(0);
  });

  test('a link that is found slow and needs no repair is well after the restart', () => {
    const link = { ...slow, slowFactor: 1, nics: [0], capacityFactor: 0.5, repairSeconds: 0 };
    expect(runs({}, wait, 0, [link]).books).toMatchObject({ plannedStops: 1, restart: 5, work: 100 });
  });

  test('a start that a failure ends does not die of itself any more', () => {
    const startupDeath = (start: number): number | undefined => (start === 0 ? 50 : undefined);
    expect(runs({ startupDeath }, wait, 0, [{ time: 10 }]).books).toMatchObject({ interruptions: 1, lost: 10 });
    expect(runs({ startupDeath }, wait, 0, [{ time: 50 }]).books).toMatchObject({ interruptions: 2, lost: 18 });
  });
});

test('a start dies as often as it was said to, and the next one begins', () => {
  const startupDeath = (start: number): number | undefined => (start < 3 ? 2 : undefined);
  const { books } = runs({ startupDeath }, wait, 0, []);
  expect(books).toMatchObject({ interruptions: 3, lost: 2, restart: 2 + 2 + 5, work: 100 });
});

describe('whatever happens', () => {
  const time = fc.integer({ min: 0, max: 400 });
  const anyEvent = fc.record({
    time,
    mode: fc.constantFrom('stop' as const, 'stop' as const, 'slow' as const, 'planned' as const),
    firstNode: fc.nat(6),
    nodeCount: fc.constantFrom(0, 1, 1, 2),
    detectSeconds: fc.nat(20),
    repairSeconds: fc.constantFrom(0, 5, 100, Number.POSITIVE_INFINITY),
    slowFactor: fc.constantFrom(1.5, 3),
    nics: fc.constantFrom([], [0]),
    capacityFactor: fc.constantFrom(1, 1, 0.5, 0),
    transient: fc.boolean(),
    ownNodeOnly: fc.boolean(),
  });
  const events = fc.array(anyEvent, { maxLength: 25 }).map((all) => all.sort((a, b) => a.time - b.time));
  const policy = fc.constantFrom(wait, shrink, replan, reroute(3), reroute());
  const scheme = fc.constantFrom(plan.checkpoint, asynchronous, inMemory, synchronousScheme(7, 0, 3));

  test('the phases follow one another, the books balance, and work is never more than time', () => {
    fc.assert(
      fc.property(
        events,
        policy,
        scheme,
        fc.nat(3),
        fc.integer({ min: 1, max: 2000 }),
        (all, how, checkpoint, spares, window) => {
          const { books, phases } = runs({ checkpoint }, how, spares, all, window);
          let at = 0;
          for (const [, from, to] of phases) {
            expect(from).toBe(at);
            expect(to).toBeGreaterThan(from);
            at = to;
          }
          expect(at).toBe(books.wall);
          expect(books.work).toBeLessThanOrEqual(books.useful + 1e-9);
          expect(books.work).toBeLessThanOrEqual(100 + 1e-9);
          expect(books.lost).toBeGreaterThanOrEqual(-1e-9);
          if (books.finished) expect(books.work).toBeCloseTo(100, 6);
          else expect(books.wall).toBe(window);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('all times stretched alike leave every share alike', () => {
    const stretch = ({ intervalSeconds, stallSeconds, tiers }: CheckpointScheme, by: number): CheckpointScheme => ({
      intervalSeconds: by * intervalSeconds,
      stallSeconds: by * stallSeconds,
      tiers: tiers.map((tier) => ({
        ...tier,
        persistSeconds: by * tier.persistSeconds,
        everySeconds: by * tier.everySeconds,
        restoreSeconds: by * tier.restoreSeconds,
      })),
    });
    fc.assert(
      fc.property(events, policy, scheme, fc.constantFrom(0.25, 2, 1024), (all, how, checkpoint, by) => {
        const { books } = runs({ checkpoint }, how, 1, all, 1000);
        const stretched = all.map((event) => ({
          ...event,
          time: by * event.time,
          detectSeconds: by * event.detectSeconds,
          repairSeconds: by * event.repairSeconds,
        }));
        const other = runs(
          {
            solveSeconds: by * 100,
            checkpoint: stretch(checkpoint, by),
            restartSeconds: by * 5,
            stepSeconds: by,
          },
          how === shrink || how === wait || how === replan
            ? how
            : reroute(how.failoverSeconds === undefined ? undefined : by * how.failoverSeconds),
          1,
          stretched,
          by * 1000,
        ).books;
        for (const key of ['wall', 'useful', 'work', 'lost', 'checkpoint', 'restart', 'down'] as const) {
          expect(other[key] / by).toBeCloseTo(books[key], 9);
        }
      }),
    );
  });

  test('twice as many failures never give more work in a window: the thinned ones are a part of the others', () => {
    // A run may gain by a failure that comes just in time; the mean over many must not.
    let thinned = 0;
    let whole = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 4000 }), fc.boolean()), { minLength: 20, maxLength: 60 }),
        (times) => {
          const sorted = times.sort((a, b) => a[0] - b[0]);
          const solveSeconds = Number.POSITIVE_INFINITY;
          const work = (all: typeof sorted): number =>
            runs(
              { solveSeconds },
              wait,
              0,
              all.map(([at]) => ({ time: at, detectSeconds: 3 })),
              4000,
            ).books.work;
          whole += work(sorted);
          thinned += work(sorted.filter(([, kept]) => kept));
        },
      ),
      { numRuns: 60 },
    );
    expect(whole).toBeLessThan(thinned);
  });
});
