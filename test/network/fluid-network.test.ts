import { FluidNetwork } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flowing, historyArbitrary, play } from '../support/fluid-history.js';
import { slowMaxMin } from '../support/progressive-filling.js';

const near = (received: number, expected: number, relative: number): void =>
  expect(Math.abs(received - expected)).toBeLessThanOrEqual(relative * Math.max(1, Math.abs(expected)));

describe('rates of a fluid network after any history', () => {
  test('are those of the textbook solver', () => {
    fc.assert(
      fc.property(historyArbitrary, (history) => {
        play(history, (seen) => {
          const active = flowing(seen);
          const expected = slowMaxMin({ capacities: seen.capacities, activities: active });
          for (const [i, { id }] of active.entries()) near(seen.network.rateOf(id), expected[i] ?? Number.NaN, 1e-9);
        });
      }),
      { numRuns: 600 },
    );
  });

  test('are feasible, and each activity has a full link, or its cap, on which nobody is faster', () => {
    fc.assert(
      fc.property(historyArbitrary, (history) => {
        play(history, (seen) => {
          const { network, capacities } = seen;
          const active = flowing(seen).map((activity) => ({ ...activity, rate: network.rateOf(activity.id) }));
          const load = capacities.map(() => 0);
          const fastest = capacities.map(() => 0);
          for (const { edges, rate, share } of active) {
            for (const [link, weight] of edges) {
              load[link] = (load[link] ?? 0) + weight * rate;
              fastest[link] = Math.max(fastest[link] ?? 0, rate / share);
            }
          }
          for (const [link, capacity] of capacities.entries()) {
            expect(load[link]).toBeLessThanOrEqual(capacity * (1 + 1e-9));
            near(network.linkLoad(link), load[link] ?? 0, 1e-9);
          }
          for (const { edges, rate, share, rateCap } of active) {
            const held = edges.some(
              ([link]) =>
                (load[link] ?? 0) >= (capacities[link] ?? 0) * (1 - 1e-9) &&
                (fastest[link] ?? 0) <= (rate / share) * (1 + 1e-9),
            );
            expect(held || rate >= rateCap * (1 - 1e-12)).toBe(true);
          }
        });
      }),
      { numRuns: 500 },
    );
  });

  test('are what a network that starts with the present activities gives: the incremental solve is the full one', () => {
    fc.assert(
      fc.property(historyArbitrary, (history) => {
        play(history, (seen) => {
          const fresh = new FluidNetwork(seen.capacities);
          const active = flowing(seen);
          const ids = active.map(({ edges, rateCap, share }) =>
            fresh.start(
              edges.map(([link]) => link),
              edges.map(([, weight]) => weight),
              1,
              { rateCap, share },
            ),
          );
          for (const [i, { id }] of active.entries()) near(seen.network.rateOf(id), fresh.rateOf(ids[i] ?? -1), 1e-10);
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe('bytes', () => {
  test('are conserved: rate integrated over time and what remains add up to the volume', () => {
    fc.assert(
      fc.property(historyArbitrary, (history) => {
        const sent = new Map<number, number>();
        let rates = new Map<number, number>();
        let volumes = new Map<number, number>();
        let last = 0;
        play(history, (seen) => {
          const elapsed = seen.network.now - last;
          last = seen.network.now;
          for (const [tag, rate] of rates) sent.set(tag, (sent.get(tag) ?? 0) + rate * elapsed);
          for (const tag of seen.finished) near(sent.get(tag) ?? 0, volumes.get(tag) ?? 0, 1e-9);
          for (const { id, tag, volume } of seen.live) {
            near((sent.get(tag) ?? 0) + seen.network.remainingOf(id), volume, 1e-9);
          }
          rates = new Map(seen.live.map(({ id, tag }) => [tag, seen.network.rateOf(id)]));
          volumes = new Map(seen.live.map(({ tag, volume }) => [tag, volume]));
        });
      }),
      { numRuns: 300 },
    );
  });
});

interface Ending {
  readonly tag: number;
  readonly time: number;
}

/** Ends of the activities of a history, in order. */
function endings(history: Parameters<typeof play>[0]): Ending[] {
  const ends: Ending[] = [];
  play(history, ({ network, finished }) => {
    for (const tag of finished) ends.push({ tag, time: network.now });
  });
  return ends;
}

describe('histories', () => {
  test('are the same bytes each time', () => {
    fc.assert(
      fc.property(historyArbitrary, (history) => {
        expect(endings(history)).toEqual(endings(history));
      }),
    );
  });

  test('do not depend on the numbers of the links', () => {
    fc.assert(
      fc.property(historyArbitrary, fc.nat(1000), (history, seed) => {
        const count = history.capacities.length;
        // A rotation and a mirror: every link gets another number, and lists are walked in another order.
        const renamed = (pick: number): number => (count - 1 - ((pick + seed) % count)) % count;
        const capacities = [...history.capacities];
        for (const [link, capacity] of history.capacities.entries()) capacities[renamed(link)] = capacity;
        const commands = history.commands.map((command) => {
          if (command.kind === 'capacity') return { ...command, link: renamed(command.link % count) };
          if (command.kind !== 'start') return command;
          const picks = command.picks.map(([pick, weight]) => [renamed(pick % count), weight] as const);
          return { ...command, picks: picks.toReversed() };
        });
        const plain = endings(history);
        const other = endings({ capacities, commands });
        expect(other).toHaveLength(plain.length);
        const timeOf = new Map(other.map(({ tag, time }) => [tag, time]));
        for (const { tag, time } of plain) near(timeOf.get(tag) ?? Number.NaN, time, 1e-9);
      }),
      { numRuns: 300 },
    );
  });

  test('twice the capacity and twice the bytes take the same time', () => {
    fc.assert(
      fc.property(historyArbitrary, (history) => {
        const capacities = history.capacities.map((capacity) => capacity * 2);
        const commands = history.commands.map((command) => {
          if (command.kind === 'capacity') return { ...command, value: command.value * 2 };
          if (command.kind !== 'start') return command;
          return { ...command, volume: command.volume * 2, rateCap: command.rateCap * 2 };
        });
        // Doubling is exact in binary: the same bytes, not only nearly.
        expect(endings({ capacities, commands })).toEqual(endings(history));
      }),
    );
  });
});
