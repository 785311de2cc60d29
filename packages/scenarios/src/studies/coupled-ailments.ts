import { type Ailment, type Parallel, RankGrid } from '@regatta/sim-core';

/**
 * Ailments of a job's nodes as groups that slow each other, each moved to the first replicas: what a step waits for in the exchange
 * of gradients is its slowest replica, wherever that is, so that groups of one form are one state. Nodes slow each other
 * within a replica, and within the replicas that share experts; an ailment of several nodes stands alone.
 */
export function coupledAilments(
  parallel: Parallel,
  gpusPerNode: number,
  ailments: readonly Ailment[],
): readonly (readonly Ailment[])[] {
  const { stageRanks, ranks } = new RankGrid(parallel);
  const { tensor, context, expert, expertTensor } = parallel;
  const replicaRanks = Math.max(tensor * context, expert > 1 ? expert * expertTensor : 1, gpusPerNode);
  const groups = new Map<string, Ailment[]>();
  const seen = new Set<string>();
  for (const ailment of ailments) {
    const { firstNode, nodeCount } = ailment;
    const rank = firstNode * gpusPerNode;
    if (rank >= ranks) continue;
    const stageStart = Math.floor(rank / stageRanks) * stageRanks;
    const within = rank - stageStart;
    const alone = nodeCount > 1;
    const first = alone ? stageStart : stageStart + (within % replicaRanks);
    const moved = { ...ailment, firstNode: Math.floor(first / gpusPerNode) };
    const group = alone ? `alone ${stageStart} ${nodeCount}` : `${Math.floor(within / replicaRanks)}`;
    const form = `${group}/${Object.values(moved).join(':')}`;
    if (seen.has(form)) continue;
    seen.add(form);
    const members = groups.get(group);
    if (members) members.push(moved);
    else groups.set(group, [moved]);
  }
  return [...groups.values()].map((members) => members.sort((a, b) => a.firstNode - b.firstNode));
}
