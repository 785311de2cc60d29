/**
 * Is 4:1 oversubscription dear? It depends on who talks to whom: a ring of neighbours crosses a leaf's uplinks once, an
 * all-to-all (experts, sequence exchange) with nearly all of its bytes. 128 nodes of 8 GPUs, eight rails, 1 GB a GPU.
 */
import { aggregateCapacity, aggregateCount, aggregatesBetween, closShape, leafOf, leafUp } from '@regatta/sim-core';
import { clusterOf, finishTimes, isMain, printTable } from './support/flows.js';

const bytes = 1e9;
const nodes = 128;

/** Seconds of an exchange in which node i sends `share(i, j)` of its bytes to node j, on each rail alike. */
function exchange(oversubscription: number, share: (from: number, to: number) => number): number {
  const shape = closShape(
    clusterOf(nodes, 8, { kind: 'clos', tiers: 2, rails: 8, nicGbps: 400, oversubscription, routing: 'spray' }),
  );
  // Links: the aggregates, then every node's NIC of rail 0 out and in; the other rails are the same again.
  const first = aggregateCount(shape);
  const capacities = Array.from({ length: first + 2 * nodes }, (_, id) =>
    id < first ? aggregateCapacity(shape, id) : shape.nicBytesPerSecond,
  );
  const weights = new Map<number, number>();
  const add = (link: number, weight: number): void => {
    weights.set(link, (weights.get(link) ?? 0) + weight);
  };
  for (let from = 0; from < nodes; from++) {
    for (let to = 0; to < nodes; to++) {
      const part = from === to ? 0 : share(from, to);
      if (part === 0) continue;
      add(first + from, part);
      add(first + nodes + to, part);
      for (const id of aggregatesBetween(shape, leafOf(shape, from, 0), leafOf(shape, to, 0)) ?? []) add(id, part);
    }
  }
  if (!weights.has(leafUp(shape, 0))) throw new Error('the exchange crosses no uplink');
  return finishTimes(capacities, [{ links: [...weights.keys()], weights: [...weights.values()], bytes }])[0] ?? 0;
}

/** One row for each oversubscription: seconds of a ring pass and of an all-to-all. */
export function main() {
  const rows = [1, 2, 4].map((oversubscription) => ({
    oversubscription: `${oversubscription}:1`,
    ringMs: 1e3 * exchange(oversubscription, (from, to) => (to === (from + 1) % nodes ? 1 : 0)),
    allToAllMs: 1e3 * exchange(oversubscription, () => 1 / nodes),
  }));
  printTable('1 GB a GPU on 128 nodes', rows);
  return rows;
}

if (isMain(import.meta.url)) main();
