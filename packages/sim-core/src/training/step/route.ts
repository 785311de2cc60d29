import type { CollectiveCost } from '../../network/collectives/index.js';

/**
 * A transfer as the fluid network takes it. Its volume is what one rank sends, so that its rate is in bytes per second and
 * max-min fairness is between flows of bytes, not between messages of whatever size.
 */
export interface Route {
  readonly volume: number;
  readonly links: Int32Array;
  readonly weights: Float64Array;
  readonly latencySeconds: number;
  readonly rateCap: number;
  /** Seconds on an otherwise idle network. */
  readonly aloneSeconds: number;
  /** The route leaves the scale-up domain. */
  readonly crossesNetwork: boolean;
  readonly usesScaleUp: boolean;
}

/** Of a group that has nobody to send to. */
export const noRoute: Route = {
  volume: 0,
  links: new Int32Array(0),
  weights: new Float64Array(0),
  latencySeconds: 0,
  rateCap: Number.POSITIVE_INFINITY,
  aloneSeconds: 0,
  crossesNetwork: false,
  usesScaleUp: false,
};

/**
 * @param volume Bytes that one rank sends.
 * @param weights Bytes on each link.
 * @param linkSeconds Of the fullest link without the other communicators of its class, which the weights of shared links include.
 */
export function routeOf(
  volume: number,
  weights: ReadonlyMap<number, number>,
  { latencySeconds, rateCap }: Pick<CollectiveCost, 'latencySeconds' | 'rateCap'>,
  linkSeconds: number,
  crosses: Pick<Route, 'crossesNetwork' | 'usesScaleUp'>,
): Route {
  const links = Int32Array.from([...weights.keys()].sort((a, b) => a - b));
  return {
    volume,
    links,
    weights: Float64Array.from(links, (link) => (weights.get(link) ?? 0) / volume),
    latencySeconds,
    rateCap: rateCap * volume,
    aloneSeconds: latencySeconds + Math.max(1 / rateCap, linkSeconds),
    ...crosses,
  };
}
