import type { FreeGpus, NodeShare, PlacementPolicy } from '../placement-policy.js';
import { placeWithin } from './scope.js';

/** Evens out load: one GPU after the other goes to the node with the most free, the lowest index of equals. */
export const spread: PlacementPolicy = {
  name: 'spread',
  place: (request, free) => placeWithin(request, free, spreadAnywhere),
};

function spreadAnywhere(gpus: number, free: FreeGpus): NodeShare[] | undefined {
  if (gpus > free.freeGpus) return undefined;
  const taken = new Map<number, number>();
  let left = gpus;
  // Level by level from the emptiest: every node with `level` free gives one GPU before any gives its next.
  for (let level = free.largestNode; level > 0 && left > 0; level--) {
    for (const [node, count] of taken) {
      if (left === 0) break;
      taken.set(node, count + 1);
      left--;
    }
    for (let node = free.nodeWithFree(level); node >= 0 && left > 0; node = free.nodeWithFree(level, node + 1)) {
      taken.set(node, 1);
      left--;
    }
  }
  return [...taken].map(([node, count]) => ({ node, gpus: count }));
}
