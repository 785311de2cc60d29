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

/** Finish times of flows under max-min fair sharing, zero latency (spec/model.md 6.1). */
export function simulateFlows({ capacitiesBytesPerSecond, flows }: FlowCase): FlowTimes {
  const network = new FluidNetwork(capacitiesBytesPerSecond);
  const starts = Float64Array.from(flows, (flow) => flow.startSeconds);
  const order = orderOf(starts);
  const finish = new Array<number>(flows.length).fill(Number.POSITIVE_INFINITY);
  let events = 0;
  let makespan = 0;
  let next = 0;
  for (;;) {
    const startTime = next < order.length ? (starts[order[next] ?? 0] ?? 0) : Number.POSITIVE_INFINITY;
    const time = Math.min(startTime, network.nextTime());
    if (time === Number.POSITIVE_INFINITY) break;
    network.advanceTo(time);
    for (let i = 0; i < network.finishedCount; i++) {
      finish[network.finishedTags[i] ?? 0] = time;
      makespan = time;
      events++;
    }
    for (; next < order.length; next++) {
      const index = order[next] ?? 0;
      const flow = flows[index];
      if (!flow || flow.startSeconds !== time) break;
      events++;
      network.startFlat(flow.links, undefined, flow.bytes, flow.rateCap ?? Number.POSITIVE_INFINITY, 0, 1, index);
    }
  }
  return { finish, makespan, events };
}

/** Indices by start, then by index. */
function orderOf(starts: Float64Array): Int32Array {
  const order = Int32Array.from(starts, (_, i) => i);
  const sorted = starts.every((start, i) => i === 0 || (starts[i - 1] ?? 0) <= start);
  return sorted ? order : order.sort((a, b) => (starts[a] ?? 0) - (starts[b] ?? 0) || a - b);
}
