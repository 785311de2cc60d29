/**
 * What does a neighbour cost? Two jobs of 32 nodes on two leaves with 4:1 uplinks, each in an all-to-all of 1 GB a
 * node: packed on a leaf of its own, or mixed over both leaves, alone and together.
 */
import { aggregateCapacity, aggregateCount, aggregatesBetween, closShape, leafOf } from '@regatta/sim-core';
import { clusterOf, finishTimes, isMain, printTable, type Transfer } from './support/flows.js';

const bytes = 1e9;
const shape = closShape(
  clusterOf(64, 1, {
    kind: 'clos',
    tiers: 2,
    rails: 1,
    nicGbps: 400,
    oversubscription: 4,
    nodesPerLeaf: 32,
    routing: 'spray',
  }),
);
const first = aggregateCount(shape);
const capacities = Array.from({ length: first + 2 * shape.nodes }, (_, id) =>
  id < first ? aggregateCapacity(shape, id) : shape.nicBytesPerSecond,
);

function allToAll(nodes: readonly number[]): Transfer {
  const weights = new Map<number, number>();
  for (const from of nodes) {
    for (const to of nodes) {
      if (from === to) continue;
      const crossed = aggregatesBetween(shape, leafOf(shape, from, 0), leafOf(shape, to, 0)) ?? [];
      for (const link of [first + from, first + shape.nodes + to, ...crossed]) {
        weights.set(link, (weights.get(link) ?? 0) + 1 / nodes.length);
      }
    }
  }
  return { links: [...weights.keys()], weights: [...weights.values()], bytes };
}

/** One row for each placement: milliseconds of the first job alone and beside the second. */
export function main() {
  const all = Array.from({ length: shape.nodes }, (_, node) => node);
  const placements = {
    packed: [all.slice(0, 32), all.slice(32)],
    mixed: [all.filter((node) => node % 2 === 0), all.filter((node) => node % 2 === 1)],
  };
  const rows = Object.entries(placements).map(([placement, [one = [], other = []]]) => {
    const alone = finishTimes(capacities, [allToAll(one)])[0] ?? 0;
    const together = finishTimes(capacities, [allToAll(one), allToAll(other)])[0] ?? 0;
    return { placement, aloneMs: 1e3 * alone, togetherMs: 1e3 * together, slowdown: together / alone };
  });
  printTable('all-to-all of 1 GB a node on 32 nodes', rows);
  return rows;
}

if (isMain(import.meta.url)) main();
