/**
 * Why do the GPUs of one index talk on one rail? All-reduce of 1 GB a GPU over 2,048 nodes of 8, three tiers, 4:1 at
 * the leaves: one ring of all 16,384 GPUs, eight such rings that leave a node by another NIC than they enter (so that
 * they change the rail over the spines), and eight rings of equal index after a reduce-scatter inside each node.
 */
import {
  aggregateCapacity,
  aggregateCount,
  aggregatesBetween,
  closShape,
  leafOf,
  networkLatencySeconds,
} from '@regatta/sim-core';
import { clusterOf, gpu, isMain, printTable } from './support/flows.js';

const bytes = 1e9;
const [nodes, local] = [2048, 8];
const shape = closShape(
  clusterOf(nodes, local, {
    kind: 'clos',
    tiers: 3,
    rails: 8,
    nicGbps: 400,
    oversubscription: 4,
    spineOversubscription: 1,
    routing: 'spray',
  }),
);
const firstNic = aggregateCount(shape);
// Links: the aggregates of the fabric, then every NIC out, then every NIC in.
const capacities = Array.from({ length: firstNic + 2 * nodes * local }, (_, id) =>
  id < firstNic ? aggregateCapacity(shape, id) : shape.nicBytesPerSecond,
);

/**
 * Seconds of a plan: for each node boundary which NIC sends to which, with bytes; bytes each GPU moves inside its node.
 * Alone on the network, a collective takes as long as its fullest link, after the latencies of two rounds.
 */
function seconds(hops: readonly { from: number; to: number; bytes: number }[], insideBytes: number): number {
  const loads = new Float64Array(capacities.length);
  const add = (link: number, load: number): void => {
    loads[link] = (loads[link] ?? 0) + load;
  };
  const latencies = hops.map(() => 0);
  for (let node = 0; node < nodes; node++) {
    const next = (node + 1) % nodes;
    hops.forEach((hop, i) => {
      const [fromLeaf, toLeaf] = [leafOf(shape, node, hop.from), leafOf(shape, next, hop.to)];
      add(firstNic + node * local + hop.from, hop.bytes);
      add(firstNic + (nodes + next) * local + hop.to, hop.bytes);
      for (const id of aggregatesBetween(shape, fromLeaf, toLeaf) ?? []) add(id, hop.bytes);
      latencies[i] = (latencies[i] ?? 0) + networkLatencySeconds(shape, fromLeaf, toLeaf);
    });
  }
  const fullest = loads.reduce((most, load, link) => Math.max(most, load / (capacities[link] ?? 1)), 0);
  const inside = insideBytes / gpu.scaleUp.bandwidthBytesPerSecond;
  return Math.max(fullest, inside) + 2 * Math.max(...latencies);
}

/** One row for each plan: milliseconds and the rate that a GPU sees. */
export function main() {
  const ranks = nodes * local;
  const ring = (n: number, size: number): number => (2 * (n - 1) * size) / n;
  const rails = Array.from({ length: local }, (_, i) => i);
  const plans = {
    'one ring of 16,384': seconds([{ from: 7, to: 0, bytes: ring(ranks, bytes) }], ring(ranks, bytes)),
    'eight rings across rails': seconds(
      rails.map((i) => ({ from: (i + 7) % local, to: i, bytes: ring(ranks, bytes / local) })),
      ring(ranks, bytes),
    ),
    'rails of 2,048': seconds(
      rails.map((i) => ({ from: i, to: i, bytes: ring(nodes, bytes / local) })),
      ring(local, bytes),
    ),
  };
  const rows = Object.entries(plans).map(([plan, time]) => ({
    plan,
    ms: 1e3 * time,
    algorithmGBps: bytes / time / 1e9,
  }));
  printTable('all-reduce of 1 GB on 2,048 nodes of 8', rows);
  return rows;
}

if (isMain(import.meta.url)) main();
