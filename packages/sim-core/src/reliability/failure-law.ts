import { CounterRandom } from './counter-random.js';
import { type FailureComponent, gapsOf, keptShare } from './failure-component.js';
import { type FailureDomains, nodesHit } from './failure-domain.js';
import type { FailureEvent, FailureModel, TraceSeed } from './failure-model.js';
import type { GapDistribution } from './gap-distribution.js';

/**
 * When and how the instances of one component fail in a trial. Each has random numbers of its own, by its number and that of the
 * draw (spec/reliability.md 7.8), so that node 17 fails at the same moments whatever else a variant changes.
 */
export class FailureLaw {
  /** From a failure on until the next gap begins: memoryless processes run through repairs, the others begin anew after them. */
  readonly pauseSeconds: number;
  readonly #component: FailureComponent;
  readonly #index: number;
  readonly #domains: FailureDomains;
  readonly #gaps: GapDistribution;
  readonly #random: CounterRandom;
  readonly #keptShare: number;
  readonly #isLemon: ((node: number) => boolean) | undefined;
  readonly #lemonFactor: number;
  /** Which failures of a lemon come of its being one. */
  readonly #excess: CounterRandom;
  readonly #follower: ((failure: FailureEvent, draw: number) => FailureEvent | undefined) | undefined;

  /**
   * @param index Of the component in the model.
   * @throws RangeError when a field of the component makes no sense.
   */
  constructor(
    model: FailureModel,
    component: FailureComponent,
    index: number,
    domains: FailureDomains,
    { seed, trial }: TraceSeed,
  ) {
    const stream = (name: string): CounterRandom => new CounterRandom(`${seed}/trial ${trial}/${name}`);
    this.pauseSeconds = component.distribution === 'exponential' ? 0 : component.repairHours * 3600;
    this.#component = component;
    this.#index = index;
    this.#domains = domains;
    this.#gaps = gapsOf(component);
    this.#random = stream(`failures/${component.name}`);
    this.#keptShare = keptShare(component);
    this.#isLemon = lemonTest(model, stream('lemons'));
    this.#lemonFactor = model.lemons?.factor ?? 1;
    this.#excess = stream(`lemons/${component.name}`);
    this.#follower = model.correlated && followersOf(model.correlated, domains, stream(`correlated/${component.name}`));
  }

  /** Calls back with every instance whose first failure may come before `seconds`, and the factor on its gaps. */
  forEachBefore(seconds: number, instances: number, visit: (instance: number, stretch: number) => void): void {
    const random = this.#random;
    const isLemon = this.#isLemon;
    // One random number tells most instances apart. A lemon's gaps are shorter, so that its draw is looked for further ahead.
    const bound = upperBound(this.#gaps, seconds);
    const lemonBound = isLemon ? upperBound(this.#gaps, seconds * Math.max(1, this.#lemonFactor)) : bound;
    for (let instance = 0; instance < instances; instance++) {
      const upper = random.upper(instance, 0);
      if (upper > lemonBound) continue;
      const { first, count } = nodesHit(this.#component.level, instance, this.#domains);
      const lemon = isLemon !== undefined && count === 1 && isLemon(first);
      if (lemon || upper <= bound) visit(instance, lemon ? 1 / this.#lemonFactor : 1);
    }
  }

  /** Seconds from the failure before, or the start, to that of number `draw`. */
  gap(instance: number, draw: number): number {
    return this.#gaps.quantile(this.#random.uniform(instance, draw));
  }

  /** The failure of number `draw`; undefined: it is thinned out. */
  failure(timeSeconds: number, instance: number, stretch: number, draw: number): FailureEvent | undefined {
    if (this.#keptShare < 1 && this.#random.uniform(instance, -1 - draw) >= this.#keptShare) return undefined;
    const { first: firstNode, count: nodeCount } = nodesHit(this.#component.level, instance, this.#domains);
    const ofLemon = stretch < 1 && this.#excess.uniform(instance, draw) >= stretch;
    return { timeSeconds, component: this.#index, instance, firstNode, nodeCount, ofLemon };
  }

  /** What the failure of number `draw` brings with it. */
  follower(failure: FailureEvent, draw: number): FailureEvent | undefined {
    return this.#follower?.(failure, draw);
  }
}

/** Draws whose upper 32 bits lie above this have a first gap beyond `seconds`. */
const upperBound = (gaps: GapDistribution, seconds: number): number =>
  Math.min(2 ** 32, Math.ceil(gaps.cumulative(seconds) * 2 ** 32) + 1);

function lemonTest({ lemons }: FailureModel, random: CounterRandom): ((node: number) => boolean) | undefined {
  if (!lemons || lemons.fraction === 0 || lemons.factor === 1) return undefined;
  return (node) => random.uniform(node, 0) < lemons.fraction;
}

/** Drawn by instance and number too, so that other failures do not move this one's luck. */
function followersOf(
  { probability, withinSeconds }: NonNullable<FailureModel['correlated']>,
  domains: FailureDomains,
  random: CounterRandom,
): (failure: FailureEvent, draw: number) => FailureEvent | undefined {
  const total = domains.nodes + domains.spares;
  return (failure, draw) => {
    const { instance, nodeCount } = failure;
    if (random.uniform(instance, 3 * draw) >= probability) return undefined;
    const timeSeconds = failure.timeSeconds - withinSeconds * Math.log1p(-random.uniform(instance, 3 * draw + 1));
    const rack = Math.floor(failure.firstNode / domains.nodesPerRack) * domains.nodesPerRack;
    const size = Math.min(domains.nodesPerRack, total - rack);
    const offset = size > 1 ? 1 + Math.floor(random.uniform(instance, 3 * draw + 2) * (size - 1)) : 0;
    const firstNode = nodeCount === 1 ? rack + ((failure.firstNode - rack + offset) % size) : failure.firstNode;
    return { ...failure, timeSeconds, firstNode, ofLemon: false };
  };
}
