import { type ClosShape, leafOf, podOf } from './clos-shape.js';
import type { Cluster } from './cluster.js';
import type { FabricGraph } from './fabric-graph.js';
import type { Placement } from './placement.js';
import { scaleUpDomainOf } from './scale-up-domain.js';

/** What a job occupies of a cluster. */
export interface JobFootprint {
  readonly gpus: number;
  readonly shareOfGpus: number;
  readonly nodes: number;
  /** Nodes of which the job holds some GPUs, not all. */
  readonly partialNodes: number;
  readonly scaleUpDomains: number;
  /** First switches that its nodes hang on, all rails together. */
  readonly leaves: number;
  /** The same if its nodes sat side by side. */
  readonly fewestLeaves: number;
  /** Pods that it spans (Clos; 0 on other fabrics). */
  readonly pods: number;
  /** Bytes/s of the NICs of its nodes, each way. */
  readonly nicBytesPerSecond: number;
}

/** Footprint of a job on a Clos by arithmetic, on any other fabric over its graph. */
export function jobFootprint(cluster: Cluster, placement: Placement, on: ClosShape | FabricGraph): JobFootprint {
  const perNode = new Map<number, number>();
  const domains = new Set<number>();
  const total = cluster.nodes * cluster.gpusPerNode;
  for (let rank = 0; rank < placement.ranks; rank++) {
    const gpu = placement.gpuOf(rank);
    if (gpu >= total) throw new RangeError(`jobFootprint: rank ${rank} sits on GPU ${gpu} of ${total}`);
    const node = placement.nodeOf(rank);
    perNode.set(node, (perNode.get(node) ?? 0) + 1);
    domains.add(scaleUpDomainOf(cluster, gpu));
  }
  const nodes = [...perNode.keys()];
  const spread = 'leavesPerRail' in on ? onClos(on, nodes) : onGraph(on, nodes);
  return {
    gpus: placement.ranks,
    shareOfGpus: placement.ranks / total,
    nodes: nodes.length,
    partialNodes: [...perNode.values()].filter((count) => count < cluster.gpusPerNode).length,
    scaleUpDomains: domains.size,
    ...spread,
  };
}

type Spread = Pick<JobFootprint, 'leaves' | 'fewestLeaves' | 'pods' | 'nicBytesPerSecond'>;

function onClos(shape: ClosShape, nodes: readonly number[]): Spread {
  const leaves = new Set(
    nodes.flatMap((node) => Array.from({ length: shape.rails }, (_, nic) => leafOf(shape, node, nic))),
  );
  return {
    leaves: leaves.size,
    fewestLeaves: Math.ceil(nodes.length / shape.nodesPerLeaf) * shape.rails,
    pods: new Set([...leaves].map((leaf) => podOf(shape, leaf))).size,
    nicBytesPerSecond: nodes.length * shape.nicsPerNode * shape.nicBytesPerSecond,
  };
}

function onGraph(graph: FabricGraph, nodes: readonly number[]): Spread {
  const leaves = new Set<number>();
  const perLeaf = new Map<number, number>();
  let nicBytesPerSecond = 0;
  for (let nic = 0; nic < graph.nics; nic++) {
    const leaf = graph.to[graph.nicUp[nic] ?? -1];
    if (leaf !== undefined) perLeaf.set(leaf, (perLeaf.get(leaf) ?? 0) + 1);
  }
  let nics = 0;
  for (const node of nodes) {
    for (let nic = graph.firstNic[node] ?? 0; nic < (graph.firstNic[node + 1] ?? 0); nic++) {
      const up = graph.nicUp[nic] ?? -1;
      const leaf = graph.to[up];
      if (leaf === undefined) continue;
      nics++;
      leaves.add(leaf);
      nicBytesPerSecond += graph.capacity[up] ?? 0;
    }
  }
  // As many NICs on the fullest switches first.
  const sizes = [...perLeaf.values()].sort((a, b) => b - a);
  let fewestLeaves = 0;
  for (let left = nics; left > 0 && fewestLeaves < sizes.length; fewestLeaves++) left -= sizes[fewestLeaves] ?? 0;
  return { leaves: leaves.size, fewestLeaves, pods: 0, nicBytesPerSecond };
}
