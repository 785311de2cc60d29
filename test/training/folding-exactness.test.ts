import { lossCauses, type StepReport, simulateStep } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type StepCase, stepCases } from '../support/step-cases.js';

/** Every figure of the two reports agrees to 1e-9: of times relative, of causes relative to all GPU-seconds. */
function expectSame(one: StepReport, other: StepReport): void {
  const { gpuSeconds, memory, folding, ...figures } = one;
  for (const [name, value] of Object.entries(figures)) {
    const otherValue = Object.entries(other).find(([key]) => key === name)?.[1];
    expect(Math.abs(Number(otherValue) - Number(value)), name).toBeLessThanOrEqual(1e-9 * Math.abs(Number(value)));
  }
  for (const cause of lossCauses) {
    expect(Math.abs(other.gpuSeconds[cause] - gpuSeconds[cause]), cause).toBeLessThanOrEqual(
      1e-9 * one.gpus * one.stepSeconds,
    );
  }
  expect(other.memory).toEqual(memory);
  expect(other.folding.ranks).toBe(folding.ranks);
}

const simulate = ({ job, cluster, perturbation }: StepCase, options = {}): StepReport | string => {
  try {
    return simulateStep(job, cluster, perturbation, options);
  } catch (error) {
    // Links that are down may part the fabric; then the plan says so, folded or not.
    expect(String(error)).toContain('no way from rank');
    return 'no way';
  }
};

describe('folding is exact', () => {
  test('folded, every rank, and every rank operator by operator agree over all dimensions, schedules, fabrics and disturbances', () => {
    let classes = 0;
    let ranks = 0;
    let parted = 0;
    fc.assert(
      fc.property(stepCases(), (stepCase) => {
        const folded = simulate(stepCase);
        for (const options of [{ fold: false }, { fold: false, coalesce: false }]) {
          const other = simulate(stepCase, options);
          if (typeof folded === 'string' || typeof other === 'string') expect(other).toBe(folded);
          else {
            expectSame(folded, other);
            expect(other.folding.classes).toBe(stepCase.ranks);
          }
        }
        if (typeof folded === 'string') parted++;
        else {
          classes += folded.folding.classes;
          ranks += stepCase.ranks;
        }
      }),
      { numRuns: 400 },
    );
    expect(classes).toBeLessThan(0.95 * ranks);
    expect(parted).toBeLessThan(40);
  }, 120_000);
});
