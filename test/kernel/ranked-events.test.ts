import { RankedEvents, type Sleeper } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** An event that on waking schedules others so much later: at once with delay 0. */
interface Plan {
  readonly delay: number;
  readonly rank: number;
  readonly silent: boolean;
  readonly then: readonly Plan[];
}

const planOf = (then: fc.Arbitrary<readonly Plan[]>): fc.Arbitrary<Plan> =>
  fc.record({
    delay: fc.nat(3),
    rank: fc.constantFrom(Number.NEGATIVE_INFINITY, 0, 1, 2 ** 40, Number.POSITIVE_INFINITY),
    silent: fc.boolean(),
    then,
  });
const several = (plan: fc.Arbitrary<Plan>): fc.Arbitrary<readonly Plan[]> => fc.array(plan, { maxLength: 4 });
const plan = planOf(several(planOf(several(planOf(fc.constant([]))))));

interface Listed {
  readonly time: number;
  readonly rank: number;
  readonly order: number;
  readonly plan: Plan;
}

/** Every event as it is woken, from a list that is looked through as a whole each time. */
function fromList(plans: readonly Plan[]): string[] {
  const pending: Listed[] = [];
  const woken: string[] = [];
  let scheduled = 0;
  const schedule = (now: number, one: Plan): void => {
    pending.push({ time: now + one.delay, rank: one.rank, order: scheduled++, plan: one });
  };
  for (const one of plans) schedule(0, one);
  for (;;) {
    const first = pending.reduce<Listed | undefined>(
      (least, one) =>
        least === undefined ||
        one.time < least.time ||
        (one.time === least.time && (one.rank < least.rank || (one.rank === least.rank && one.order < least.order)))
          ? one
          : least,
      undefined,
    );
    if (!first) return woken;
    pending.splice(pending.indexOf(first), 1);
    woken.push(`${first.order} at ${first.time}${first.plan.silent ? ' in silence' : ''}`);
    for (const one of first.plan.then) schedule(first.time, one);
  }
}

function fromQueue(plans: readonly Plan[]): string[] {
  const events = new RankedEvents<number>();
  const woken: string[] = [];
  let scheduled = 0;
  const schedule = (now: number, one: Plan): void => {
    const order = scheduled++;
    const sleeper: Sleeper<number> = {
      wake: (time) => {
        for (const next of one.then) schedule(time, next);
        return one.silent ? undefined : order;
      },
    };
    events.schedule(now + one.delay, one.rank, sleeper);
  };
  for (const one of plans) schedule(0, one);
  while (events.nextTime < Number.POSITIVE_INFINITY) {
    const time = events.nextTime;
    woken.push(`${events.wakeNext() ?? '?'} at ${time}`);
  }
  expect(events.wakeNext()).toBeUndefined();
  return woken;
}

describe('RankedEvents', () => {
  test('time first, then rank, then the order of scheduling, also of what is scheduled for the instant that runs', () => {
    fc.assert(
      fc.property(fc.array(plan, { maxLength: 20 }), (plans) => {
        expect(fromQueue(plans)).toEqual(fromList(plans).map((line) => line.replace(/^\d+ (.*) in silence$/, '? $1')));
      }),
      { numRuns: 1000 },
    );
  });

  test('what never happens is not kept; a time that is none is refused', () => {
    const events = new RankedEvents<number>();
    const sleeper = { wake: () => 1 };
    events.schedule(Number.POSITIVE_INFINITY, 0, sleeper);
    expect(events.nextTime).toBe(Number.POSITIVE_INFINITY);
    expect(events.wakeNext()).toBeUndefined();
    expect(() => events.schedule(Number.NaN, 0, sleeper)).toThrow(/time is NaN/);
    events.schedule(2, 0, sleeper);
    expect(events.nextTime).toBe(2);
    expect(events.wakeNext()).toBe(1);
  });
});
