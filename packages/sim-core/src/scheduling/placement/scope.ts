import type { FreeGpus, NodeShare, PlacementRequest } from '../placement-policy.js';

/** Places a job inside its scope: any nodes by `anywhere`, one leaf or pod by best fit over its nodes, one node by best fit. */
export function placeWithin(
  request: PlacementRequest,
  free: FreeGpus,
  anywhere: (gpus: number, free: FreeGpus) => NodeShare[] | undefined,
): readonly NodeShare[] | undefined {
  const { gpus, within } = request;
  if (within === 'any') return anywhere(gpus, free);
  if (gpus > free.freeGpus) return undefined;
  if (within === 'node') {
    for (let fit = gpus; fit <= free.largestNode; fit++) {
      const node = free.nodeWithFree(fit);
      if (node >= 0) return [{ node, gpus }];
    }
    return undefined;
  }
  const groups = within === 'leaf' ? free.leaves : free.pods;
  const freeOn = (group: number): number => (within === 'leaf' ? free.freeOnLeaf(group) : free.freeOnPod(group));
  const group = tightest(groups.length, freeOn, gpus);
  return group < 0 ? undefined : packInto(groups[group] ?? [], gpus, free);
}

/** Index of the group with the fewest free GPUs that has at least `gpus`, the first of equals; -1 when none has. */
export function tightest(groups: number, freeOn: (group: number) => number, gpus: number): number {
  let best = -1;
  for (let group = 0; group < groups; group++) {
    const free = freeOn(group);
    if (free >= gpus && (best < 0 || free < freeOn(best))) best = group;
  }
  return best;
}

/** Best fit of up to `gpus` GPUs on the listed nodes; undefined when they have too few. */
export function packInto(nodes: readonly number[], gpus: number, free: FreeGpus): NodeShare[] | undefined {
  const candidates = nodes
    .map((node) => ({ node, gpus: free.freeOn(node) }))
    .filter((share) => share.gpus > 0)
    .sort((a, b) => b.gpus - a.gpus || a.node - b.node);
  const shares: NodeShare[] = [];
  let left = gpus;
  for (let i = 0; i < candidates.length && left > 0; i++) {
    const largest = candidates[i];
    if (largest === undefined) break;
    if (largest.gpus <= left) {
      shares.push(largest);
      left -= largest.gpus;
      continue;
    }
    // All holes from here on are larger than what is left or in descending order: the smallest that fits.
    const tight = candidates.slice(i).findLast((share) => share.gpus >= left) ?? largest;
    const equals = candidates.find((share, at) => at >= i && share.gpus === tight.gpus) ?? tight;
    shares.push({ node: equals.node, gpus: left });
    left = 0;
  }
  return left > 0 ? undefined : shares;
}
