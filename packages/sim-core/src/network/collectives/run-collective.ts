import { FluidNetwork } from '../fluid/index.js';
import type { Step } from './algorithms/algorithm.js';
import type { LinkLoads, RouteOf } from './link-bytes.js';

/** Seconds of a collective as fluid activities, one after the other, each after the latency of a hop. */
export function runActivities(
  capacities: ArrayLike<number>,
  activities: readonly LinkLoads[],
  latencySeconds = 0,
): number {
  const network = new FluidNetwork(capacities);
  for (const { links, bytes } of activities) {
    network.start(links, bytes, 1, { latencySeconds });
    drain(network, () => {});
  }
  return network.now;
}

/**
 * Seconds of a collective as messages: one flow for each step and pair. A member sends those of step k when its sends and
 * receives of step k-1 are done, whatever the others do (spec/model.md 5.5, `flowModel: "messages"`).
 */
export function runMessages(
  capacities: ArrayLike<number>,
  steps: readonly Step[],
  routeOf: RouteOf,
  latencySeconds = 0,
): number {
  const network = new FluidNetwork(capacities);
  const messages = steps.flatMap((step, index) => step.map((transfer) => ({ ...transfer, step: index })));
  const sends = new Map<string, number[]>();
  const open = new Map<string, number>();
  const at = (member: number, step: number): string => `${member}|${step}`;
  const count = (key: string, change: number): number => {
    const value = (open.get(key) ?? 0) + change;
    open.set(key, value);
    return value;
  };
  const everyone = new Set<number>();
  messages.forEach(({ from, to, step }, id) => {
    const key = at(from, step);
    const list = sends.get(key) ?? [];
    list.push(id);
    sends.set(key, list);
    for (const member of [from, to]) {
      everyone.add(member);
      count(at(member, step), 1);
    }
  });
  const enter = (member: number, step: number): void => {
    if (step >= steps.length) return;
    for (const id of sends.get(at(member, step)) ?? []) {
      const message = messages[id];
      if (!message) continue;
      const { links, weights } = routeOf(message.from, message.to);
      network.start(links, weights, message.bytes, { latencySeconds, tag: id });
    }
    if (!open.has(at(member, step))) enter(member, step + 1);
  };
  for (const member of everyone) enter(member, 0);
  drain(network, (tag) => {
    const message = messages[tag];
    if (!message) return;
    for (const member of [message.from, message.to]) {
      if (count(at(member, message.step), -1) === 0) enter(member, message.step + 1);
    }
  });
  return network.now;
}

function drain(network: FluidNetwork, finished: (tag: number) => void): void {
  for (let next = network.nextTime(); next < Number.POSITIVE_INFINITY; next = network.nextTime()) {
    network.advanceTo(next);
    const tags = Array.from(network.finishedTags.subarray(0, network.finishedCount));
    for (const tag of tags) finished(tag);
  }
}
