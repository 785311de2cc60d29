/**
 * How much do ECMP collisions cost, and do more queue pairs help? One rail of 128 nodes at 400 Gb/s, four leaves of 32,
 * 32 spines, no oversubscription: every NIC sends 1 GB to the same place of the next leaf. A perfect network needs 20 ms.
 */
import { buildFabricGraph, Router } from '@regatta/sim-core';
import { clusterOf, finishTimes, isMain, printTable, type Transfer } from './support/flows.js';

const bytes = 1e9;
const nodes = 128;

/** One row for each way to spread: slowest and mean transfer, and their slowdown against the wire. */
export function main() {
  const fabric = { kind: 'clos', tiers: 2, rails: 1, nicGbps: 400, oversubscription: 1, routing: 'spray' } as const;
  const graph = buildFabricGraph(clusterOf(nodes, 1, { ...fabric, nodesPerLeaf: 32 }));
  const ways = [
    { name: 'spray', routing: 'spray', queuePairs: 1 },
    { name: 'static table', routing: 'static-rail', queuePairs: 1 },
    { name: 'ECMP, 1 queue pair', routing: 'ecmp', queuePairs: 1 },
    { name: 'ECMP, 4 queue pairs', routing: 'ecmp', queuePairs: 4 },
    { name: 'ECMP, 16 queue pairs', routing: 'ecmp', queuePairs: 16 },
  ] as const;
  const rows = ways.map(({ name, routing, queuePairs }) => {
    const router = new Router(graph, { routing, seed: 1 });
    const transfers: Transfer[] = [];
    for (let from = 0; from < nodes; from++) {
      for (let qp = 0; qp < queuePairs; qp++) {
        const route = router.route(from, (from + 32) % nodes, qp);
        if (route.kind !== 'route') throw new Error(route.kind);
        transfers.push({ ...route, bytes: bytes / queuePairs, latencySeconds: route.latencySeconds });
      }
    }
    const finish = finishTimes(graph.capacity, transfers);
    const slowest = Math.max(...finish);
    const mean = finish.reduce((sum, t) => sum + t, 0) / finish.length;
    return { way: name, slowestMs: slowest * 1e3, meanMs: mean * 1e3, slowdown: slowest / (bytes / 50e9) };
  });
  printTable('1 GB from each of 128 NICs to the next leaf', rows);
  return rows;
}

if (isMain(import.meta.url)) main();
