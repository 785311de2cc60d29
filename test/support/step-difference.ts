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
