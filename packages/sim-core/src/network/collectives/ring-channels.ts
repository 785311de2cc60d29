import { members, type Step, type Transfer } from './algorithms/algorithm.js';
import { ring } from './algorithms/ring.js';
import type { CollectiveOp } from './types.js';

/**
 * Orders of the members in NCCL's rings over several domains: channel c enters every domain at its c-th member and goes through
 * all of it, so that the channels together use the NIC of each member. One domain: the order of the members, rotated.
 * @param domainOf Domain of each member, in the order of the members.
 */
export function ringOrders(domainOf: readonly number[]): number[][] {
  const domains = new Map<number, number[]>();
  domainOf.forEach((domain, member) => {
    const inside = domains.get(domain) ?? [];
    inside.push(member);
    domains.set(domain, inside);
  });
  const channels = Math.max(1, ...[...domains.values()].map((inside) => inside.length));
  return members(channels).map((channel) =>
    [...domains.values()].flatMap((inside) => {
      const start = channel % inside.length;
      return [...inside.slice(start), ...inside.slice(0, start)];
    }),
  );
}

/** Transfers of a ring collective, its bytes spread evenly over several ring orders. */
export function ringTransfers(op: CollectiveOp, bytes: number, orders: readonly (readonly number[])[]): Transfer[] {
  return orders.flatMap((order) => {
    const at = (position: number): number => order[position] ?? 0;
    const steps = ring.steps(op, order.length, bytes / orders.length);
    return steps.flatMap((step: Step) =>
      step.map(({ from, to, bytes: part }) => ({ from: at(from), to: at(to), bytes: part })),
    );
  });
}
