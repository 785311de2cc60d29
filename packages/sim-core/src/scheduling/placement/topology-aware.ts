import type { FreeGpus, NodeShare, PlacementPolicy } from '../placement-policy.js';
import { packInto, placeWithin, tightest } from './scope.js';

/**
 * Fewest leaves, then fewest sets of spines: a job goes to the leaf with the least room that takes it whole; else to the pod
 * with the least room, filling its emptiest leaves first; else over the emptiest pods.
 */
export const topologyAware: PlacementPolicy = {
  name: 'topology-aware',
  place: (request, free) => placeWithin(request, free, fewestLeaves),
};

function fewestLeaves(gpus: number, free: FreeGpus): NodeShare[] | undefined {
  if (gpus > free.freeGpus) return undefined;
  // A job that fits a node never needs a leaf's worth of search.
  const node = gpus <= free.largestNode ? tightestNode(gpus, free) : -1;
  if (node >= 0) return [{ node, gpus }];
  const leaf = tightest(free.leaves.length, (index) => free.freeOnLeaf(index), gpus);
  if (leaf >= 0) return packInto(free.leaves[leaf] ?? [], gpus, free);
  const leavesOfPod = free.pods.map((nodes) => [...new Set(nodes.map((member) => free.cluster.leafOf[member] ?? 0))]);
  const leavesByRoom = (pod: number): number[] =>
    emptiestFirst(leavesOfPod[pod] ?? [], (index) => free.freeOnLeaf(index));
  // Whole pods, the emptiest first, until the tightest of the rest takes what is left: never one pod more than needed.
  const shares: NodeShare[] = [];
  const rest = emptiestFirst([...free.pods.keys()], (index) => free.freeOnPod(index));
  for (let left = gpus; left > 0; ) {
    const fit = tightest(rest.length, (at) => free.freeOnPod(rest[at] ?? 0), left);
    const [pod] = rest.splice(Math.max(0, fit), 1);
    if (pod === undefined) return undefined;
    const part = Math.min(left, free.freeOnPod(pod));
    shares.push(...(fillLeaves(leavesByRoom(pod), part, free) ?? []));
    left -= part;
  }
  return shares;
}

function tightestNode(gpus: number, free: FreeGpus): number {
  for (let fit = gpus; fit <= free.largestNode; fit++) {
    const node = free.nodeWithFree(fit);
    if (node >= 0) return node;
  }
  return -1;
}

/** Whole leaves in the given order; what is left goes to the tightest of the rest that takes it. */
function fillLeaves(leaves: readonly number[], gpus: number, free: FreeGpus): NodeShare[] | undefined {
  const shares: NodeShare[] = [];
  let left = gpus;
  for (let i = 0; i < leaves.length && left > 0; i++) {
    const rest = leaves.slice(i);
    const fit = tightest(rest.length, (at) => free.freeOnLeaf(rest[at] ?? 0), left);
    const leaf = fit >= 0 ? (rest[fit] ?? 0) : (leaves[i] ?? 0);
    const part = Math.min(left, free.freeOnLeaf(leaf));
    if (part === 0) continue;
    shares.push(...(packInto(free.leaves[leaf] ?? [], part, free) ?? []));
    left -= part;
  }
  return left > 0 ? undefined : shares;
}

function emptiestFirst(groups: readonly number[], freeOn: (group: number) => number): number[] {
  return [...groups].sort((a, b) => freeOn(b) - freeOn(a) || a - b);
}
