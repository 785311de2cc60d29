import { studentTQuantile, studentTTail } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** p, degrees of freedom, quantile: roots of the incomplete beta function at 40 digits (mpmath). */
const table: readonly (readonly [number, number, number])[] = [
  [0.6, 0.5, 0.3979754267847906],
  [0.975, 0.5, 164.55767348048823],
  [0.9, 1, 3.077683537175254],
  [0.975, 1, 12.706204736174694],
  [0.999999, 1, 318309.88617359026],
  [0.6, 2, 0.2886751345948128],
  [0.975, 2, 4.302652729749462],
  [0.995, 3, 5.840909309733355],
  [0.9, 4.5, 1.5008853175085577],
  [0.975, 9, 2.262157162798205],
  [0.999999, 9, 10.720160409872825],
  [0.975, 29, 2.045229642132704],
  [0.975, 99, 1.9842169515864172],
  [0.995, 1000, 2.5807546980659506],
  [0.6, 1e6, 0.2533471705378416],
  [0.975, 1e6, 1.9599663568141066],
];

describe('Student t', () => {
  test.each(table)('quantile of %d with %d degrees of freedom', (p, df, expected) => {
    expect(Math.abs(studentTQuantile(p, df) / expected - 1)).toBeLessThan(1e-10);
  });

  test('the quantile is where the tail is what was asked for, odd in p, and grows with p', () => {
    const probability = fc.double({ min: 1e-9, max: 0.499, noNaN: true });
    const degrees = fc.double({ min: 0.2, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(probability, probability, degrees, (p, q, df) => {
        const t = studentTQuantile(1 - p, df);
        expect(Math.abs(studentTTail(t, df) / (1 - (1 - p)) - 1)).toBeLessThan(1e-9);
        expect(Math.abs(studentTQuantile(1 - (1 - p), df) / -t - 1)).toBeLessThan(1e-12);
        if (p < q * (1 - 1e-6)) expect(studentTQuantile(p, df)).toBeLessThanOrEqual(studentTQuantile(q, df));
      }),
      { numRuns: 300 },
    );
  });

  test('tends to the normal distribution', () => {
    expect(studentTQuantile(0.975, 1e12)).toBeCloseTo(1.959963984540054, 7);
  });

  test('refuses what has no quantile', () => {
    for (const p of [0, 1, -0.1, Number.NaN]) expect(() => studentTQuantile(p, 3)).toThrow(RangeError);
    for (const df of [0, -1, Number.NaN]) expect(() => studentTQuantile(0.9, df)).toThrow(RangeError);
  });
});
