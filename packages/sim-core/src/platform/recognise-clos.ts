import type { ClosFabric, Cluster } from './cluster.js';
import { buildFabricGraph, type FabricGraph } from './fabric-graph.js';

/** Bytes/s that two sums may differ by and still be the same. */
const sameRate = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(a, b);

/**
 * The two-tier Clos that a cluster of listed cables is, undefined when it is none: nodes stand leaf by leaf, NIC i of
 * every node is on rail i mod rails, every leaf has the same bandwidth to every spine. What is simulated on a Clos by
 * arithmetic can so be simulated on a cluster that was imported.
 */
export function recogniseClos(cluster: Cluster): ClosFabric | undefined {
  const { fabric } = cluster;
  if (fabric.kind !== 'graph') return undefined;
  const graph = buildFabricGraph(cluster);
  const nicsPerNode = graph.nicsOfNode(0);
  const rate = graph.capacity[graph.nicUp[0] ?? -1];
  if (nicsPerNode === 0 || rate === undefined || graph.nics !== nicsPerNode * cluster.nodes) return undefined;
  const leafOf = (node: number, nic: number): number => graph.to[graph.nicUp[node * nicsPerNode + nic] ?? -1] ?? -1;
  const rails = new Set(Array.from({ length: nicsPerNode }, (_, nic) => leafOf(0, nic))).size;
  if (nicsPerNode % rails !== 0) return undefined;
  let nodesPerLeaf = 1;
  while (nodesPerLeaf < cluster.nodes && leafOf(nodesPerLeaf, 0) === leafOf(0, 0)) nodesPerLeaf++;
  const leaves = new Set<number>();
  for (let node = 0; node < cluster.nodes; node++) {
    const first = node - (node % nodesPerLeaf);
    if (node === first) {
      // A group's leaves are its own, one for each rail.
      for (let rail = 0; rail < rails; rail++) {
        const leaf = leafOf(node, rail);
        if (leaves.has(leaf) || graph.kindOfVertex(leaf) !== 'switch') return undefined;
        leaves.add(leaf);
      }
    }
    for (let nic = 0; nic < nicsPerNode; nic++) {
      const up = graph.nicUp[node * nicsPerNode + nic] ?? -1;
      if (leafOf(node, nic) !== leafOf(first, nic % rails) || !sameRate(graph.capacity[up] ?? 0, rate))
        return undefined;
    }
  }
  const uplinks = evenUplinks(graph, leaves);
  if (!uplinks) return undefined;
  const down = nodesPerLeaf * (nicsPerNode / rails) * rate;
  return {
    kind: 'clos',
    tiers: 2,
    rails,
    nicGbps: (rate * 8) / 1e9,
    nicsPerNode,
    nodesPerLeaf,
    oversubscription: uplinks.spines === 0 ? 1 : down / (uplinks.spines * uplinks.bytesPerSecond),
    ...(uplinks.spines === 0 ? {} : { spinesPerPod: uplinks.spines }),
    routing: fabric.routing,
  };
}

/** Spines that all leaves share and the bytes/s of each leaf to each of them; undefined when it is uneven. */
function evenUplinks(
  graph: FabricGraph,
  leaves: ReadonlySet<number>,
): { spines: number; bytesPerSecond: number } | undefined {
  const between = new Map<string, number>();
  const spines = new Set<number>();
  for (let link = 0; link < graph.links; link++) {
    if (graph.linkKind(link) !== 'fabric') continue;
    const [from = -1, to = -1] = [graph.from[link], graph.to[link]];
    if (leaves.has(from) === leaves.has(to)) return undefined;
    if (!leaves.has(from)) continue;
    spines.add(to);
    const key = `${from} ${to}`;
    between.set(key, (between.get(key) ?? 0) + (graph.capacity[link] ?? 0));
  }
  if (spines.size === 0) return leaves.size === 1 ? { spines: 0, bytesPerSecond: 0 } : undefined;
  if (between.size !== leaves.size * spines.size) return undefined;
  const rates = [...between.values()];
  const first = rates[0] ?? 0;
  return rates.every((bytesPerSecond) => sameRate(bytesPerSecond, first))
    ? { spines: spines.size, bytesPerSecond: first }
    : undefined;
}
