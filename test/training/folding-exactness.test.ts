import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stepCases } from '../support/step-cases.js';
import { expectSameStep, stepOrNoWay } from '../support/step-difference.js';

describe('folding is exact', () => {
  test('folded, every rank, and every rank operator by operator agree over all dimensions, schedules, fabrics and disturbances', () => {
    let classes = 0;
    let ranks = 0;
    let parted = 0;
    let ties = 0;
    fc.assert(
      fc.property(stepCases(), (stepCase) => {
        const folded = stepOrNoWay(stepCase);
        for (const options of [{ fold: false }, { fold: false, coalesce: false }]) {
          const other = stepOrNoWay(stepCase, options);
          if (typeof folded === 'string' || typeof other === 'string') {
            expect(other).toBe(folded);
            continue;
          }
          expect(other.memory).toEqual(folded.memory);
          expect(other.folding.ranks).toBe(folded.folding.ranks);
          expect(other.folding.classes).toBe(stepCase.ranks);
          if (expectSameStep(folded, other, stepCase)) ties++;
        }
        if (typeof folded === 'string') parted++;
        else {
          classes += folded.folding.classes;
          ranks += stepCase.ranks;
        }
      }),
      { numRuns: 300 },
    );
    expect(classes).toBeLessThan(0.95 * ranks);
    expect(parted).toBeLessThan(40);
    // One case in some thousands, compared in two ways.
    expect(ties).toBeLessThanOrEqual(4);
  }, 300_000);
});
