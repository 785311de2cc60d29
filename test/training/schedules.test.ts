import {
  type Job,
  type ListSchedule,
  lossCauses,
  type ReplayTimes,
  rendezvousDeadlock,
  replaySchedule,
  type ScheduleName,
  type ScheduleOp,
  scheduleOrder,
  simulateStep,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testCluster, testJob } from '../support/plans.js';

const unit: ReplayTimes = { forward: 1, backward: 1, weight: 1, pointToPoint: 0 };
const makespan = (name: ScheduleName, p: number, v: number, m: number, times: ReplayTimes): number =>
  replaySchedule(scheduleOrder(name, { pipeline: p, virtualStages: v, microBatches: m }), times).makespan;

const sizes = fc.record({
  p: fc.integer({ min: 2, max: 12 }),
  m: fc.integer({ min: 1, max: 40 }),
  forward: fc.integer({ min: 1, max: 9 }),
  backward: fc.integer({ min: 1, max: 9 }),
});

describe("each schedule's makespan against its paper's formula", () => {
  test('GPipe and 1F1B: (m + p - 1)(tF + tB) once the pipeline fills', () => {
    fc.assert(
      fc.property(sizes, ({ p, m, forward, backward }) => {
        const times = { ...unit, forward, backward };
        expect(makespan('gpipe', p, 1, m, times)).toBe((m + p - 1) * (forward + backward));
        expect(makespan('1f1b', p, 1, m, times)).toBe((m + p - 1) * (forward + backward));
      }),
    );
  });

  test('interleaved: bubble (p - 1)(tF + tB) of chunk times, a v-th of 1F1B (Narayanan et al. 2021, 2.2.2)', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 2, max: 6 }), ({ p, m, forward, backward }, v) => {
        const groups = p * Math.ceil(m / p);
        const times = { ...unit, forward, backward };
        expect(makespan('interleaved', p, v, groups, times)).toBe((groups * v + p - 1) * (forward + backward));
      }),
    );
  });

  test('interleaved: runs at any number of micro-batches, at most a group more than those of the formula', () => {
    for (let p = 2; p <= 8; p++) {
      for (let v = 2; v <= 4; v++) {
        for (let m = p; m <= 4 * p; m++) {
          const made = makespan('interleaved', p, v, m, unit);
          expect(made, `${p} ${v} ${m}`).toBeGreaterThanOrEqual(2 * (m * v + p - 1));
          expect(made, `${p} ${v} ${m}`).toBeLessThanOrEqual(2 * (m * v + v * p));
        }
      }
    }
  });

  test('ZB-H1: bubble (p - 1)(tF + tB - tW) at unit times (Qi et al. 2023, table 2)', () => {
    for (let p = 2; p <= 16; p++)
      for (const m of [p, 2 * p, 3 * p + 1]) expect(makespan('zb-h1', p, 1, m, unit), `${p} ${m}`).toBe(3 * m + p - 1);
  });

  test('ZB-V: no rank waits between its first and its last operation, in the memory of 1F1B', () => {
    for (let p = 2; p <= 16; p++) {
      for (const m of [2 * p, 3 * p, 4 * p]) {
        const schedule = scheduleOrder('zb-v', { pipeline: p, virtualStages: 1, microBatches: m });
        const replay = replaySchedule(schedule, unit);
        // The last rank starts at p - 1.
        expect(replay.makespan, `${p} ${m}`).toBe(6 * m + p - 1);
        expect(Math.max(...replay.peakChunksPerRank)).toBeLessThanOrEqual(2 * p);
      }
    }
  });

  test('ZB-V: at any m of at least 2p within two units of none, at any smaller m still runs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 16 }), fc.integer({ min: 1, max: 80 }), (p, m) => {
        const schedule = scheduleOrder('zb-v', { pipeline: p, virtualStages: 1, microBatches: m });
        const replay = replaySchedule(schedule, unit);
        expect(replay.busyPerRank.every((busy) => busy === 6 * m)).toBe(true);
        expect(Math.max(...replay.peakChunksPerRank)).toBeLessThanOrEqual(2 * p);
        if (m >= 2 * p) expect(replay.makespan - (6 * m + p - 1)).toBeLessThanOrEqual(2);
      }),
      { numRuns: 60 },
    );
  });

  test('DualPipe: at most (p/2 - 1)(tFB + tB - 3 tW) where pairs do not overlap, whatever m; p + 1 chunks alive', () => {
    for (const p of [2, 4, 6, 8, 12, 16]) {
      for (const [forward, backward, weight] of [
        [1, 1, 1],
        [2, 2, 1],
        [1, 2, 1],
      ] as const) {
        const bubbles = [2 * p, 2 * p + 2, 4 * p].map((m) => {
          const schedule = scheduleOrder('dualpipe', { pipeline: p, virtualStages: 1, microBatches: m });
          const replay = replaySchedule(schedule, { forward, backward, weight, pointToPoint: 0 });
          expect(Math.max(...replay.peakChunksPerRank)).toBe(p + 1);
          return replay.makespan - m * (forward + backward + weight);
        });
        const full = forward + backward + weight;
        expect(new Set(bubbles).size).toBe(1);
        expect(bubbles[0]).toBeLessThanOrEqual((p / 2 - 1) * (full + backward + weight - 3 * weight));
        expect(bubbles[0]).toBeGreaterThanOrEqual(p / 2 - 1);
      }
    }
  });

  test('peaks: GPipe holds all m, 1F1B and ZB-H1 p', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 8, max: 20 }), (p, m) => {
        const peak = (name: ScheduleName): number[] => [
          ...replaySchedule(scheduleOrder(name, { pipeline: p, virtualStages: 1, microBatches: m }), unit)
            .peakChunksPerRank,
        ];
        expect(peak('gpipe')).toEqual(new Array<number>(p).fill(m));
        expect(peak('1f1b')).toEqual(Array.from({ length: p }, (_, i) => p - i));
        expect(Math.max(...peak('zb-h1'))).toBe(p);
      }),
    );
  });
});

interface Listed {
  readonly p: number;
  readonly m: number;
  readonly schedule: ListSchedule;
}

/** Any order that can run: ranks take what is ready, as chance has it. */
const listed: fc.Arbitrary<Listed> = fc
  .record({
    p: fc.constantFrom(2, 3, 4),
    m: fc.integer({ min: 1, max: 5 }),
    split: fc.boolean(),
    choices: fc.infiniteStream(fc.nat(1000)),
  })
  .map(({ p, m, split, choices }) => {
    const done = new Set<string>();
    const order: ScheduleOp[][] = Array.from({ length: p }, () => []);
    const ready = (): { rank: number; op: ScheduleOp }[] => {
      const list: { rank: number; op: ScheduleOp }[] = [];
      for (let rank = 0; rank < p; rank++)
        for (let j = 0; j < m; j++) {
          const has = (kind: string, at: number): boolean => done.has(`${kind}${at}.${j}`);
          const push = (kind: ScheduleOp['kind']): void => {
            list.push({ rank, op: { kind, chunk: 0, microBatch: j } });
          };
          if (!has('F', rank) && (rank === 0 || has('F', rank - 1))) push('F');
          if (!has('B', rank) && has('F', rank) && (rank === p - 1 || has('B', rank + 1))) push('B');
          if (split && !has('W', rank) && has('B', rank)) push('W');
        }
      return list;
    };
    for (let open = ready(); open.length > 0; open = ready()) {
      const chosen = open[(choices.next().value ?? 0) % open.length];
      if (!chosen) break;
      order[chosen.rank]?.push(chosen.op);
      done.add(`${chosen.op.kind}${chosen.rank}.${chosen.op.microBatch}`);
    }
    return { p, m, schedule: { name: 'random', layout: 'interleaved', order } };
  });

const jobOf = ({ p, m, schedule }: Listed, p2p: 'async' | 'blocking'): Job => {
  const job = testJob({ pipeline: p, data: 2 });
  return { ...job, schedule, globalBatch: 2 * m, options: { ...job.options, p2p } };
};

describe('orders that a user lists', () => {
  test('any that can run does, with asynchronous messages, and its books close', () => {
    fc.assert(
      fc.property(listed, (plan) => {
        const step = simulateStep(jobOf(plan, 'async'), testCluster(1));
        const total = lossCauses.reduce((sum, cause) => sum + step.gpuSeconds[cause], 0);
        expect(total / (step.gpus * step.stepSeconds)).toBeCloseTo(1, 9);
      }),
      { numRuns: 60 },
    );
  });

  test('with blocking messages it runs exactly where neighbours meet in turn', () => {
    fc.assert(
      fc.property(listed, (plan) => {
        const { p, m, schedule } = plan;
        const shape = scheduleOrder(schedule, { pipeline: p, virtualStages: 1, microBatches: m });
        const run = (): unknown => simulateStep(jobOf(plan, 'blocking'), testCluster(1));
        if (rendezvousDeadlock(shape)) expect(run).toThrow(/never ends/);
        else expect(run).not.toThrow();
      }),
      { numRuns: 200 },
    );
    for (const name of ['gpipe', '1f1b', 'zb-h1'] as const)
      for (const m of [1, 4, 9])
        expect(rendezvousDeadlock(scheduleOrder(name, { pipeline: 4, virtualStages: 1, microBatches: m }))).toBe(
          undefined,
        );
  });

  test('with one operation less, twice, swapped with its cause, or too many ranks it is refused', () => {
    fc.assert(
      fc.property(listed, fc.nat(1000), ({ p, m, schedule }, at) => {
        const size = { pipeline: p, virtualStages: 1, microBatches: m };
        const broken =
          (order: ScheduleOp[][]): (() => unknown) =>
          () =>
            scheduleOrder({ ...schedule, order }, size);
        const rows = schedule.order.map((row) => [...row]);
        const rank = at % p;
        const row = rows[rank] ?? [];
        const position = at % row.length;
        const without = rows.map((r, i) => (i === rank ? r.filter((_, k) => k !== position) : r));
        expect(broken(without)).toThrow(/does not list/);
        const twice = rows.map((r, i) => (i === rank ? [...r, ...r.slice(position, position + 1)] : r));
        expect(broken(twice)).toThrow(/twice/);
        const reversed = rows.map((r, i) => (i === rank ? [...r].reverse() : r));
        expect(broken(reversed)).toThrow(/waits for ever/);
        expect(broken([...rows, []])).toThrow(/ranks/);
      }),
      { numRuns: 60 },
    );
  });

  test('the order of 1F1B, listed, is 1F1B', () => {
    const size = { pipeline: 4, virtualStages: 1, microBatches: 8 };
    const { order } = scheduleOrder('1f1b', size);
    for (const p2p of ['async', 'blocking'] as const) {
      const plan = { p: 4, m: 8, schedule: { name: 'mine', layout: 'interleaved' as const, order } };
      const named: Job = { ...jobOf(plan, p2p), schedule: '1f1b' };
      expect(simulateStep(jobOf(plan, p2p), testCluster(1))).toEqual(simulateStep(named, testCluster(1)));
    }
  });
});
