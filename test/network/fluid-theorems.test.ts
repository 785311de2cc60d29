import { FlowColumns, FluidNetwork, simulateFlows } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { Mulberry32 } from '../bench/network/mulberry32.js';
import { slowMaxMin } from '../support/progressive-filling.js';

const capacity = 100;
const rates = (network: FluidNetwork, ids: readonly number[]): number[] => ids.map((id) => network.rateOf(id));

/** Runs to the end; finish times by tag. */
function finish(network: FluidNetwork): Map<number, number> {
  const times = new Map<number, number>();
  for (let time = network.nextTime(); time < Number.POSITIVE_INFINITY; time = network.nextTime()) {
    network.advanceTo(time);
    for (let i = 0; i < network.finishedCount; i++) times.set(network.finishedTags[i] ?? -1, time);
  }
  return times;
}

describe('max-min fairness', () => {
  test('n flows on one link of C get C / n each', () => {
    for (const n of [1, 2, 3, 7, 1000]) {
      const network = new FluidNetwork([capacity]);
      const ids = Array.from({ length: n }, () => network.start([0], undefined, 1));
      for (const rate of rates(network, ids)) expect(rate).toBeCloseTo(capacity / n, 12);
      expect(network.linkLoad(0)).toBeCloseTo(capacity, 10);
    }
  });

  test('parking lot: one long flow over n links and a short one on each have half of a link each', () => {
    for (const n of [1, 2, 5, 50]) {
      const network = new FluidNetwork(new Float64Array(n).fill(capacity));
      const links = Array.from({ length: n }, (_, i) => i);
      const ids = [network.start(links, undefined, 1), ...links.map((link) => network.start([link], undefined, 1))];
      for (const rate of rates(network, ids)) expect(rate).toBeCloseTo(capacity / 2, 12);
    }
  });

  test('uneven parking lot: the long flow has the least fair share, the short ones what it leaves', () => {
    const network = new FluidNetwork([100, 60, 30]);
    const long = network.start([0, 1, 2], undefined, 1);
    const short = [0, 1, 2].map((link) => network.start([link], undefined, 1));
    expect(rates(network, [long, ...short])).toEqual([15, 85, 45, 15]);
  });

  test('a rate is bounded by its cap, and others take what it leaves', () => {
    const network = new FluidNetwork([capacity]);
    const capped = network.start([0], undefined, 1, { rateCap: 10 });
    const others = [network.start([0], undefined, 1), network.start([0], undefined, 1)];
    expect(rates(network, [capped, ...others])).toEqual([10, 45, 45]);
  });

  test('shares 1 : 3 give rates 1 : 3', () => {
    const network = new FluidNetwork([capacity]);
    const ids = [1, 3].map((share) => network.start([0], undefined, 1, { share }));
    expect(rates(network, ids)).toEqual([25, 75]);
  });

  test('an activity of weight w takes w bytes a unit: rates are equal, not bytes', () => {
    const network = new FluidNetwork([capacity]);
    const ids = [1, 3].map((weight) => network.start([0], [weight], 1));
    expect(rates(network, ids)).toEqual([25, 25]);
    expect(network.linkLoad(0)).toBe(capacity);
  });

  test('a link that is named twice has the sum of its weights; weight 0 is no crossing', () => {
    const network = new FluidNetwork([capacity, 1]);
    expect(network.rateOf(network.start([0, 1, 0], [1, 0, 3], 1))).toBe(25);
  });

  test('hundreds of flows on a Clos, before and after each of many completions, as the textbook has it', () => {
    const random = new Mulberry32(5);
    const capacities = Array.from({ length: 60 }, () => 10 + random.integer(90));
    const network = new FluidNetwork(capacities);
    const edgesOf = new Map<number, [number, number][]>();
    for (let i = 0; i < 250; i++) {
      const links = new Set(Array.from({ length: 4 }, () => random.integer(60)));
      const id = network.start([...links], undefined, 1 + random.integer(1000));
      edgesOf.set(
        id,
        [...links].map((link) => [link, 1]),
      );
    }
    for (let step = 0; edgesOf.size > 0; step++) {
      if (step % 25 === 0) {
        const ids = [...edgesOf.keys()];
        const activities = [...edgesOf.values()].map((edges) => ({
          edges,
          rateCap: Number.POSITIVE_INFINITY,
          share: 1,
        }));
        const expected = slowMaxMin({ capacities, activities });
        for (const [i, id] of ids.entries()) expect(network.rateOf(id) / (expected[i] ?? 0)).toBeCloseTo(1, 9);
      }
      network.advanceTo(network.nextTime());
      for (let i = 0; i < network.finishedCount; i++) edgesOf.delete(network.finishedIds[i] ?? -1);
    }
  });
});

describe('time', () => {
  test('flows of one size on one link end together, in one instant', () => {
    for (const n of [3, 7, 49, 1000]) {
      const network = new FluidNetwork([1e9 / 3]);
      for (let i = 0; i < n; i++) network.start([0], undefined, 1e6 / 7);
      network.advanceTo(network.nextTime());
      expect(network.finishedCount).toBe(n);
      expect(network.now).toBeCloseTo((n * 1e6 * 3) / 7e9, 12);
      expect(network.nextTime()).toBe(Number.POSITIVE_INFINITY);
    }
  });

  test('ends that exact arithmetic puts in one instant are one, after others came and went, late in a long run too', () => {
    for (const from of [0, 1e-9, 1234.5, 3e7]) {
      const network = new FluidNetwork([30, 30]);
      if (from > 0) {
        network.start([], undefined, 1, { latencySeconds: from });
        network.advanceTo(from);
      }
      // A pair on each link, disturbed by two short flows at different times; both pairs need 7 s in all.
      for (const link of [0, 1]) for (let i = 0; i < 2; i++) network.start([link], undefined, 100, { tag: 1 });
      network.start([0], undefined, 10, { tag: 2 });
      network.start([1], undefined, 10, { tag: 3, latencySeconds: 0.1 });
      network.advanceTo(network.nextTime());
      let instants = 0;
      for (let time = network.nextTime(); time < Number.POSITIVE_INFINITY; time = network.nextTime()) {
        network.advanceTo(time);
        if (network.finishedTags.slice(0, network.finishedCount).includes(1)) instants++;
      }
      expect(instants).toBe(1);
      expect(network.now - from).toBeCloseTo(7, 7);
    }
  });

  test('the first byte flows after the latency, which takes no bandwidth', () => {
    const network = new FluidNetwork([capacity]);
    network.start([0], undefined, 100, { tag: 0 });
    network.start([0], undefined, 100, { tag: 1, latencySeconds: 0.5 });
    // Alone for 0.5 s, then 50 bytes at half the rate; the other then has the link for its last 50.
    expect(finish(network)).toEqual(
      new Map([
        [0, 1.5],
        [1, 2],
      ]),
    );
  });

  test('nothing to send is done after the latency; without links and cap anything is', () => {
    const network = new FluidNetwork([capacity, 0]);
    network.start([1], undefined, 0, { tag: 0 });
    network.start([1], undefined, 0, { tag: 1, latencySeconds: 2 });
    network.start([], undefined, 1e12, { tag: 2, latencySeconds: 3 });
    network.start([], undefined, 40, { tag: 3, rateCap: 10 });
    expect(finish(network)).toEqual(
      new Map([
        [0, 0],
        [1, 2],
        [2, 3],
        [3, 4],
      ]),
    );
  });

  test('a link that degrades, fails and comes back', () => {
    const network = new FluidNetwork([capacity]);
    const id = network.start([0], undefined, 300);
    const wait = (seconds: number): void => {
      network.start([], undefined, 0, { latencySeconds: seconds });
      network.advanceTo(network.nextTime());
    };
    wait(1);
    network.setCapacity(0, 50);
    wait(1);
    expect(network.remainingOf(id)).toBe(150);
    network.setCapacity(0, 0);
    expect(network.rateOf(id)).toBe(0);
    expect(network.nextTime()).toBe(Number.POSITIVE_INFINITY);
    wait(10);
    expect(network.remainingOf(id)).toBe(150);
    network.setCapacity(0, 150);
    network.advanceTo(network.nextTime());
    expect(network.now).toBe(13);
    expect(network.finishedCount).toBe(1);
  });

  test('links can be added while others are in use', () => {
    const network = new FluidNetwork([capacity]);
    const first = network.start([0], undefined, 1);
    const link = network.addLink(10);
    const second = network.start([0, link], undefined, 1);
    expect(rates(network, [first, second])).toEqual([90, 10]);
  });

  test('changes at one instant are one solve', () => {
    const network = new FluidNetwork([capacity]);
    for (let i = 0; i < 100; i++) network.start([0], undefined, 1 + i);
    network.setCapacity(0, 50);
    network.nextTime();
    expect(network.solves).toBe(1);
  });

  test('room is used again: a long run of few flows at a time holds few ids', () => {
    const network = new FluidNetwork([capacity, capacity]);
    let highest = 0;
    for (let i = 0; i < 10_000; i++) {
      highest = Math.max(highest, network.start(i % 3 === 0 ? [0, 1, 0] : [i % 2], undefined, 1 + (i % 7)));
      if (i % 8 > 0) network.advanceTo(network.nextTime());
    }
    finish(network);
    const before = highest;
    for (let i = 0; i < 100; i++) highest = Math.max(highest, network.start([0], undefined, 1));
    expect(highest).toBe(before);
  });
});

describe('thousands of flows on one link', () => {
  // With a link of its own each, which never binds, and without; n log n, or this takes minutes.
  test.each([
    ['alone on it', () => [0]],
    ['each behind a link of its own', (i: number) => [0, i + 1]],
    ['each between two links of its own', (i: number) => [2 * i + 1, 0, 2 * i + 2]],
  ])('%s, in arithmetic sizes, end as processor sharing says', (_, route) => {
    const n = 30_000;
    const rows = Array.from({ length: n }, (_unused, i) => ({ startSeconds: 0, bytes: i + 1, links: route(i) }));
    const flows = FlowColumns.of(rows);
    const capacities = new Array<number>(2 * n + 1).fill(1000);
    const { finish: ends, events } = simulateFlows({ name: '', capacitiesBytesPerSecond: capacities, flows });
    // Flow k ends when each of the n - k longer ones has sent k + 1 too: sum of min(bytes, k + 1) over C.
    for (const k of [0, 1, 100, 1500, n - 1]) {
      const sent = ((k + 1) * (k + 2)) / 2 + (n - k - 1) * (k + 1);
      expect((ends[k] ?? 0) / (sent / 1000)).toBeCloseTo(1, 9);
    }
    expect(events).toBe(2 * n);
  });

  test('an elephant among a hundred thousand mice ends when all bytes are through: no digit is lost on the way', () => {
    const network = new FluidNetwork([capacity]);
    const mice = 100_000;
    const elephant = 1e7;
    network.start([0], undefined, elephant, { tag: 1 });
    let sent = 0;
    for (let i = 0; i < mice; i++) {
      const bytes = 1 + (i % 7) / 10;
      sent += bytes;
      network.start([0], undefined, bytes);
      const began = network.now;
      network.advanceTo(network.nextTime());
      expect(Math.abs((network.now - began) / ((2 * bytes) / capacity) - 1)).toBeLessThan(1e-6);
    }
    network.advanceTo(network.nextTime());
    expect(network.finishedTags[0]).toBe(1);
    expect(network.now / ((elephant + sent) / capacity)).toBeCloseTo(1, 11);
  });
});

describe('wrong use', () => {
  const network = new FluidNetwork([capacity]);
  test.each([
    ['negative volume', () => network.start([0], undefined, -1), /volume is -1/],
    ['NaN volume', () => network.start([0], undefined, Number.NaN), /volume is NaN/],
    ['unknown link', () => network.start([1], undefined, 1), /no link 1/],
    ['negative weight', () => network.start([0], [-1], 1), /weight -1 on link 0/],
    ['missing weight', () => network.start([0], [], 1), /weight undefined on link 0/],
    ['zero cap', () => network.start([0], undefined, 1, { rateCap: 0 }), /rateCap is 0/],
    ['zero share', () => network.start([0], undefined, 1, { share: 0 }), /share is 0/],
    ['negative latency', () => network.start([0], undefined, 1, { latencySeconds: -1 }), /latencySeconds is -1/],
    ['negative capacity', () => network.setCapacity(0, -1), /capacity is -1/],
    ['capacity of an unknown link', () => network.setCapacity(7, 1), /no link 7/],
    ['NaN capacity', () => new FluidNetwork([Number.NaN]), /capacity is NaN/],
    ['cancelled twice', () => [0, 0].map(() => network.cancel(network.start([0], undefined, 1) + 1)), /no activity/],
    ['back in time', () => network.advanceTo(-1), /not between now/],
    ['beyond the next event', () => network.advanceTo(1e9), /not between now/],
  ])('%s is a RangeError that names it', (_, act, message) => {
    if (message.source === 'not between now') network.start([0], undefined, 1);
    expect(act).toThrow(RangeError);
    expect(act).toThrow(message);
  });
});
