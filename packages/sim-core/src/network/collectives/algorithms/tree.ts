import { type CollectiveAlgorithm, requireOperation, type Transfer } from './algorithm.js';

/** Share of the ring's bus bandwidth that NCCL's tree reaches (src/graph/tuning.cc). */
export const treeEfficiency = 0.92;

/**
 * Parent of a rank in a binary tree in which half of the ranks are leaves: the lowest set bit of a rank is its height
 * (Sanders, Speck and Traeff 2009, as in NCCL src/graph/trees.cc). Rank 0 is the root, undefined.
 */
function parentOf(rank: number, ranks: number): number | undefined {
  if (rank === 0) return undefined;
  const bit = rank & -rank;
  const up = (rank ^ bit) | (bit << 1);
  return up >= ranks ? rank ^ bit : up;
}

/** Edges (child, parent) of two binary trees: who is inner node of the one is leaf of the other (but for one rank). */
export function doubleBinaryTree(ranks: number): readonly (readonly (readonly [number, number])[])[] {
  const first: [number, number][] = [];
  for (let rank = 0; rank < ranks; rank++) {
    const parent = parentOf(rank, ranks);
    if (parent !== undefined) first.push([rank, parent]);
  }
  // Even: mirror the ranks; odd: shift them by one.
  const twin = (rank: number): number => (ranks % 2 === 0 ? ranks - 1 - rank : (rank + 1) % ranks);
  return [first, first.map(([child, parent]) => [twin(child), twin(parent)] as const)];
}

/** Double binary tree: each tree carries half of the bytes up (reduce), down (broadcast) or both (all-reduce), pipelined. */
export const tree: CollectiveAlgorithm = {
  name: 'tree',
  operations: ['all_reduce', 'broadcast', 'reduce'],
  pipelined: true,
  seconds(op, ranks, bytes, { alphaSeconds, bandwidthBytesPerSecond }) {
    requireOperation(tree, op);
    if (ranks === 1) return 0;
    const ways = op === 'all_reduce' ? 2 : 1;
    return (
      ways * Math.ceil(Math.log2(ranks)) * alphaSeconds + (ways * bytes) / bandwidthBytesPerSecond / treeEfficiency
    );
  },
  steps(op, ranks, bytes) {
    requireOperation(tree, op);
    const transfers: Transfer[] = [];
    for (const edges of doubleBinaryTree(ranks)) {
      for (const [child, parent] of edges) {
        if (op !== 'broadcast') transfers.push({ from: child, to: parent, bytes: bytes / 2 });
        if (op !== 'reduce') transfers.push({ from: parent, to: child, bytes: bytes / 2 });
      }
    }
    return transfers.length === 0 ? [] : [transfers];
  },
};
