import {
  JobNodes,
  type PhaseInterval,
  type RecoveryPolicy,
  type RunEvent,
  runJob,
  synchronousScheme,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure } from '../support/job-under-failures.js';
import { networkedJob } from '../support/networked-job.js';

const nicsPerNode = 4;
const allNics = { nics: [0, 1, 2, 3], capacityFactor: 0 };
const schemes = {
  synchronous: synchronousScheme(30, 2, 3),
  asynchronous: {
    intervalSeconds: 20,
    stallSeconds: 1,
    tiers: [{ persistSeconds: 10, everySeconds: 0, restoreSeconds: 4, replicas: 0 }],
  },
  inMemory: {
    intervalSeconds: 10,
    stallSeconds: 0,
    tiers: [
      { persistSeconds: 1, everySeconds: 0, restoreSeconds: 1, replicas: 2 },
      { persistSeconds: 5, everySeconds: 50, restoreSeconds: 20, replicas: 0 },
    ],
  },
};

interface Given {
  readonly policy?: RecoveryPolicy;
  readonly spares?: number;
  readonly checkpoint?: (typeof schemes)[keyof typeof schemes];
  readonly solveSeconds?: number;
}

const restart = networkedJob('restart', nicsPerNode);

function runOf(events: readonly Partial<RunEvent>[], given: Given = {}) {
  const { policy = restart, spares = 0, checkpoint = schemes.synchronous, solveSeconds = 200 } = given;
  const phases: PhaseInterval[] = [];
  const all = events.map((event) => ({ ...failure, ...event })).sort((a, b) => a.time - b.time);
  const plan = { solveSeconds, checkpoint, restartSeconds: 5, stepSeconds: 4, horizonSeconds: 100 };
  const nodes = new JobNodes(policy, spares, nicsPerNode);
  const books = runJob(plan, nodes, all, 5000, (phase) => phases.push(phase));
  return { books, phases: joined(phases) };
}

/** Phases of one kind that follow each other are one. */
function joined(phases: readonly PhaseInterval[]): PhaseInterval[] {
  const list: PhaseInterval[] = [];
  for (const [kind, from, to] of phases) {
    const before = list.at(-1);
    if (before?.[0] === kind && before[2] === from) list[list.length - 1] = [kind, before[1], to];
    else list.push([kind, from, to]);
  }
  return list;
}

describe('a node that loses all its NICs', () => {
  const policies = fc.constantFrom(
    restart,
    networkedJob('shrink', nicsPerNode),
    networkedJob('replan', nicsPerNode),
    networkedJob('reroute', nicsPerNode),
    networkedJob('reroute', nicsPerNode, { zero: 1 }),
  );
  const others = fc.record({
    time: fc.integer({ min: 0, max: 300 }),
    mode: fc.constantFrom('stop' as const, 'slow' as const, 'planned' as const),
    firstNode: fc.nat(6),
    nodeCount: fc.constantFrom(0, 1, 1, 2),
    detectSeconds: fc.nat(20),
    repairSeconds: fc.constantFrom(0, 5, 100, Number.POSITIVE_INFINITY),
    slowFactor: fc.constantFrom(1, 1.5),
    nics: fc.constantFrom([], [0], [3]),
    capacityFactor: fc.constantFrom(1, 0.5),
    transient: fc.boolean(),
    ownNodeOnly: fc.boolean(),
  });
  const given = fc.record({
    policy: policies,
    spares: fc.nat(3),
    checkpoint: fc.constantFrom(...Object.values(schemes)),
  });
  const repair = fc.constantFrom(0, 5, 100, Number.POSITIVE_INFINITY);
  const time = fc.integer({ min: 0, max: 300 });
  /** Of node 0, which every policy uses while it is there. */
  const node = { firstNode: 0, nodeCount: 1 };

  test('found at once: as if the node had failed by itself in that instant', () => {
    let stopped = 0;
    fc.assert(
      fc.property(fc.array(others, { maxLength: 12 }), time, repair, given, (events, at, repairSeconds, how) => {
        const fallsOut = { ...node, time: at, detectSeconds: 0, repairSeconds };
        const failed = runOf([...events, fallsOut], how);
        expect(runOf([...events, { ...fallsOut, ...allNics, mode: 'slow' }], how)).toEqual(failed);
        stopped += failed.books.interruptions - runOf(events, how).books.interruptions > 0 ? 1 : 0;
      }),
      { numRuns: 2000 },
    );
    expect(stopped).toBeGreaterThan(400);
  });

  test('found later, with nothing else until then: as if it had failed and that had been found as late', () => {
    fc.assert(
      fc.property(
        fc.array(others, { maxLength: 12 }),
        time,
        fc.integer({ min: 1, max: 60 }),
        repair,
        given,
        (events, at, detectSeconds, repairSeconds, how) => {
          // What is on its way when peers take over arrives later, since the node cannot send: a failed one is not asked.
          fc.pre(how.policy.failoverSeconds === undefined || how.checkpoint === schemes.synchronous);
          const rest = events.filter((event) => event.time <= at || event.time >= at + detectSeconds);
          const fallsOut = { ...node, time: at, detectSeconds, repairSeconds };
          const failed = runOf([...rest, fallsOut], how);
          expect(runOf([...rest, { ...fallsOut, ...allNics, mode: 'slow' }], how)).toEqual(failed);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('by failures that stop the job themselves: as if the node had failed, whenever that is found', () => {
    fc.assert(
      fc.property(
        fc.array(others, { maxLength: 12 }),
        time,
        fc.nat(60),
        fc.constantFrom(5, 100, Number.POSITIVE_INFINITY),
        given,
        (events, at, detectSeconds, repairSeconds, how) => {
          const fallsOut = { ...node, time: at, detectSeconds, repairSeconds };
          expect(runOf([...events, { ...fallsOut, ...allNics }], how)).toEqual(runOf([...events, fallsOut], how));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('back before it is found: all goes on as before, so much later', () => {
    const before = others.map(
      (event) => ({ ...event, mode: event.mode === 'planned' ? event.mode : 'stop', repairSeconds: 0 }) as const,
    );
    let stood = 0;
    fc.assert(
      fc.property(
        fc.array(before, { maxLength: 6 }),
        fc.array(others, { maxLength: 6 }),
        time,
        fc.integer({ min: 1, max: 100 }),
        policies,
        fc.constantFrom(schemes.synchronous, schemes.asynchronous),
        (early, late, whole, seconds, policy, checkpoint) => {
          const at = whole + 0.5;
          const first = early.filter((event) => event.time < at);
          const then = late.filter((event) => event.time > at);
          const how = { policy, checkpoint };
          const undisturbed = runOf([...first, ...then], how);
          const isDown = undisturbed.phases.some(([kind, from, to]) => kind === 'down' && from < at && at < to);
          const cut = { ...node, ...allNics, time: at, mode: 'slow', transient: true, detectSeconds: seconds } as const;
          const shifted = then.map((event) => ({ ...event, time: event.time + seconds }));
          const { books } = runOf([...first, cut, ...shifted], how);
          fc.pre(!isDown && at < undisturbed.books.wall && undisturbed.books.finished);
          stood++;
          const { down, wall, ...same } = undisturbed.books;
          expect(books.down).toBeCloseTo(down + seconds, 9);
          expect(books.wall).toBeCloseTo(wall + seconds, 9);
          for (const key of ['useful', 'work', 'lost', 'checkpoint', 'restart'] as const)
            expect(books[key]).toBeCloseTo(same[key], 9);
          expect(books.interruptions).toBe(same.interruptions);
          expect(books.plannedStops).toBe(same.plannedStops);
        },
      ),
      { numRuns: 1000 },
    );
    expect(stood).toBeGreaterThan(300);
  });

  describe('what is booked', () => {
    const slow = { ...node, mode: 'slow' as const, capacityFactor: 0, repairSeconds: 50 };
    const one = (nic: number, given_: Partial<RunEvent>): Partial<RunEvent> => ({ ...slow, nics: [nic], ...given_ });
    /** Three NICs are down from the beginning on, each costs a step its own length once more. */
    const three = [0, 1, 2].map((nic) => one(nic, { time: 0, detectSeconds: 1000 }));

    test('ETTR does not count the time of standing still as kept', () => {
      const { books, phases } = runOf([...three, one(3, { time: 10, detectSeconds: 40 })], { solveSeconds: 20 });
      // Found 40 s later; without a spare the node's repair takes another 50.
      expect(phases).toEqual([
        ['compute', 0, 10],
        ['down', 10, 100],
        ['restart', 100, 108],
        ['compute', 108, 128],
      ]);
      expect(books).toMatchObject({ interruptions: 1, down: 90, lost: 10, useful: 20, work: 20, restart: 8 });
    });

    test('a spare takes its place once it is found', () => {
      const { books } = runOf([...three, one(3, { time: 10, detectSeconds: 40 })], { solveSeconds: 20, spares: 1 });
      expect(books).toMatchObject({ interruptions: 1, down: 40, lost: 10, useful: 20, work: 20 });
    });

    test('a NIC that is back before is in time', () => {
      const passing = one(2, { time: 0, transient: true, detectSeconds: 30 });
      const { books, phases } = runOf([...three.slice(0, 2), passing, one(3, { time: 10, detectSeconds: 40 })], {
        solveSeconds: 7.5,
      });
      // Work of 2.5 at a quarter of the speed, twenty seconds of standing still, 5 more at a quarter.
      expect(phases).toEqual([
        ['compute', 0, 10],
        ['down', 10, 30],
        ['compute', 30, 50],
      ]);
      expect(books).toMatchObject({ interruptions: 0, plannedStops: 0, down: 20, lost: 0, useful: 30, work: 7.5 });
    });

    test('what fails of another node meanwhile stops the job at once; it does not come back with the node', () => {
      const cut = one(3, { time: 10, detectSeconds: 40 });
      const { books } = runOf([...three, cut, { time: 20, firstNode: 5 }], { solveSeconds: 20, spares: 1 });
      expect(books).toMatchObject({ interruptions: 1, down: 10, lost: 10, useful: 20 });
    });

    test('a job on one node does not need its NICs', () => {
      const alone: RecoveryPolicy = { configuration: () => 0, nodesInUse: () => 1, speed: () => 1 };
      const cut = { ...node, ...allNics, mode: 'slow' as const, time: 10, transient: true, detectSeconds: 30 };
      expect(runOf([cut], { policy: alone, solveSeconds: 25 }).books).toMatchObject({ wall: 25, down: 0 });
    });
  });
});
