import type { PlacementScope } from './job-spec.js';

/**
 * What the scheduler sees of a cluster. `pool` counts GPUs only (the model of reference/schedules); `nodes` knows which GPU of
 * which node a job holds. A GPU's index is the sum of the sizes of the nodes before its own plus its local index.
 */
export interface ClusterShape {
  readonly model: 'pool' | 'nodes';
  /** GPUs of each node; a pool is one node. */
  readonly nodeGpus: readonly number[];
  /** Leaf (block, rack) and pod (set of leaves under shared spines) of each node. */
  readonly leafOf: readonly number[];
  readonly podOf: readonly number[];
  /** Nodes at the end of the list that stand by until a node fails. */
  readonly spares: number;
}

/** A pool of counted GPUs. Throws RangeError unless `gpus` is a whole number of at least 1. */
export function gpuPool(gpus: number): ClusterShape {
  if (!Number.isInteger(gpus) || gpus < 1)
    throw new RangeError(`gpuPool: gpus is ${gpus}, must be a whole number >= 1`);
  return { model: 'pool', nodeGpus: [gpus], leafOf: [0], podOf: [0], spares: 0 };
}

export interface NodeClusterOptions {
  /** Number of equal nodes, or the GPUs of each. */
  readonly nodes: number | readonly number[];
  /** GPUs of each node when `nodes` is a number (default 8). */
  readonly gpusPerNode?: number;
  /** Nodes under one leaf (default 32) and leaves under one set of spines (default 32). */
  readonly nodesPerLeaf?: number;
  readonly leavesPerPod?: number;
  /** Spare nodes among them (default 0). */
  readonly spares?: number;
}

/** A cluster of nodes with identities. Throws RangeError when a size is not a whole number of at least 1. */
export function nodeCluster(options: NodeClusterOptions): ClusterShape {
  const { nodes, gpusPerNode = 8, nodesPerLeaf = 32, leavesPerPod = 32, spares = 0 } = options;
  const nodeGpus = typeof nodes === 'number' ? Array.from({ length: nodes }, () => gpusPerNode) : [...nodes];
  for (const gpus of nodeGpus) {
    if (!Number.isInteger(gpus) || gpus < 1)
      throw new RangeError(`nodeCluster: a node of ${gpus} GPUs, must be whole and >= 1`);
  }
  if (nodeGpus.length < 1) throw new RangeError('nodeCluster: nodes must be at least 1');
  if (!(Number.isInteger(spares) && spares >= 0 && spares < nodeGpus.length)) {
    throw new RangeError(`nodeCluster: spares is ${spares} of ${nodeGpus.length} nodes, at least one must be in use`);
  }
  const leafOf = nodeGpus.map((_, node) => Math.floor(node / nodesPerLeaf));
  return { model: 'nodes', nodeGpus, leafOf, podOf: leafOf.map((leaf) => Math.floor(leaf / leavesPerPod)), spares };
}

/** GPUs that can be in use at one time when everything is healthy: all but those of the spare nodes. */
export function totalGpus(cluster: ClusterShape): number {
  return cluster.nodeGpus.slice(0, cluster.nodeGpus.length - cluster.spares).reduce((sum, gpus) => sum + gpus, 0);
}

/** GPUs of the largest node, leaf or pod, spare nodes left out. */
export function largestScope(cluster: ClusterShape, scope: PlacementScope): number {
  if (scope === 'any') return totalGpus(cluster);
  const room = new Map<number, number>();
  for (let node = 0; node < cluster.nodeGpus.length - cluster.spares; node++) {
    const group = (scope === 'node' ? node : scope === 'leaf' ? cluster.leafOf[node] : cluster.podOf[node]) ?? 0;
    room.set(group, (room.get(group) ?? 0) + (cluster.nodeGpus[node] ?? 0));
  }
  return [...room.values()].reduce((most, gpus) => Math.max(most, gpus), 0);
}
