import fc from 'fast-check';
import { expect, test } from 'vitest';
import { grouped } from '../../packages/cli/src/render/format.js';

test('whole numbers are grouped as the locale en-US groups them', () => {
  const edges = fc.constantFrom(
    0,
    -0,
    999,
    1000,
    -999,
    -1000,
    999_999,
    1_000_000,
    2 ** 53,
    -(2 ** 60),
    1e21,
    0.5,
    1 / 0,
  );
  fc.assert(
    fc.property(fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.integer({ min: -1e6, max: 1e6 }), edges), (value) => {
      expect(grouped(value)).toBe(value.toLocaleString('en-US'));
    }),
    { numRuns: 1000 },
  );
});
