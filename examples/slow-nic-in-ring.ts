/**
 * How much does one bad NIC cost a ring of 256 GPUs? 32 nodes of 8, eight channels, one on each rail: an all-reduce of
 * 1 GB with NIC 2 of node 3 at full, three quarters, half and a quarter of its rate, and down (its GPU takes the next NIC).
 */
import { buildFabricGraph, Router } from '@regatta/sim-core';
import { clusterOf, finishTimes, isMain, printTable } from './support/flows.js';

const bytes = 1e9;
const [nodes, local] = [32, 8];

/** One row for each state of the NIC: milliseconds and slowdown. */
export function main() {
  const graph = buildFabricGraph(
    clusterOf(nodes, local, { kind: 'clos', tiers: 2, rails: 8, nicGbps: 400, oversubscription: 1, routing: 'spray' }),
  );
  const nic = graph.linksNamed('node3.nic2');
  const ranks = nodes * local;
  const seconds = (factor: number): number => {
    const capacities = graph.capacity.slice();
    for (const link of nic) capacities[link] = (capacities[link] ?? 0) * factor;
    const router = new Router(graph, factor === 0 ? { down: new Set(nic) } : {});
    const weights = new Map<number, number>();
    // Each channel goes through all GPUs of a node and leaves by its own rail: an eighth of the bytes on each.
    const hop = (from: number, to: number): void => {
      const route = router.route(from, to);
      if (route.kind !== 'route') throw new Error(route.kind);
      route.links.forEach((link, i) => {
        weights.set(link, (weights.get(link) ?? 0) + (route.weights[i] ?? 0) / local);
      });
    };
    for (let channel = 0; channel < local; channel++) {
      for (let node = 0; node < nodes; node++) {
        const at = (i: number): number => node * local + ((channel + i) % local);
        for (let i = 0; i + 1 < local; i++) hop(at(i + 1), at((i + 2) % local));
        hop(node * local + channel, ((node + 1) % nodes) * local + channel);
      }
    }
    const volume = (2 * (ranks - 1) * bytes) / ranks;
    return (
      finishTimes(capacities, [{ links: [...weights.keys()], weights: [...weights.values()], bytes: volume }])[0] ?? 0
    );
  };
  const healthy = seconds(1);
  const rows = [1, 0.75, 0.5, 0.25, 0].map((factor) => {
    const time = seconds(factor);
    return { nic: factor === 0 ? 'down' : `${factor * 100} %`, ms: 1e3 * time, slowdown: time / healthy };
  });
  printTable('all-reduce of 1 GB over 256 GPUs', rows);
  return rows;
}

if (isMain(import.meta.url)) main();
