import { type RandomStream, RandomStreams } from '../kernel/random-streams.js';
import type { JobSpec } from './job-spec.js';

/** A distribution of positive numbers. */
export type Distribution =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'exponential'; readonly mean: number }
  | { readonly kind: 'uniform'; readonly from: number; readonly to: number }
  | { readonly kind: 'lognormal'; readonly median: number; readonly sigma: number }
  | { readonly kind: 'weibull'; readonly scale: number; readonly shape: number };

/** Jobs to be generated: how they arrive, how large and how long they are, whose they are. */
export interface WorkloadSpec {
  readonly jobs: number;
  readonly seed: number | string;
  /** Seconds between two submissions; exponential is a Poisson process. */
  readonly interarrivalSeconds: Distribution;
  /** 0 to 1: how far the rate of arrivals swings around its mean in the course of a day. */
  readonly dailySwing: number;
  readonly runSeconds: Distribution;
  /** Estimate over run time. */
  readonly estimateFactor: Distribution;
  /** Sizes with the weights of their being drawn. */
  readonly gpus: readonly { readonly gpus: number; readonly weight: number }[];
  /** Tenants with the weights of their being drawn; empty: no tenants. */
  readonly tenants: readonly { readonly name: string; readonly weight: number }[];
}

/** Draws a workload. Each property has a stream of its own, so that changing one leaves the others as they were. */
export function generateJobs(spec: WorkloadSpec): JobSpec[] {
  const streams = new RandomStreams(spec.seed);
  const arrivals = streams.stream('workload/arrivals');
  const lengths = streams.stream('workload/lengths');
  const sizes = streams.stream('workload/sizes');
  const estimates = streams.stream('workload/estimates');
  const owners = streams.stream('workload/tenants');
  let submitSeconds = 0;
  return Array.from({ length: spec.jobs }, (_, index): JobSpec => {
    if (index > 0)
      submitSeconds += draw(spec.interarrivalSeconds, arrivals) / dailyRate(submitSeconds, spec.dailySwing);
    const runSeconds = draw(spec.runSeconds, lengths);
    const owner = spec.tenants.length > 0 ? weighted(spec.tenants, owners)?.name : undefined;
    return {
      id: `job${index}`,
      submitSeconds,
      gpus: weighted(spec.gpus, sizes)?.gpus ?? 1,
      runSeconds,
      estimateSeconds: runSeconds * draw(spec.estimateFactor, estimates),
      ...(owner === undefined ? {} : { tenant: owner }),
    };
  });
}

/** Rate of arrivals at a time of day over its mean: lowest at midnight, highest at noon. */
function dailyRate(seconds: number, swing: number): number {
  return Math.max(1e-3, 1 - swing * Math.cos((2 * Math.PI * seconds) / 86_400));
}

function draw(distribution: Distribution, random: RandomStream): number {
  switch (distribution.kind) {
    case 'constant':
      return distribution.value;
    case 'exponential':
      return random.exponential(distribution.mean);
    case 'uniform':
      return distribution.from + (distribution.to - distribution.from) * random.uniform();
    case 'lognormal':
      return random.lognormal(Math.log(distribution.median), distribution.sigma);
    case 'weibull':
      return random.weibull(distribution.scale, distribution.shape);
  }
}

function weighted<T extends { readonly weight: number }>(items: readonly T[], random: RandomStream): T | undefined {
  let left = random.uniform() * items.reduce((sum, item) => sum + item.weight, 0);
  return items.find((item) => {
    left -= item.weight;
    return left < 0;
  });
}
