import type { FreeGpus, NodeShare, PlacementPolicy } from '../placement-policy.js';
import { packAnywhere } from './packed.js';
import { placeWithin } from './scope.js';

/**
 * Puts a job on the same local GPU indices of every node, so that its traffic between nodes stays on its rails: whole nodes
 * first; else equal parts of 2, 4, 8 … nodes on one aligned block of indices; else packed.
 */
export const railAligned: PlacementPolicy = {
  name: 'rail-aligned',
  place: (request, free) => placeWithin(request, free, alignedAnywhere),
};

function alignedAnywhere(gpus: number, free: FreeGpus): NodeShare[] | undefined {
  if (gpus > free.freeGpus) return undefined;
  const size = free.largestNode;
  const whole = Math.floor(gpus / size);
  const rest = gpus - whole * size;
  const shares: NodeShare[] = [];
  let node = -1;
  for (let i = 0; i < whole; i++) {
    node = free.nodeWithFree(size, node + 1);
    if (node < 0) return alignedParts(gpus, free) ?? packAnywhere(gpus, free);
    shares.push({ node, gpus: size });
  }
  if (rest === 0) return shares;
  const used = new Set(shares.map((share) => share.node));
  const block = alignedBlocks(rest, 1, free, used)?.[0];
  return block === undefined ? packAnywhere(gpus, free) : [...shares, block];
}

/** Equal aligned blocks on the fewest nodes: gpus / n on each of n nodes. */
function alignedParts(gpus: number, free: FreeGpus): NodeShare[] | undefined {
  for (let nodes = Math.ceil(gpus / free.largestNode); nodes <= gpus; nodes++) {
    if (gpus % nodes !== 0) continue;
    const shares = alignedBlocks(gpus / nodes, nodes, free, new Set());
    if (shares !== undefined) return shares;
  }
  return undefined;
}

/** The first block of local indices, at a multiple of its length, that is free on `nodes` nodes; fullest nodes first. */
function alignedBlocks(
  length: number,
  nodes: number,
  free: FreeGpus,
  skip: ReadonlySet<number>,
): NodeShare[] | undefined {
  const offsets = Math.floor(free.largestNode / length);
  const found: NodeShare[][] = Array.from({ length: offsets }, () => []);
  for (let level = length; level <= free.largestNode; level++) {
    for (let node = free.nodeWithFree(level); node >= 0; node = free.nodeWithFree(level, node + 1)) {
      if (skip.has(node)) continue;
      const open = new Set(free.freeLocals(node));
      for (let block = 0; block < offsets; block++) {
        const locals = Array.from({ length }, (_, i) => block * length + i);
        const shares = found[block];
        if (shares === undefined || !locals.every((local) => open.has(local))) continue;
        shares.push({ node, gpus: length, locals });
        if (shares.length === nodes) return shares;
      }
    }
  }
  return undefined;
}
