import type { FlowColumns } from './flow-columns.js';
import { FluidNetwork } from './fluid-network.js';

const infinity = Number.POSITIVE_INFINITY;

/** Flows on links: the problem of reference/maxmin. Ids are positions. */
export interface FlowCase {
  readonly name: string;
  readonly capacitiesBytesPerSecond: readonly number[];
  readonly flows: FlowColumns;
}

export interface FlowTimes {
  /** Absolute finish of each flow in seconds; Infinity when it never ends. */
  readonly finish: Float64Array;
  readonly makespan: number;
  /** Starts and completions that were handled. */
  readonly events: number;
}

/** Finish times of flows under max-min fair sharing, zero latency (spec/model.md 6.1). */
export function simulateFlows({ capacitiesBytesPerSecond, flows }: FlowCase): FlowTimes {
  const network = new FluidNetwork(capacitiesBytesPerSecond);
  const starts = flows.startSeconds.subarray(0, flows.length);
  const order = ascending(starts);
  const finish = new Float64Array(flows.length).fill(infinity);
  let events = 0;
  let makespan = 0;
  let next = 0;
  let startTime = starts[order[0] ?? -1] ?? infinity;
  for (;;) {
    const time = network.advance(startTime);
    if (time === infinity) break;
    if (network.finishedCount > 0) {
      makespan = time;
      events += noteFinished(network, time, finish);
    }
    if (time === startTime) {
      const started = next;
      next = startAt(network, time, flows, order, next);
      events += next - started;
      startTime = starts[order[next] ?? -1] ?? infinity;
    }
  }
  return { finish, makespan, events };
}

// Functions, not parts of the loop: what is called often is optimised sooner than what is looped.

function noteFinished({ finishedCount, finishedTags }: FluidNetwork, time: number, finish: Float64Array): number {
  for (let i = 0; i < finishedCount; i++) finish[finishedTags[i] as number] = time;
  return finishedCount;
}

/** Starts the flows from order[from] on that start at this time; returns where the later ones begin. */
function startAt(network: FluidNetwork, time: number, flows: FlowColumns, order: Int32Array, from: number): number {
  const { startSeconds, bytes, rateCap, firstLink, links } = flows;
  let next = from + 1;
  while (next < order.length && startSeconds[order[next] as number] === time) next++;
  if (next - from > 1) {
    let edges = 0;
    for (let i = from; i < next; i++) {
      const flow = order[i] as number;
      edges += (firstLink[flow + 1] as number) - (firstLink[flow] as number);
    }
    network.reserve(next - from, edges);
  }
  for (let i = from; i < next; i++) {
    const flow = order[i] as number;
    const first = firstLink[flow] as number;
    const end = firstLink[flow + 1] as number;
    network.startFlat(links, undefined, bytes[flow] as number, rateCap[flow] as number, 0, 1, flow, first, end);
  }
  return next;
}

/**
 * Positions of values in ascending order, those of equal values in their own. The sort of numbers without a comparator is many times
 * as fast in a short run: so each value's position goes into the last bits of its copy, and the rest decides.
 */
function ascending(values: Float64Array): Int32Array {
  const count = values.length;
  const order = new Int32Array(count);
  if (isAscending(values)) {
    for (let i = 0; i < count; i++) order[i] = i;
    return order;
  }
  const keys = values.slice();
  const words = new Int32Array(keys.buffer);
  const bits = 2 ** Math.ceil(Math.log2(count)) - 1;
  for (let i = 0, word = lowWord; i < count; i++, word += 2) words[word] = ((words[word] as number) & ~bits) | i;
  keys.sort();
  let last = -infinity;
  let sorted = true;
  for (let i = 0, word = lowWord; i < count; i++, word += 2) {
    const at = (words[word] as number) & bits;
    const value = values[at] as number;
    if (value < last) sorted = false;
    last = value;
    order[i] = at;
  }
  // Values that differ in their last bits alone.
  return sorted ? order : order.sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
}

function isAscending(values: Float64Array): boolean {
  const count = values.length;
  for (let i = 1; i < count; i++) {
    if ((values[i - 1] as number) > (values[i] as number)) return false;
  }
  return true;
}

/** Which half of a double holds its last bits. */
const lowWord = new Uint32Array(new Float64Array([1]).buffer)[0] === 0 ? 0 : 1;
