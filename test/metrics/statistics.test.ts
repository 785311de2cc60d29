import {
  confidenceInterval,
  jainFairness,
  mean,
  median,
  pairedComparison,
  quantile,
  RandomStreams,
  RunningMoments,
  ratioSummary,
  standardError,
  summary,
  TimeWeightedAverage,
  variance,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const values = fc.array(value, { minLength: 1, maxLength: 60 });
/** Equal up to rounding in units of the values' size. */
const close = (a: number, b: number, scale = 1): void => expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * scale);

describe('moments', () => {
  test('known values', () => {
    expect(mean([1, 2, 3, 4])).toBe(2.5);
    expect(variance([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(32 / 7, 14);
    expect(standardError([1, 2, 3, 4, 5])).toBeCloseTo(Math.sqrt(2.5 / 5), 14);
    expect(variance([7])).toBe(0);
    expect(variance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toBeCloseTo(30, 9);
    expect(() => mean([])).toThrow(RangeError);
  });

  test('one by one, merged in any split, and in two passes: the same', () => {
    fc.assert(
      fc.property(values, fc.nat(60), (list, cut) => {
        const [first, second] = [new RunningMoments(), new RunningMoments()];
        for (const [i, x] of list.entries()) (i < cut ? first : second).add(x);
        first.merge(second);
        expect(first.count).toBe(list.length);
        close(first.mean, mean(list), 1e6);
        close(first.variance, variance(list), 1e12);
        close(first.standardError, standardError(list), 1e6);
      }),
    );
    expect(new RunningMoments().mean).toBeNaN();
  });
});

describe('quantiles', () => {
  test('known values, linear between ranks', () => {
    expect(quantile([4, 1, 3, 2], 0.25)).toBe(1.75);
    expect(median([3, 1, 2])).toBe(2);
    expect([0, 0.05, 0.5, 0.95, 1].map((p) => quantile([15, 20, 35, 40, 50], p))).toEqual([15, 16, 35, 48, 50]);
    expect(quantile([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], 0.75)).toBe(Number.POSITIVE_INFINITY);
  });

  test('within the values, growing with p, free of order, moving with shift and scale', () => {
    fc.assert(
      fc.property(
        values,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, p, q) => {
          const at = quantile(list, p);
          expect(at).toBeGreaterThanOrEqual(Math.min(...list));
          expect(at).toBeLessThanOrEqual(Math.max(...list));
          if (p < q) expect(at).toBeLessThanOrEqual(quantile(list, q));
          expect(quantile(list.toReversed(), p)).toBe(at);
          close(
            quantile(
              list.map((x) => 2 * x + 3),
              p,
            ),
            2 * at + 3,
            1e6,
          );
        },
      ),
    );
  });

  test('refuse no values, no numbers and no probability', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
    expect(() => quantile([1, Number.NaN], 0.5)).toThrow(RangeError);
    expect(() => quantile([1], 1.01)).toThrow(RangeError);
  });
});

describe('confidence interval and summary', () => {
  test('known values', () => {
    // t(0.975, 4) = 2.7764451051977987
    const [low, high] = confidenceInterval([1, 2, 3, 4, 5]);
    close(low, 3 - 2.7764451051977987 * Math.sqrt(0.5));
    close(high, 3 + 2.7764451051977987 * Math.sqrt(0.5));
    expect(summary([3])).toEqual({ mean: 3, ci95: [3, 3], p5: 3, p50: 3, p95: 3 });
    expect(summary([2, 2, 2])).toEqual({ mean: 2, ci95: [2, 2], p5: 2, p50: 2, p95: 2 });
    expect(Object.keys(summary([1, 2]))).toEqual(['mean', 'ci95', 'p5', 'p50', 'p95']);
    expect(() => summary([])).toThrow(RangeError);
    expect(() => confidenceInterval([1, 2], 1)).toThrow(RangeError);
  });

  test('holds the mean and widens with the level', () => {
    fc.assert(
      fc.property(values, (list) => {
        const [narrow, wide] = [confidenceInterval(list, 0.5), confidenceInterval(list, 0.99)];
        const centre = mean(list);
        expect(wide[0]).toBeLessThanOrEqual(narrow[0]);
        expect(narrow[0]).toBeLessThanOrEqual(centre);
        expect(centre).toBeLessThanOrEqual(narrow[1]);
        expect(narrow[1]).toBeLessThanOrEqual(wide[1]);
      }),
    );
  });

  test('covers the true mean as often as it says, with five values a time', () => {
    const stream = new RandomStreams(5).stream('coverage');
    const trials = 4000;
    let held = 0;
    for (let i = 0; i < trials; i++) {
      const [low, high] = confidenceInterval(
        Array.from({ length: 5 }, () => stream.normal(2, 3)),
        0.9,
      );
      if (low <= 2 && 2 <= high) held++;
    }
    // Four standard deviations of a share of 0.9 over 4000 trials.
    expect(Math.abs(held / trials - 0.9)).toBeLessThan(4 * Math.sqrt(0.09 / trials));
  });
});

describe('paired comparison', () => {
  test('sees a small difference under much common noise', () => {
    const stream = new RandomStreams(1).stream('pairs');
    const luck = Array.from({ length: 30 }, () => stream.normal(100, 20));
    const better = luck.map((x) => x + 1 + stream.normal(0, 0.5));
    const { meanDifference, interval, significant, trialsRatio } = pairedComparison(better, luck);
    expect(Math.abs(meanDifference - 1)).toBeLessThan(0.5);
    expect(significant).toBe(true);
    expect(interval[0]).toBeGreaterThan(0);
    expect(trialsRatio).toBeGreaterThan(500);
  });

  test('changes sign with the sides; one pair or equal lists show nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 30 }), (pairs) => {
        const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
        const [there, back] = [pairedComparison(a, b), pairedComparison(b, a)];
        close(there.meanDifference, -back.meanDifference, 1e6);
        close(there.interval[0], -back.interval[1], 1e6);
        expect(there.significant).toBe(back.significant);
        expect(pairedComparison(a, a)).toMatchObject({ meanDifference: 0, interval: [0, 0], significant: false });
      }),
    );
    expect(pairedComparison([1], [5]).significant).toBe(false);
    expect(pairedComparison([2, 3, 4], [1, 2, 3])).toMatchObject({
      significant: true,
      trialsRatio: Number.POSITIVE_INFINITY,
    });
    expect(() => pairedComparison([1], [1, 2])).toThrow(RangeError);
  });
});

describe('Jain fairness', () => {
  test('is 1 for equal shares, 1/n for one taker, and free of scale', () => {
    expect(jainFairness([5, 5, 5])).toBe(1);
    expect(jainFairness([0, 0, 8, 0])).toBe(0.25);
    expect(jainFairness([0, 0])).toBe(1);
    expect(jainFairness([1e200, 1e200])).toBe(1);
    const shares = fc.array(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(shares, (list) => {
        const fairness = jainFairness(list);
        expect(fairness).toBeGreaterThanOrEqual(1 / list.length - 1e-12);
        expect(fairness).toBeLessThanOrEqual(1 + 1e-12);
        close(jainFairness(list.map((x) => 7 * x)), fairness);
      }),
    );
    for (const wrong of [[], [-1], [Number.NaN], [Number.POSITIVE_INFINITY]])
      expect(() => jainFairness(wrong)).toThrow(RangeError);
  });
});

describe('time-weighted average', () => {
  test('weighs each value by how long it lasted', () => {
    const queue = new TimeWeightedAverage(10, 2);
    queue.add(12, 3);
    queue.set(15, 1);
    expect(queue.averageUntil(20)).toBeCloseTo((2 * 2 + 5 * 3 + 1 * 5) / 10, 14);
    expect(queue.areaUntil(15)).toBe(19);
    expect([queue.value, queue.peak]).toEqual([1, 5]);
    expect(new TimeWeightedAverage(3, 4).averageUntil(3)).toBe(4);
    expect(() => queue.set(14, 0)).toThrow(RangeError);
    expect(() => queue.averageUntil(Number.NaN)).toThrow(RangeError);
  });
});

describe('ratioSummary', () => {
  test('total over total; without events the numerators', () => {
    expect(ratioSummary([10, 10], [1, 3])).toMatchObject({
      mean: 5,
      p5: expect.closeTo(3.6667, 3),
      p95: expect.closeTo(9.6667, 3),
    });
    expect(ratioSummary([6, 12], [2, 4])).toEqual({ mean: 3, ci95: [3, 3], p5: 3, p50: 3, p95: 3 });
    expect(ratioSummary([4, 6], [0, 0])).toEqual(summary([4, 6]));
    expect(() => ratioSummary([1], [1, 2])).toThrow(RangeError);
  });

  test('the mean time between events of a Poisson process is met where the mean of the ratios is not, and its interval holds it', () => {
    const stream = new RandomStreams(5).stream('events');
    const trials = 400;
    // Three events in the mean: the mean of time over events is far above time over the mean of events.
    const counts = Array.from({ length: trials }, () => {
      let count = 0;
      for (let time = stream.exponential(1); time < 3; time += stream.exponential(1)) count++;
      return count;
    });
    const times = counts.map(() => 3);
    const { mean: middle, ci95 } = ratioSummary(times, counts);
    expect(ci95[0]).toBeLessThan(1);
    expect(ci95[1]).toBeGreaterThan(1);
    expect(ci95[1] - ci95[0]).toBeLessThan(0.25);
    expect(mean(times.map((time, i) => time / Math.max(1, counts[i] ?? 0)))).toBeGreaterThan(middle * 1.2);
  });
});
