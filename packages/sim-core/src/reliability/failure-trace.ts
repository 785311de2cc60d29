import { CounterRandom } from './counter-random.js';
import { type FailureComponent, gapsOf, keptShare } from './failure-component.js';
import { type FailureDomains, instancesOf, nodesHit } from './failure-domain.js';
import type { GapDistribution } from './gap-distribution.js';

/** What may fail, and how failures hang together. */
export interface FailureModel {
  readonly components: readonly FailureComponent[];
  /**
   * Share of nodes whose own failures (gpu, nic, link, node) come `factor` times as often. What is wrong with them is not mended: they
   * are back after `repairHours`, or after the component's.
   */
  readonly lemons?: { readonly fraction: number; readonly factor: number; readonly repairHours?: number | undefined };
  /** With this probability a failure brings another of its kind on a neighbour in the rack, within about this time. */
  readonly correlated?: { readonly probability: number; readonly withinSeconds: number };
  /** Each start of the job dies with this probability, after an exponential time of this mean. */
  readonly startup?: { readonly probability: number; readonly meanSeconds: number };
  /** A log to replay: times in seconds of the run, component by index, node or -1. What is in it is not drawn. */
  readonly incidents?: readonly { readonly timeSeconds: number; readonly component: number; readonly node: number }[];
}

/** One failure that was drawn; whether it strikes depends on what its nodes do then. */
export interface FailureEvent {
  readonly timeSeconds: number;
  /** Index in the model's components. */
  readonly component: number;
  /** Which of the component's things failed. */
  readonly instance: number;
  readonly firstNode: number;
  readonly nodeCount: number;
  /** It comes of what is wrong with a lemon node: any other node in its place would not have failed. */
  readonly ofLemon: boolean;
}

export interface TraceSeed {
  readonly seed: number | string;
  readonly trial: number;
}

/**
 * Every failure of a trial before `horizonSeconds`, in order of time. Each instance of each component has random numbers of its
 * own (spec/reliability.md 7.8), so node 17 fails at the same moments whatever else a variant changes, and a later horizon
 * only appends. Memoryless processes run through repairs; Weibull and empirical ones begin anew when the repair is done.
 */
export function drawFailures(
  model: FailureModel,
  domains: FailureDomains,
  horizonSeconds: number,
  { seed, trial }: TraceSeed,
): FailureEvent[] {
  const events = replayed(model, domains, horizonSeconds);
  const inLog = new Set(model.incidents?.map(({ component }) => component));
  const streamName = (name: string): string => `${seed}/trial ${trial}/${name}`;
  const lemonOf = lemonTest(model, streamName('lemons'));
  model.components.forEach((component, index) => {
    if (inLog.has(index)) return;
    const random = new CounterRandom(streamName(`failures/${component.name}`));
    const excess = new CounterRandom(streamName(`lemons/${component.name}`));
    const gaps = gapsOf(component);
    const pause = component.distribution === 'exponential' ? 0 : component.repairHours * 3600;
    const kept = keptShare(component);
    const followers =
      model.correlated && followersOf(model.correlated, domains, streamName(`correlated/${component.name}`));
    const instances = instancesOf(component.level, domains);
    // A lemon's gaps are shorter by the factor: looking `factor` times as far ahead finds its first failure too.
    const early = earlyBound(gaps, horizonSeconds);
    const earlyLemon = lemonOf ? earlyBound(gaps, horizonSeconds * (model.lemons?.factor ?? 1)) : early;
    for (let instance = 0; instance < instances; instance++) {
      const upper = random.upper(instance, 0);
      if (upper > earlyLemon) continue;
      const { first, count } = nodesHit(component.level, instance, domains);
      const lemon = lemonOf !== undefined && count === 1 && lemonOf(first);
      if (!lemon && upper > early) continue;
      const stretch = lemon ? 1 / (model.lemons?.factor ?? 1) : 1;
      let time = 0;
      for (let draw = 0; ; draw++) {
        time += stretch * gaps.quantile(random.uniform(instance, draw));
        if (!(time < horizonSeconds)) break;
        if (kept === 1 || random.uniform(instance, -1 - draw) < kept) {
          const ofLemon = lemon && excess.uniform(instance, draw) >= stretch;
          const event = { timeSeconds: time, component: index, instance, firstNode: first, nodeCount: count, ofLemon };
          events.push(event);
          const follower = followers?.(event, draw);
          if (follower && follower.timeSeconds < horizonSeconds) events.push(follower);
        }
        time += pause;
      }
    }
  });
  return events.sort((a, b) => a.timeSeconds - b.timeSeconds);
}

/** Draws whose upper 32 bits lie above this have a first gap beyond the horizon. */
const earlyBound = (gaps: GapDistribution, horizonSeconds: number): number =>
  Math.min(2 ** 32, Math.ceil(gaps.cumulative(horizonSeconds) * 2 ** 32) + 1);

function lemonTest(model: FailureModel, name: string): ((node: number) => boolean) | undefined {
  const { lemons } = model;
  if (!lemons || lemons.fraction === 0 || lemons.factor === 1) return undefined;
  const random = new CounterRandom(name);
  return (node) => random.uniform(node, 0) < lemons.fraction;
}

/** What a failure brings with it; drawn by instance and number, so that other failures do not move this one's luck. */
function followersOf(
  { probability, withinSeconds }: NonNullable<FailureModel['correlated']>,
  domains: FailureDomains,
  name: string,
): (event: FailureEvent, nth: number) => FailureEvent | undefined {
  const random = new CounterRandom(name);
  const total = domains.nodes + domains.spares;
  return (event, nth) => {
    const { instance, nodeCount } = event;
    if (random.uniform(instance, 3 * nth) >= probability) return undefined;
    const timeSeconds = event.timeSeconds - withinSeconds * Math.log1p(-random.uniform(instance, 3 * nth + 1));
    const rack = Math.floor(event.firstNode / domains.nodesPerRack) * domains.nodesPerRack;
    const size = Math.min(domains.nodesPerRack, total - rack);
    const offset = size > 1 ? 1 + Math.floor(random.uniform(instance, 3 * nth + 2) * (size - 1)) : 0;
    const firstNode = nodeCount === 1 ? rack + ((event.firstNode - rack + offset) % size) : event.firstNode;
    return { ...event, timeSeconds, firstNode, ofLemon: false };
  };
}

/** Incidents on nodes that the job has not are left out; those on no node in particular hit the job. */
function replayed(model: FailureModel, domains: FailureDomains, horizonSeconds: number): FailureEvent[] {
  const total = domains.nodes + domains.spares;
  return (model.incidents ?? [])
    .filter(({ timeSeconds, node }) => timeSeconds < horizonSeconds && node < total)
    .map(({ timeSeconds, component, node }): FailureEvent => {
      const level = model.components[component]?.level;
      if (!level) throw new RangeError(`drawFailures: incident of unknown component ${component}`);
      const span = level === 'rack' ? domains.nodesPerRack : level === 'switch' ? domains.nodesPerSwitch : 1;
      const firstNode = Math.max(0, Math.floor(node / span) * span);
      const nodeCount = node < 0 ? 0 : Math.min(span, total - firstNode);
      return { timeSeconds, component, instance: 0, firstNode, nodeCount, ofLemon: false };
    });
}
