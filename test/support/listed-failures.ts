import {
  CounterRandom,
  type FailureDomains,
  type FailureEvent,
  type FailureModel,
  gapsOf,
  instancesOf,
  keptShare,
  type LongRun,
  nicsHit,
  nodesHit,
  type RunEvent,
  type TraceSeed,
} from '@regatta/sim-core';

/**
 * Every failure of a trial before a horizon, the slow and obvious way: all failures of one instance after the other, without a
 * queue or a shortcut, sorted in the end. Failures of one instant stay in the order of the list: log, component, instance.
 */
export function listedFailures(
  model: FailureModel,
  domains: FailureDomains,
  horizonSeconds: number,
  { seed, trial }: TraceSeed,
): FailureEvent[] {
  const { lemons, correlated, incidents = [], components } = model;
  const stream = (name: string): CounterRandom => new CounterRandom(`${seed}/trial ${trial}/${name}`);
  const total = domains.nodes + domains.spares;
  const list: FailureEvent[] = [];
  for (const { timeSeconds, component, node } of incidents) {
    const level = components[component]?.level;
    const span = level === 'rack' ? domains.nodesPerRack : level === 'switch' ? domains.nodesPerSwitch : 1;
    if (node >= total) continue;
    const firstNode = node < 0 ? 0 : node - (node % span);
    const nodeCount = node < 0 ? 0 : Math.min(span, total - firstNode);
    list.push({ timeSeconds, component, instance: 0, firstNode, nodeCount, ofLemon: false });
  }
  components.forEach((component, index) => {
    if (incidents.some((incident) => incident.component === index)) return;
    const random = stream(`failures/${component.name}`);
    const excess = stream(`lemons/${component.name}`);
    const together = stream(`correlated/${component.name}`);
    const gaps = gapsOf(component);
    for (let instance = 0; instance < instancesOf(component.level, domains); instance++) {
      const { first: firstNode, count: nodeCount } = nodesHit(component.level, instance, domains);
      const lemon = lemons !== undefined && nodeCount === 1 && stream('lemons').uniform(firstNode, 0) < lemons.fraction;
      const share = lemon ? 1 / lemons.factor : 1;
      let time = 0;
      for (let draw = 0; time < horizonSeconds; draw++) {
        time += share * gaps.quantile(random.uniform(instance, draw));
        if (keptShare(component) === 1 || random.uniform(instance, -1 - draw) < keptShare(component)) {
          const ofLemon = lemon && excess.uniform(instance, draw) >= share;
          list.push({ timeSeconds: time, component: index, instance, firstNode, nodeCount, ofLemon });
          if (correlated && together.uniform(instance, 3 * draw) < correlated.probability) {
            const later = -correlated.withinSeconds * Math.log1p(-together.uniform(instance, 3 * draw + 1));
            const rack = firstNode - (firstNode % domains.nodesPerRack);
            const others = Array.from({ length: Math.min(domains.nodesPerRack, total - rack) }, (_, i) => rack + i);
            const next = others.indexOf(firstNode) + 1;
            const neighbours = [...others.slice(next), ...others.slice(0, next - 1)];
            const pick = Math.floor(together.uniform(instance, 3 * draw + 2) * neighbours.length);
            const other = nodeCount === 1 ? (neighbours[pick] ?? firstNode) : firstNode;
            const follower = { component: index, instance, firstNode: other, nodeCount, ofLemon: false };
            list.push({ ...follower, timeSeconds: time + later });
          }
        }
        if (component.distribution !== 'exponential') time += component.repairHours * 3600;
      }
    }
  });
  return list.filter(({ timeSeconds }) => timeSeconds < horizonSeconds).sort((a, b) => a.timeSeconds - b.timeSeconds);
}

/** What a failure is to the job. */
export function asRunEvent(
  failure: FailureEvent,
  { failures, domains }: Pick<LongRun, 'failures' | 'domains'>,
): RunEvent {
  const kind = failures.components[failure.component];
  if (!kind) throw new Error(`no component ${failure.component}`);
  const { capacityFactor = 1, slowFactor = 1, transient = false } = kind;
  const hours = failure.ofLemon ? (failures.lemons?.repairHours ?? kind.repairHours) : kind.repairHours;
  return {
    time: failure.timeSeconds,
    name: kind.name,
    mode: kind.mode,
    firstNode: failure.firstNode,
    nodeCount: failure.nodeCount,
    detectSeconds: kind.detectSeconds,
    repairSeconds: failure.nodeCount > 0 ? hours * 3600 : 0,
    slowFactor,
    nics: capacityFactor < 1 ? nicsHit(kind.level, failure.instance, domains) : [],
    capacityFactor,
    transient,
    ownNodeOnly: failure.ofLemon,
  };
}
