import { type PhaseInterval, restartRun } from '@regatta/sim-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';

interface Timeline {
  readonly solve: number;
  readonly interval: number;
  readonly write: number;
  readonly restart: number;
  readonly down: number;
  readonly failures: readonly number[];
}

/**
 * The rules of spec/reliability.md 7.3 and of timelines.json, one tick of time after the other, with whole numbers and none of the engine's
 * ideas: at each tick first what completes, then a failure; down absorbs failures; a failure in restart begins anew.
 */
function naiveReplay({ solve, interval, write, restart, down, failures }: Timeline) {
  const ticks: string[] = [];
  const books = { useful: 0, lost: 0, checkpoint: 0, down: 0, restart: 0 };
  let saved = 0;
  let done = 0;
  let state: keyof typeof lengths = 'compute';
  let inState = 0;
  const lengths = { compute: Number.NaN, checkpoint: write, down, restart };
  const segment = (): number => Math.min(interval, solve - saved);
  for (let now = 0; ; now++) {
    // What completes at this tick, and what of no length follows it.
    for (let changed = true; changed; ) {
      changed = false;
      if (state === 'compute' && done - saved >= segment()) {
        if (done >= solve) return { ticks, books: { ...books, useful: done }, wall: now };
        [state, inState, changed] = ['checkpoint', 0, true];
      }
      if (state === 'checkpoint' && inState >= write) {
        saved = done;
        [state, inState, changed] = ['compute', 0, true];
      }
      if (state === 'down' && inState >= down) [state, inState, changed] = ['restart', 0, true];
      if (state === 'restart' && inState >= restart) [state, inState, changed] = ['compute', 0, true];
    }
    if (failures.includes(now) && state !== 'down') {
      books.lost += done - saved;
      done = saved;
      [state, inState] = ['down', 0];
      if (down === 0) [state, inState] = ['restart', 0];
      if (down === 0 && restart === 0) [state, inState] = ['compute', 0];
    }
    ticks.push(state);
    inState++;
    if (state === 'compute') done++;
    else books[state]++;
  }
}

/** Runs of equal ticks as intervals. Two of one kind that meet, such as downs of two failures, are one. */
function merged(intervals: readonly PhaseInterval[]): PhaseInterval[] {
  const result: PhaseInterval[] = [];
  for (const [kind, from, to] of intervals) {
    const before = result.at(-1);
    if (before && before[0] === kind && before[2] === from) result[result.length - 1] = [kind, before[1], to];
    else result.push([kind, from, to]);
  }
  return result;
}

const timelines = fc.record({
  solve: fc.integer({ min: 1, max: 120 }),
  interval: fc.integer({ min: 1, max: 40 }),
  write: fc.integer({ min: 0, max: 6 }),
  restart: fc.integer({ min: 0, max: 8 }),
  down: fc.integer({ min: 0, max: 6 }),
  failures: fc
    .uniqueArray(fc.integer({ min: 0, max: 250 }), { maxLength: 14 })
    .map((times) => times.sort((a, b) => a - b)),
});

test('random timelines have the very segments of a replay tick by tick', () => {
  const seen = { inRestart: 0, inWrite: 0, whileDown: 0, atCompletion: 0 };
  fc.assert(
    fc.property(timelines, (timeline) => {
      const { solve, interval, write, restart, down, failures } = timeline;
      const expected = naiveReplay(timeline);
      const found: PhaseInterval[] = [];
      const books = restartRun(
        { solve, interval, write, restart },
        failures.map((time) => ({ time, downUntil: (at) => at + down })),
        Number.POSITIVE_INFINITY,
        (phase) => found.push(phase),
      );
      const ticks = expected.ticks.map((kind, at): PhaseInterval => [kind as PhaseInterval[0], at, at + 1]);
      expect(merged(found)).toEqual(merged(ticks));
      expect(books.wall).toBe(expected.wall);
      const { useful, lost, checkpoint } = books;
      expect({ useful, lost, checkpoint, down: books.down, restart: books.restart }).toEqual(expected.books);
      for (const [kind, from, to] of found) {
        const inside = failures.filter((time) => time > from && time < to).length;
        if (kind === 'down') seen.whileDown += inside;
        if (failures.includes(to)) {
          if (kind === 'restart') seen.inRestart++;
          if (kind === 'checkpoint') seen.inWrite++;
          seen.atCompletion++;
        }
      }
    }),
    { numRuns: 3000 },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20);
});
