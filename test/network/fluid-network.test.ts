import { FluidNetwork } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { slowMaxMin } from '../support/progressive-filling.js';

interface Live {
  id: number;
  edges: [number, number][];
  rateCap: number;
  share: number;
}

const activityArbitrary = fc.record({
  picks: fc.array(fc.tuple(fc.nat(9), fc.constantFrom(1, 1, 1, 0.5, 3)), { minLength: 1, maxLength: 4 }),
  cap: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 3, 40),
  share: fc.constantFrom(1, 1, 2),
  volume: fc.integer({ min: 1, max: 500 }),
});

const worldArbitrary = fc.record({
  capacities: fc.array(fc.integer({ min: 5, max: 100 }), { minLength: 3, maxLength: 10 }),
  commands: fc.array(
    fc.oneof(
      { weight: 5, arbitrary: activityArbitrary.map((activity) => ({ kind: 'start' as const, activity })) },
      { weight: 3, arbitrary: fc.constant({ kind: 'advance' as const }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('capacity' as const),
          link: fc.nat(9),
          value: fc.integer({ min: 0, max: 100 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), pick: fc.nat(20) }) },
    ),
    { minLength: 1, maxLength: 40 },
  ),
});

describe('FluidNetwork', () => {
  test('after any history the rates are those of the textbook solver', () => {
    fc.assert(
      fc.property(worldArbitrary, ({ capacities, commands }) => {
        const links = [...capacities];
        const network = new FluidNetwork(links);
        let live: Live[] = [];
        for (const command of commands) {
          if (command.kind === 'start') {
            const edges = new Map<number, number>();
            for (const [pick, weight] of command.activity.picks) edges.set(pick % links.length, weight);
            const list = [...edges];
            const id = network.start(
              list.map((e) => e[0]),
              list.map((e) => e[1]),
              command.activity.volume,
              { rateCap: command.activity.cap, share: command.activity.share },
            );
            live.push({ id, edges: list, rateCap: command.activity.cap, share: command.activity.share });
          } else if (command.kind === 'advance') {
            const time = network.nextTime();
            if (time === Number.POSITIVE_INFINITY) continue;
            network.advanceTo(time);
            const done = new Set(network.finishedIds.slice(0, network.finishedCount));
            live = live.filter((activity) => !done.has(activity.id));
          } else if (command.kind === 'capacity') {
            links[command.link % links.length] = command.value;
            network.setCapacity(command.link % links.length, command.value);
          } else {
            const [gone] = live.splice(command.pick % Math.max(1, live.length), 1);
            if (gone) network.cancel(gone.id);
          }
          const expected = slowMaxMin({ capacities: links, activities: live });
          live.forEach((activity, i) => {
            const rate = network.rateOf(activity.id);
            expect(Math.abs(rate - (expected[i] ?? 0))).toBeLessThanOrEqual(1e-7 * Math.max(1, expected[i] ?? 0));
          });
        }
      }),
      { numRuns: 500 },
    );
  });
});
