import { type CollectiveAlgorithm, members, requireOperation, type Step } from './algorithm.js';

/** Blocks that a member passes on at distance 2^i: as many as are still missing. */
function blocksAt(ranks: number, distance: number): number {
  return Math.min(distance, ranks - distance);
}

/**
 * Parallel aggregated trees (Jeaugey 2025, arXiv 2506.20252; the pattern of Bruck et al. 1997): all-gather and
 * reduce-scatter in ceil(log2 n) steps on any number of ranks, with no more bytes than the ring.
 */
export const pat: CollectiveAlgorithm = {
  name: 'pat',
  operations: ['all_gather', 'reduce_scatter'],
  pipelined: false,
  seconds(op, ranks, bytes, { alphaSeconds, bandwidthBytesPerSecond }) {
    requireOperation(pat, op);
    return Math.ceil(Math.log2(ranks)) * alphaSeconds + ((ranks - 1) / ranks) * (bytes / bandwidthBytesPerSecond);
  },
  steps(op, ranks, bytes) {
    requireOperation(pat, op);
    const steps: Step[] = [];
    for (let distance = 1; distance < ranks; distance *= 2) {
      const block = (blocksAt(ranks, distance) * bytes) / ranks;
      steps.push(members(ranks).map((from) => ({ from, to: (from + distance) % ranks, bytes: block })));
    }
    return op === 'all_gather' ? steps : steps.reverse();
  },
};
