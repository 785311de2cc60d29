import { EventQueue, RandomStreams } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

interface Model {
  id: number;
  time: number;
  payload: number;
}

type Command =
  | { kind: 'push'; time: number }
  | { kind: 'pop' }
  | { kind: 'cancel' | 'move'; pick: number; time: number };

/** Runs commands on the queue and on a list sorted by time, then by scheduling; the two must agree at each step. */
function compare(commands: Iterable<Command>, peeks: boolean): void {
  const queue = new EventQueue(4);
  const model: Model[] = [];
  const gone: number[] = [];
  let order = 0;
  const insert = (event: Model): void => {
    let [low, high] = [0, model.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((model[middle]?.time ?? 0) <= event.time) low = middle + 1;
      else high = middle;
    }
    model.splice(low, 0, event);
  };
  const pop = (): void => {
    const first = model.shift();
    expect(queue.pop()).toBe(first?.payload ?? -1);
    if (!first) return;
    expect(queue.poppedTime).toBe(first.time);
    expect(queue.poppedId).toBe(first.id);
    gone.push(first.id);
  };
  for (const step of commands) {
    if (step.kind === 'push') insert({ id: queue.push(step.time, order), time: step.time, payload: order++ });
    else if (step.kind === 'pop') pop();
    else {
      const [target] = model.splice(step.pick % Math.max(1, model.length), 1);
      if (!target) continue;
      if (step.kind === 'cancel') {
        expect(queue.cancel(target.id)).toBe(true);
        gone.push(target.id);
      } else {
        expect(queue.reschedule(target.id, step.time)).toBe(true);
        insert({ ...target, time: step.time });
      }
    }
    expect(queue.size).toBe(model.length);
    if (peeks) expect(queue.peekTime()).toBe(model[0]?.time ?? Number.POSITIVE_INFINITY);
  }
  while (model.length > 0) pop();
  expect(queue.pop()).toBe(-1);
  for (const id of gone) expect(queue.cancel(id) || queue.reschedule(id, 1)).toBe(false);
}

describe('EventQueue', () => {
  const commandsAt = (times: fc.Arbitrary<number>): fc.Arbitrary<Command> =>
    fc.oneof(
      { weight: 5, arbitrary: times.map((time) => ({ kind: 'push' as const, time })) },
      { weight: 3, arbitrary: fc.constant({ kind: 'pop' as const }) },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constantFrom('cancel' as const, 'move' as const),
          pick: fc.nat(),
          time: times,
        }),
      },
    );
  const anyTime = fc.double({ noNaN: true }).map((time) => Math.max(time, -Number.MAX_VALUE));

  test.each([
    ['equal', fc.constantFrom(0, 1, 1, 2, 2.5, 3, 7, Number.POSITIVE_INFINITY), 200],
    ['spread', fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1000)), 500],
    ['any', fc.oneof(anyTime, fc.constantFrom(0, -0, 5e-324, Number.MAX_VALUE, Number.POSITIVE_INFINITY)), 500],
  ])('behaves as a list sorted by time, then by scheduling: %s times', (_, times, maxLength) => {
    const run = fc.array(commandsAt(times), { maxLength, size: 'max' });
    fc.assert(
      fc.property(run, fc.boolean(), (commands, peeks) => compare(commands, peeks)),
      { numRuns: 150 },
    );
  });

  /** Holds of `pending` events with now and then a burst, a lull, cancelled and moved events, and far timers. */
  function* history(pending: number, steps: number, delay: (u: number) => number): Generator<Command> {
    const random = new RandomStreams(pending).stream('history');
    const push = (): Command => ({ kind: 'push', time: now + delay(random.uniform()) });
    let now = 0;
    for (let i = 0; i < pending; i++) yield push();
    for (let i = 0; i < steps; i++) {
      now += 1 / pending;
      const what = random.integer(100);
      if (what < 80) yield* [{ kind: 'pop' } as const, push()];
      else if (what < 90) yield { kind: 'move', pick: random.integer(pending), time: now + delay(random.uniform()) };
      else if (what < 95) yield* [{ kind: 'cancel', pick: random.integer(pending), time: 0 } as const, push()];
      else if (what < 96) for (let k = 0; k < pending / 10; k++) yield { kind: 'push', time: now };
      else if (what < 97) for (let k = 0; k < pending / 10; k++) yield { kind: 'pop' };
      else if (what < 98) yield { kind: 'push', time: now + 1000 * random.uniform() };
    }
  }

  test.each([
    ['exponential', (u: number) => -Math.log1p(-u)],
    ['all but equal', (u: number) => 1 + 1e-12 * u],
    ['whole numbers', (u: number) => Math.floor(3 * u)],
    ['on ten scales', (u: number) => 10 ** (-10 * u)],
    ['two scales', (u: number) => (u < 0.5 ? 1e-6 * u : 1e6 * u)],
  ])('keeps the order through long histories: delays %s', (_, delay) => {
    for (const pending of [60, 700]) compare(history(pending, 6000, delay), pending === 60);
  });

  test('cleared, it begins anew and knows no old id', () => {
    for (const count of [3, 500]) {
      const queue = new EventQueue();
      const ids = Array.from({ length: count }, (_, i) => queue.push(i / 7, i));
      queue.pop();
      queue.push(Number.POSITIVE_INFINITY, 1);
      queue.clear();
      expect([queue.size, queue.pop(), queue.peekTime()]).toEqual([0, -1, Number.POSITIVE_INFINITY]);
      expect(ids.some((id) => queue.cancel(id))).toBe(false);
      for (let i = 0; i < count; i++) queue.push(-i, i);
      expect(Array.from({ length: count }, () => queue.pop())).toEqual(
        Array.from({ length: count }, (_, i) => count - 1 - i),
      );
    }
  });

  test('garbage stays bounded: many moves of one event leave the rest as quick', () => {
    const queue = new EventQueue();
    for (let i = 0; i < 20; i++) queue.push(i, i);
    const id = queue.push(0.5, 99);
    for (let i = 0; i < 200_000; i++) queue.reschedule(id, (i % 19) + 0.5);
    expect(queue.size).toBe(21);
    expect(queue.pop()).toBe(0);
  });

  test('refuses times that are no times', () => {
    const queue = new EventQueue();
    expect(() => queue.push(Number.NaN, 1)).toThrow(RangeError);
    const id = queue.push(1, 1);
    expect(() => queue.reschedule(id, Number.NEGATIVE_INFINITY)).toThrow(RangeError);
    expect(queue.pop()).toBe(1);
  });
});
