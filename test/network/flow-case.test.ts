import { FlowColumns, simulateFlows } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const links = 12;
const ulp = 2 ** -52;

const flow = fc.record({
  // Starts that are equal, or differ in their last bits alone, or not at all.
  startSeconds: fc
    .tuple(fc.constantFrom(0, 1, 1.5, 3), fc.nat(3), fc.constantFrom(0, ulp, 0.25))
    .map(([whole, steps, step]) => whole * (1 + steps * step)),
  bytes: fc.nat(500),
  links: fc.uniqueArray(fc.nat(links - 1), { minLength: 1, maxLength: 4 }),
});

describe('flows of a case', () => {
  test('end when they do in whatever order they are listed', () => {
    fc.assert(
      fc.property(fc.array(flow, { maxLength: 40 }), fc.array(fc.nat(), { maxLength: 40 }), (flows, keys) => {
        const order = flows.map((_, i) => i).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
        const shuffled = order.flatMap((i) => flows[i] ?? []);
        const capacitiesBytesPerSecond = Array.from({ length: links }, (_, i) => 50 + 10 * (i % 3));
        const finishOf = (list: typeof flows): Float64Array =>
          simulateFlows({ name: '', capacitiesBytesPerSecond, flows: FlowColumns.of(list) }).finish;
        const listed = finishOf(flows);
        for (const [place, finish] of finishOf(shuffled).entries()) {
          const expected = listed[order[place] ?? -1] ?? Number.NaN;
          expect(Math.abs(finish - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, expected));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('start in the order of their starts, however near these are', () => {
    // Alone on one link each, so that a flow ends one second after its start.
    fc.assert(
      fc.property(fc.array(flow, { minLength: 1, maxLength: 200 }), (flows) => {
        const rows = flows.map(({ startSeconds }, i) => ({ startSeconds, bytes: 8, links: [i] }));
        const capacitiesBytesPerSecond = rows.map(() => 8);
        const { finish, events } = simulateFlows({
          name: '',
          capacitiesBytesPerSecond,
          flows: FlowColumns.of(rows),
        });
        expect(events).toBe(2 * rows.length);
        for (const [i, { startSeconds }] of rows.entries()) {
          expect(Math.abs((finish[i] ?? Number.NaN) - startSeconds - 1)).toBeLessThanOrEqual(1e-14);
        }
      }),
    );
  });

  test('come out of columns as they went in', () => {
    const row = fc.record({ ...{ flow }, rateCap: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 200 }), (rows) => {
        const flows = rows.map((one) => ({
          ...one.flow,
          ...(one.rateCap === undefined ? {} : { rateCap: one.rateCap }),
        }));
        const columns = FlowColumns.of(flows);
        expect([...columns]).toEqual(flows);
        expect(columns.length).toBe(flows.length);
        expect(() => columns.get(flows.length)).toThrow(/no flow/);
      }),
    );
  });
});
