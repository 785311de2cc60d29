import { FluidNetwork } from './fluid-network.js';

/** Flows on links: the problem of reference/maxmin. Ids are positions. */
export interface FlowCase {
  readonly name: string;
  readonly capacitiesBytesPerSecond: readonly number[];
  readonly flows: readonly Flow[];
}

export interface Flow {
  readonly startSeconds: number;
  readonly bytes: number;
  readonly links: readonly number[];
  /** Own limit in bytes per second; absent = none. */
  readonly rateCap?: number;
}

export interface FlowTimes {
  /** Absolute finish of each flow in seconds; Infinity when it never ends. */
  readonly finish: readonly number[];
  readonly makespan: number;
  /** Starts and completions that were handled. */
  readonly events: number;
}

/** Finish times of flows under max-min fair sharing, zero latency. */
export function simulateFlows(flowCase: FlowCase): FlowTimes {
  const network = new FluidNetwork(flowCase.capacitiesBytesPerSecond);
  const order = flowCase.flows.map((_, i) => i).sort((a, b) => startOf(flowCase, a) - startOf(flowCase, b) || a - b);
  const finish = new Array<number>(flowCase.flows.length).fill(Number.POSITIVE_INFINITY);
  let events = 0;
  let makespan = 0;
  let next = 0;
  for (;;) {
    const startTime = next < order.length ? startOf(flowCase, order[next] ?? 0) : Number.POSITIVE_INFINITY;
    const flowTime = network.nextTime();
    const time = Math.min(startTime, flowTime);
    if (time === Number.POSITIVE_INFINITY) break;
    network.advanceTo(time);
    for (let i = 0; i < network.finishedCount; i++) {
      finish[network.finishedTags[i] ?? 0] = time;
      makespan = time;
      events++;
    }
    while (next < order.length && startOf(flowCase, order[next] ?? 0) === time) {
      const index = order[next++] ?? 0;
      const flow = flowCase.flows[index];
      if (!flow) continue;
      events++;
      network.startFlat(flow.links, undefined, flow.bytes, flow.rateCap ?? Number.POSITIVE_INFINITY, 0, 1, index);
    }
  }
  return { finish, makespan, events };
}

const startOf = (flowCase: FlowCase, index: number): number => flowCase.flows[index]?.startSeconds ?? 0;
