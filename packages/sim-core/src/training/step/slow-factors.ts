import { type RandomStream, RandomStreams } from '../../kernel/index.js';
import type { Jitter, Perturbation } from '../job.js';
import type { Plan } from '../plan/plan.js';
import { operationClasses } from './template.js';

/**
 * Factors on the compute seconds of each class by operation class, row-major [class][gemm, attention, memory]: the slow
 * factor of the rank times a jitter of mean 1, one draw per (rank, step, operation class) (spec/model.md 7).
 */
export function slowFactors(plan: Plan, perturbation: Perturbation, step: number): Float64Array {
  const width = operationClasses.length;
  const factors = new Float64Array(plan.classes.length * width);
  const { sigma, distribution = 'lognormal' } = perturbation.jitter;
  const streams = sigma > 0 ? new RandomStreams(perturbation.seed) : undefined;
  plan.classes.forEach((rankClass, k) => {
    const stream = streams?.stream(`jitter/step${step}/rank${rankClass.representative}`);
    for (let c = 0; c < width; c++) {
      const jitter = stream ? draw(stream, distribution, sigma) : 1;
      factors[k * width + c] = rankClass.slowFactor * jitter;
    }
  });
  return factors;
}

function draw(stream: RandomStream, distribution: NonNullable<Jitter['distribution']>, sigma: number): number {
  switch (distribution) {
    case 'lognormal':
      return stream.lognormal((-sigma * sigma) / 2, sigma);
    case 'exponential':
      return 1 - sigma + stream.exponential(sigma);
    case 'uniform':
      return 1 + sigma * Math.sqrt(3) * (2 * stream.uniform() - 1);
  }
}
