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
  const { length, bytes, rateCap, firstLink, links } = flows;
  const starts = flows.startSeconds.subarray(0, length);
  const order = ascending(starts);
  const finish = new Float64Array(length).fill(infinity);
  let events = 0;
  let makespan = 0;
  let next = 0;
  let index = order[0] ?? -1;
  for (;;) {
    const startTime = index < 0 ? infinity : (starts[index] as number);
    const time = network.advance(startTime);
    if (time === infinity) break;
    const { finishedCount, finishedTags } = network;
    if (finishedCount > 0) makespan = time;
    for (let i = 0; i < finishedCount; i++) finish[finishedTags[i] as number] = time;
    events += finishedCount;
    while (starts[index] === time) {
      const [first, end] = [firstLink[index] as number, firstLink[index + 1] as number];
      network.startFlat(links, undefined, bytes[index] as number, rateCap[index] as number, 0, 1, index, first, end);
      events++;
      index = order[++next] ?? -1;
    }
  }
  return { finish, makespan, events };
}

/**
 * Positions of values in ascending order, those of equal values in their own. The sort of numbers without a comparator is many times
 * as fast in a short run: so each value's position goes into the last bits of its copy, and the rest decides.
 */
function ascending(values: Float64Array): Int32Array {
  const order = new Int32Array(values.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  if (isAscending(values, order)) return order;
  const keys = values.slice();
  const words = new Uint32Array(keys.buffer);
  const bits = 2 ** Math.ceil(Math.log2(values.length)) - 1;
  for (let i = 0; i < order.length; i++) {
    const word = 2 * i + lowWord;
    words[word] = ((words[word] as number) & ~bits) | i;
  }
  keys.sort();
  for (let i = 0; i < order.length; i++) order[i] = (words[2 * i + lowWord] as number) & bits;
  if (isAscending(values, order)) return order;
  // Values that differ in their last bits alone.
  return order.sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
}

function isAscending(values: Float64Array, order: Int32Array): boolean {
  for (let i = 1; i < order.length; i++) {
    if ((values[order[i - 1] as number] as number) > (values[order[i] as number] as number)) return false;
  }
  return true;
}

/** Which half of a double holds its last bits. */
const lowWord = new Uint32Array(new Float64Array([1]).buffer)[0] === 0 ? 0 : 1;
