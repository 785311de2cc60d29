import { RandomStreams } from '../../kernel/index.js';
import type { Perturbation } from '../job.js';
import type { Plan } from '../plan/plan.js';

/**
 * The perturbation with the ranks of a slower bin written out (spec/model.md 7): which they are, and how slow, does not change with
 * the number of ranks.
 */
export function withDrawnRanks(perturbation: Perturbation, ranks: number): Perturbation {
  const { slowFraction } = perturbation;
  if (!slowFraction || slowFraction.fraction === 0) return perturbation;
  const streams = new RandomStreams(perturbation.seed);
  const drawn: { rank: number; factor: number }[] = [];
  for (let rank = 0; rank < ranks; rank++) {
    const stream = streams.stream(`slow/rank${rank}`);
    const slow = stream.uniform() < slowFraction.fraction;
    if (slow) drawn.push({ rank, factor: 1 + stream.exponential(slowFraction.meanExcess) });
  }
  return { ...perturbation, slowRanks: [...perturbation.slowRanks, ...drawn] };
}

/**
 * Seconds that each class stands still for pauses of its host in a step: a Poisson number over the step's undisturbed length, each
 * lognormal (spec/model.md 7). They are taken when the step begins. Undefined without pauses.
 */
export function pauseSeconds(
  plan: Plan,
  perturbation: Perturbation,
  step: number,
  stepSeconds: number,
): Float64Array | undefined {
  const { pauses } = perturbation;
  if (!pauses || pauses.perHostHour === 0) return undefined;
  const streams = new RandomStreams(perturbation.seed);
  const byHost = new Map<number, number>();
  const mean = (pauses.perHostHour / 3600) * stepSeconds;
  return Float64Array.from(plan.classes, ({ representative }) => {
    const host = plan.places.nodeOf(representative);
    const known = byHost.get(host);
    if (known !== undefined) return known;
    const stream = streams.stream(`pause/step${step}/host${host}`);
    let seconds = 0;
    for (let left = stream.poisson(mean); left > 0; left--)
      seconds += stream.lognormal(Math.log(pauses.medianSeconds), pauses.sigma);
    byHost.set(host, seconds);
    return seconds;
  });
}
