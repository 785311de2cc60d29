import type { Router } from '../../platform/routes.js';
import { type CollectiveAlgorithm, inSwitch, type Step, type Transfer } from './algorithms/algorithm.js';
import type { CollectiveOp } from './types.js';

/** No way leads from one GPU to another that it has to talk to. */
export class DisconnectedError extends RangeError {
  constructor(source: number, target: number) {
    super(`no way leads from GPU ${source} to GPU ${target}: they are disconnected`);
  }
}

/** Links between two ends with the share of the bytes on each. */
export interface WeightedRoute {
  readonly links: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
}

/** Way between two members of a group (positions), or between a member and `inSwitch`. */
export type RouteOf = (from: number, to: number) => WeightedRoute;

/** An activity of volume 1 for the fluid network: bytes on each link that it crosses. */
export interface LinkLoads {
  readonly links: Int32Array;
  readonly bytes: Float64Array;
}

/** Bytes that transfers which run together put on each link. */
export function linkBytes(transfers: Iterable<Transfer>, routeOf: RouteOf): LinkLoads {
  const load = new Map<number, number>();
  for (const { from, to, bytes } of transfers) {
    const { links, weights } = routeOf(from, to);
    for (let i = 0; i < links.length; i++) {
      const link = links[i] ?? 0;
      load.set(link, (load.get(link) ?? 0) + bytes * (weights[i] ?? 0));
    }
  }
  const links = Int32Array.from([...load.keys()].sort((a, b) => a - b));
  return { links, bytes: Float64Array.from(links, (link) => load.get(link) ?? 0) };
}

/**
 * A collective as activities on the shared fabric, to be run one after the other: one when its steps are pipelined, one a step
 * when partners change (spec/model.md 5.5).
 */
export function collectiveActivities(
  algorithm: CollectiveAlgorithm,
  op: CollectiveOp,
  ranks: number,
  bytes: number,
  routeOf: RouteOf,
): LinkLoads[] {
  const steps = algorithm.steps(op, ranks, bytes);
  return activitiesOf(algorithm.pipelined ? [steps.flat()] : steps, routeOf);
}

/** One activity for each phase that moves bytes. */
export function activitiesOf(phases: readonly Step[], routeOf: RouteOf): LinkLoads[] {
  return phases.map((phase) => linkBytes(phase, routeOf)).filter((loads) => loads.links.length > 0);
}

/** Seconds that activities of volume 1 take one after the other on idle links: the fullest link of each counts. */
export function idleSeconds(activities: readonly LinkLoads[], capacities: ArrayLike<number>): number {
  let seconds = 0;
  for (const { links, bytes } of activities) {
    let slowest = 0;
    links.forEach((link, i) => {
      slowest = Math.max(slowest, (bytes[i] ?? 0) / (capacities[link] ?? 0));
    });
    seconds += slowest;
  }
  return seconds;
}

/**
 * Ways between the members of a group that sit on the given GPUs of a cluster. A way to or from the reducing switch is the
 * member's port: the first or last link of a way to another member.
 * @throws DisconnectedError when no way leads between two members, RangeError when it is stalled.
 */
export function routesOfGpus(router: Router, gpus: readonly number[]): RouteOf {
  const known = new Map<number, WeightedRoute>();
  const between = (from: number, to: number): WeightedRoute => {
    const [source, target] = [gpus[from], gpus[to]];
    if (source === undefined || target === undefined) throw new RangeError(`routesOfGpus: members ${from} and ${to}`);
    const route = router.route(source, target);
    if (route.kind === 'disconnected') throw new DisconnectedError(source, target);
    if (route.kind !== 'route') throw new RangeError(`routesOfGpus: GPUs ${source} and ${target} are ${route.kind}`);
    return route;
  };
  const compute = (from: number, to: number): WeightedRoute => {
    if (from !== inSwitch && to !== inSwitch) return between(from, to);
    const member = from === inSwitch ? to : from;
    const other = member === 0 ? 1 : 0;
    const { links } = from === inSwitch ? between(other, member) : between(member, other);
    const port = from === inSwitch ? links[links.length - 1] : links[0];
    return port === undefined ? { links: [], weights: [] } : { links: [port], weights: [1] };
  };
  return (from, to) => {
    const key = (from + 1) * (gpus.length + 1) + to + 1;
    const route = known.get(key) ?? compute(from, to);
    known.set(key, route);
    return route;
  };
}
