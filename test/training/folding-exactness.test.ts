import { lossCauses, type StepReport, simulateStep } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type StepCase, stepCases } from '../support/step-cases.js';

const figures = [
  'stepSeconds',
  'tokensPerSecond',
  'modelFlops',
  'hardwareFlops',
  'modelTflopsPerGpu',
  'hardwareTflopsPerGpu',
  'mfu',
  'hfu',
] as const;

/** Greatest difference of two reports: of figures relative to themselves, of causes relative to all GPU-seconds. */
function difference(one: StepReport, other: StepReport): number {
  const ofFigures = figures.map((name) => Math.abs(other[name] - one[name]) / Math.abs(one[name]));
  const all = one.gpus * one.stepSeconds;
  const ofCauses = lossCauses.map((cause) => Math.abs(other.gpuSeconds[cause] - one.gpuSeconds[cause]) / all);
  return Math.max(...ofFigures, ...ofCauses);
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
          if (typeof folded === 'string' || typeof other === 'string') {
            expect(other).toBe(folded);
            continue;
          }
          expect(other.memory).toEqual(folded.memory);
          expect(other.folding.ranks).toBe(folded.folding.ranks);
          expect(other.folding.classes).toBe(stepCase.ranks);
          expect(difference(folded, other)).toBeLessThanOrEqual(1e-9);
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
  }, 300_000);
});
