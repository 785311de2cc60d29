import type { CollectiveCost } from '../../network/collectives/index.js';
import { defaultSwitchLatencySeconds } from '../../platform/clos-shape.js';
import type { TorusPlan } from '../plan/torus-plan.js';
import type { TorusLabel } from '../plan/torus-transfers.js';
import type { StepGroupKind } from './program.js';
import { type Route, routeOf } from './route.js';

const crosses = { crossesNetwork: true, usesScaleUp: false };

/**
 * What collectives and messages put on the cables of a torus: what `fabricTime` lays there, on the chips where a group really sits
 * (spec/model.md 6.2), with the ports of the members as the closed form has them.
 */
export class TorusLoads {
  readonly #plan: TorusPlan;
  readonly #firstLink: number;
  readonly #capacity: Float64Array;

  /**
   * @param firstLink Number of the first class of cables among a step's links.
   * @param capacity Of a step's links: ports by class, and cables.
   */
  constructor(plan: TorusPlan, firstLink: number, capacity: Float64Array) {
    this.#plan = plan;
    this.#firstLink = firstLink;
    this.#capacity = capacity;
  }

  /** A collective of the group class with the given member classes. */
  collective(cost: CollectiveCost, kind: StepGroupKind, classes: readonly number[]): Route {
    const bytes = cost.scaleUpBytes;
    const weights = new Map(classes.map((k) => [k, bytes]));
    const ports = Math.max(...classes.map((k) => this.#portSeconds(k, bytes)));
    if (kind === 'world') {
      // All ranks have come to it, so that its cables are its own.
      const rateCap = Math.min(cost.rateCap, 1 / (bytes * this.#plan.worldSecondsPerByte));
      return routeOf(bytes, weights, { ...cost, rateCap }, ports, crosses);
    }
    const cables = this.#load(weights, kind, classes, bytes);
    return routeOf(bytes, weights, this.#overHops(cost, kind, classes[0] ?? 0), Math.max(ports, cables), crosses);
  }

  /** A message from each rank of a class to the one of another class; ports have room to spare for it. */
  message(cost: CollectiveCost, label: TorusLabel, from: number, to: number): Route {
    const bytes = cost.scaleUpBytes;
    const weights = new Map<number, number>();
    const cables = this.#load(weights, label, [from], bytes);
    const ports = Math.max(this.#portSeconds(from, bytes), this.#portSeconds(to, bytes));
    const { latencySeconds } = this.#overHops(cost, label, from);
    const rateCap = Math.min(cost.rateCap, 1 / ports);
    return routeOf(bytes, weights, { latencySeconds, rateCap }, cables, crosses);
  }

  #portSeconds(rankClass: number, bytes: number): number {
    return bytes / (this.#capacity[rankClass] ?? 0);
  }

  /** A transfer that is posted at once waits for the longest of its ways; chunks of a ring are under way on all hops. */
  #overHops(cost: CollectiveCost, label: TorusLabel, rankClass: number): CollectiveCost {
    if (cost.algorithm !== 'posted') return cost;
    const more = Math.max(0, this.#plan.longestWay(label, rankClass) - 1) * defaultSwitchLatencySeconds;
    return { ...cost, latencySeconds: cost.latencySeconds + more };
  }

  /** Adds what the activities of a class put on cables; returns the most that one of them alone puts on one, in seconds. */
  #load(weights: Map<number, number>, label: TorusLabel, classes: readonly number[], bytes: number): number {
    let alone = 0;
    for (const rankClass of new Set(classes)) {
      for (const { link, share } of this.#plan.usesOf(label, rankClass)) {
        const at = this.#firstLink + link;
        weights.set(at, (weights.get(at) ?? 0) + share * bytes);
        alone = Math.max(alone, (share * bytes) / (this.#capacity[at] ?? 0));
      }
    }
    return alone;
  }
}
