import type { FreeGpus, NodeShare, PlacementPolicy } from '../placement-policy.js';
import { placeWithin } from './scope.js';

/**
 * Fills nodes: the remainder of a job goes to the node with the fewest free GPUs that still has room, whole nodes come first
 * (best fit decreasing). Does not look at leaves.
 */
export const packed: PlacementPolicy = {
  name: 'packed',
  place: (request, free) => placeWithin(request, free, packAnywhere),
};

/** Best fit over all nodes, by the index of nodes by free GPUs; undefined when there are too few free GPUs. */
export function packAnywhere(gpus: number, free: FreeGpus): NodeShare[] | undefined {
  if (gpus > free.freeGpus) return undefined;
  const shares: NodeShare[] = [];
  let left = gpus;
  let after = -1;
  let level = free.largestNode;
  while (left > 0) {
    // Smallest hole that takes all that is left, else the largest hole there is.
    for (let fit = left; fit <= level; fit++) {
      const node = free.nodeWithFree(fit, fit === level ? after + 1 : 0);
      if (node >= 0) {
        shares.push({ node, gpus: left });
        return shares;
      }
    }
    const node = free.nodeWithFree(level, after + 1);
    if (node < 0) {
      level--;
      after = -1;
      if (level < 1) return undefined;
      continue;
    }
    shares.push({ node, gpus: level });
    left -= level;
    after = node;
  }
  return shares;
}
