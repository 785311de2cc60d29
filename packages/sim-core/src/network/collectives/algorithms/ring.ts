import type { CollectiveOp } from '../types.js';
import { type CollectiveAlgorithm, members, requireOperation, type Step } from './algorithm.js';

/** Hops that each chunk makes: around once to reduce, once more to gather. */
function hops(op: CollectiveOp, ranks: number): number {
  return op === 'all_reduce' ? 2 * (ranks - 1) : ranks - 1;
}

/**
 * Ring (Patarasuk and Yuan, JPDC 2009): each member passes a chunk to its successor in every step. All-reduce, all-gather and
 * reduce-scatter move S/n a step; broadcast and reduce pass the whole along the open ring, pipelined.
 */
export const ring: CollectiveAlgorithm = {
  name: 'ring',
  operations: ['all_reduce', 'reduce_scatter', 'all_gather', 'broadcast', 'reduce'],
  pipelined: true,
  seconds(op, ranks, bytes, { alphaSeconds, bandwidthBytesPerSecond }) {
    requireOperation(ring, op);
    const steps = hops(op, ranks);
    const chunk = op === 'broadcast' || op === 'reduce' ? 1 / Math.max(1, ranks - 1) : 1 / ranks;
    return steps * alphaSeconds + (steps * chunk * bytes) / bandwidthBytesPerSecond;
  },
  steps(op, ranks, bytes) {
    requireOperation(ring, op);
    if (ranks === 1) return [];
    if (op === 'broadcast' || op === 'reduce') {
      // Broadcast leaves the root, position 0; reduce arrives there.
      const open = members(ranks - 1).map((i) =>
        op === 'broadcast' ? { from: i, to: i + 1, bytes } : { from: i + 1, to: i, bytes },
      );
      return [open];
    }
    const step: Step = members(ranks).map((from) => ({ from, to: (from + 1) % ranks, bytes: bytes / ranks }));
    return Array.from({ length: hops(op, ranks) }, () => step);
  },
};
