import { lossCauses, type StepReport, simulateStep } from '@regatta/sim-core';
import { expect } from 'vitest';
import type { StepCase } from './step-cases.js';

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
export function differenceOf(one: StepReport, other: StepReport): number {
  const ofFigures = figures.map((name) => Math.abs(other[name] - one[name]) / Math.abs(one[name]));
  const all = one.gpus * one.stepSeconds;
  const ofCauses = lossCauses.map((cause) => Math.abs(other.gpuSeconds[cause] - one.gpuSeconds[cause]) / all);
  return Math.max(...ofFigures, ...ofCauses);
}

/** Links that are down may part the fabric; then the plan says so, folded or not. */
export function stepOrNoWay({ job, cluster, perturbation }: StepCase, options = {}): StepReport | string {
  try {
    return simulateStep(job, cluster, perturbation, options);
  } catch (error) {
    expect(String(error)).toContain('no way from rank');
    return 'no way';
  }
}

/**
 * Holds two ways to simulate a case to each other: to 1e-9, or at a tie to ten times how far rounding moves the result of every
 * rank itself. True at a tie.
 */
export function expectSameStep(one: StepReport, other: StepReport, stepCase: StepCase): boolean {
  const difference = differenceOf(one, other);
  if (difference <= 1e-9) return false;
  expect(difference).toBeLessThanOrEqual(10 * sensitivityOf(stepCase));
  return true;
}

/**
 * How far the every-rank result itself moves when inputs change by a few roundings: about 1e-15, unless two events meet so nearly
 * that rounding says which comes first. Such a case has no better answer than that, folded or not.
 */
function sensitivityOf({ job, cluster, perturbation, ranks }: StepCase): number {
  const resultOf = (slowness: number, speed: number): StepReport | string =>
    stepOrNoWay(
      {
        job,
        cluster: {
          ...cluster,
          device: {
            ...cluster.device,
            memoryBandwidthBytesPerSecond: cluster.device.memoryBandwidthBytesPerSecond * speed,
          },
        },
        perturbation: {
          ...perturbation,
          slowRanks: perturbation.slowRanks.map((slow) => ({ ...slow, factor: slow.factor * slowness })),
        },
        ranks,
      },
      { fold: false },
    );
  const exact = resultOf(1, 1);
  const roundings = [-8, -4, -2, -1, 1, 2, 4, 8].map((count) => 1 + count * Number.EPSILON);
  const moved = roundings.flatMap((factor) => [resultOf(factor, 1), resultOf(1, factor)]);
  return Math.max(
    ...moved.map((other) => (typeof exact === 'string' || typeof other === 'string' ? 0 : differenceOf(exact, other))),
  );
}
