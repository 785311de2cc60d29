import { EventQueue } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

interface Model {
  id: number;
  time: number;
  order: number;
  payload: number;
}

describe('EventQueue', () => {
  test('behaves as a list sorted by time, then by scheduling', () => {
    const times = fc.constantFrom(0, 1, 1, 2, 2.5, 3, 7);
    const command = fc.oneof(
      { weight: 5, arbitrary: times.map((time) => ({ kind: 'push' as const, time })) },
      { weight: 3, arbitrary: fc.constant({ kind: 'pop' as const }) },
      { weight: 2, arbitrary: fc.nat(30).map((pick) => ({ kind: 'cancel' as const, pick })) },
      {
        weight: 2,
        arbitrary: fc.tuple(fc.nat(30), times).map(([pick, time]) => ({ kind: 'move' as const, pick, time })),
      },
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
        const queue = new EventQueue(4);
        let model: Model[] = [];
        const gone: number[] = [];
        let order = 0;
        for (const step of commands) {
          if (step.kind === 'push') {
            model.push({ id: queue.push(step.time, order), time: step.time, order, payload: order });
            order++;
          } else if (step.kind === 'pop') {
            model.sort((a, b) => a.time - b.time || a.order - b.order);
            const first = model.shift();
            expect(queue.pop()).toBe(first?.payload ?? -1);
            if (first) {
              expect(queue.poppedTime).toBe(first.time);
              expect(queue.poppedId).toBe(first.id);
              gone.push(first.id);
            }
          } else {
            const target = model[step.pick];
            if (!target) continue;
            if (step.kind === 'cancel') {
              expect(queue.cancel(target.id)).toBe(true);
              model = model.filter((event) => event !== target);
              gone.push(target.id);
            } else {
              expect(queue.reschedule(target.id, step.time)).toBe(true);
              target.time = step.time;
              target.order = order++;
            }
          }
          expect(queue.size).toBe(model.length);
          expect(queue.peekTime()).toBe(Math.min(Number.POSITIVE_INFINITY, ...model.map((event) => event.time)));
        }
        for (const id of gone) if (!model.some((event) => event.id === id)) expect(queue.cancel(id)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('refuses times that are no times', () => {
    const queue = new EventQueue();
    expect(() => queue.push(Number.NaN, 1)).toThrow(RangeError);
    const id = queue.push(1, 1);
    expect(() => queue.reschedule(id, Number.NEGATIVE_INFINITY)).toThrow(RangeError);
    expect(queue.pop()).toBe(1);
  });
});
