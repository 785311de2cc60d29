/** Where the ranks of a job sit. A GPU's global index is node * gpusPerNode + local index. */
export interface Placement {
  readonly ranks: number;
  readonly gpusPerNode: number;
  /** Global index of the GPU of a rank. */
  gpuOf(rank: number): number;
  nodeOf(rank: number): number;
  localOf(rank: number): number;
}

/** Default placement of spec/model.md 4.1: rank r on node floor(r / G), local GPU r mod G, from node `firstNode` on. */
export function defaultPlacement(gpusPerNode: number, ranks: number, firstNode = 0): Placement {
  const base = firstNode * gpusPerNode;
  return {
    ranks,
    gpusPerNode,
    gpuOf: (rank) => base + rank,
    nodeOf: (rank) => firstNode + Math.floor(rank / gpusPerNode),
    localOf: (rank) => rank % gpusPerNode,
  };
}

/** Placement by a list: rank r on the GPU `gpus[r]` (global index). Throws RangeError when a GPU is named twice or negative. */
export function listedPlacement(gpusPerNode: number, gpus: readonly number[]): Placement {
  const seen = new Set<number>();
  for (const gpu of gpus) {
    if (!Number.isInteger(gpu) || gpu < 0) throw new RangeError(`listedPlacement: gpus holds ${gpu}, not a GPU index`);
    if (seen.has(gpu)) throw new RangeError(`listedPlacement: GPU ${gpu} is listed twice`);
    seen.add(gpu);
  }
  const at = (rank: number): number => {
    const gpu = gpus[rank];
    if (gpu === undefined) throw new RangeError(`listedPlacement: rank ${rank} of ${gpus.length}`);
    return gpu;
  };
  return {
    ranks: gpus.length,
    gpusPerNode,
    gpuOf: at,
    nodeOf: (rank) => Math.floor(at(rank) / gpusPerNode),
    localOf: (rank) => at(rank) % gpusPerNode,
  };
}

/** Placement that fills the listed nodes one after the other, `gpusPerNode` ranks on each, up to `ranks`. */
export function nodeListPlacement(
  gpusPerNode: number,
  nodes: readonly number[],
  ranks: number = nodes.length * gpusPerNode,
): Placement {
  if (ranks > nodes.length * gpusPerNode) {
    throw new RangeError(`nodeListPlacement: ${ranks} ranks on ${nodes.length} nodes of ${gpusPerNode}`);
  }
  return listedPlacement(
    gpusPerNode,
    Array.from({ length: ranks }, (_, rank) => {
      const node = nodes[Math.floor(rank / gpusPerNode)] ?? 0;
      return node * gpusPerNode + (rank % gpusPerNode);
    }),
  );
}
