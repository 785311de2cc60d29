import type { FlowKey } from './flow-hash.js';

/** Links of a way and the share of the traffic that takes each. */
export interface WeightedLinks {
  readonly links: readonly number[];
  readonly weights: readonly number[];
}

/** How a flow picks among equal ways; `valiant` only on a dragonfly. */
export type PathChoice = 'spray' | 'ecmp' | 'static' | 'adaptive' | 'valiant';

/** What a choice of way may look at. */
export interface PathQuery {
  readonly choice: PathChoice;
  readonly flow: FlowKey;
  /** Number of the destination among its like (NICs of one rail): what static tables are spread by. */
  readonly destinationIndex: number;
  /** Load of a link now, in any unit proportional to bytes/s: `adaptive` takes the way whose fullest link has the least load / capacity. */
  readonly load: (link: number) => number;
}

/** Ways between two vertices of the fabric; undefined where there is none. */
export interface SwitchPaths {
  between(from: number, to: number, query: PathQuery): WeightedLinks | undefined;
  /** True when there is one. */
  connects(from: number, to: number): boolean;
  /** Adds to `loads` what sprayed bytes that enter at these vertices put on links on their way to one that they reach. */
  pour(exit: number, bytesAt: ReadonlyMap<number, number>, loads: Float64Array): void;
}

/** Weights of one way, for those of few links. */
const ones: readonly (readonly number[])[] = [[], [1], [1, 1], [1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1, 1]];

/** The one way that consists of these links. */
export function singlePath(links: readonly number[]): WeightedLinks {
  return { links, weights: ones[links.length] ?? links.map(() => 1) };
}

/** Sum of ways, each with its share; a link on several of them comes once. */
export function blend(parts: readonly { readonly way: WeightedLinks; readonly share: number }[]): WeightedLinks {
  const [only] = parts;
  if (parts.length === 1 && only?.share === 1) return only.way;
  const sum = new Map<number, number>();
  for (const { way, share } of parts) {
    way.links.forEach((link, i) => {
      sum.set(link, (sum.get(link) ?? 0) + share * (way.weights[i] ?? 0));
    });
  }
  return { links: [...sum.keys()], weights: [...sum.values()] };
}
