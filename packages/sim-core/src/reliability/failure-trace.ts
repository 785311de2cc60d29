import { CounterRandom } from './counter-random.js';
import { type FailureComponent, gapsOf, keptShare } from './failure-component.js';
import { type FailureDomains, instancesOf, nodesHit } from './failure-domain.js';
import type { GapDistribution } from './gap-distribution.js';

/** What may fail, and how failures hang together. */
export interface FailureModel {
  readonly components: readonly FailureComponent[];
  /** Share of nodes whose own failures (gpu, nic, link, node) come `factor` times as often. */
  readonly lemons?: { readonly fraction: number; readonly factor: number };
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
          events.push({ timeSeconds: time, component: index, firstNode: first, nodeCount: count, ofLemon });
        }
        time += pause;
      }
    }
  });
  if (model.correlated) {
    const drawn = events.filter(({ component }) => !inLog.has(component));
    events.push(...followersOf(drawn, model.correlated, domains, streamName('correlated'), horizonSeconds));
  }
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

function followersOf(
  events: readonly FailureEvent[],
  correlated: { readonly probability: number; readonly withinSeconds: number },
  domains: FailureDomains,
  name: string,
  horizonSeconds: number,
): FailureEvent[] {
  const random = new CounterRandom(name);
  const followers: FailureEvent[] = [];
  const seen = new Map<number, number>();
  const total = domains.nodes + domains.spares;
  for (const event of events) {
    // Counted per node and component, so that other nodes' failures do not move this one's luck.
    const member = event.component * total + event.firstNode;
    const nth = seen.get(member) ?? 0;
    seen.set(member, nth + 1);
    if (random.uniform(member, 3 * nth) >= correlated.probability) continue;
    const timeSeconds = event.timeSeconds - correlated.withinSeconds * Math.log1p(-random.uniform(member, 3 * nth + 1));
    if (!(timeSeconds < horizonSeconds)) continue;
    const rack = Math.floor(event.firstNode / domains.nodesPerRack) * domains.nodesPerRack;
    const size = Math.min(domains.nodesPerRack, total - rack);
    const offset = size > 1 ? 1 + Math.floor(random.uniform(member, 3 * nth + 2) * (size - 1)) : 0;
    const firstNode = event.nodeCount === 1 ? rack + ((event.firstNode - rack + offset) % size) : event.firstNode;
    followers.push({ ...event, timeSeconds, firstNode, ofLemon: false });
  }
  return followers;
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
      return { timeSeconds, component, firstNode, nodeCount, ofLemon: false };
    });
}
