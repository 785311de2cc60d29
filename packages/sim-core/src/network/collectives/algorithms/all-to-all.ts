import { type CollectiveAlgorithm, members, requireOperation, type Step, type Transfer } from './algorithm.js';

/** Every member's block for the member `distance` further on. */
function shift(ranks: number, distance: number, bytes: number): Transfer[] {
  return members(ranks).map((from) => ({ from, to: (from + distance) % ranks, bytes: bytes / ranks }));
}

/** All-to-all in n-1 steps, each a permutation: nobody is met twice at once. */
export const pairwise: CollectiveAlgorithm = {
  name: 'pairwise',
  operations: ['all_to_all'],
  pipelined: false,
  seconds(op, ranks, bytes, { alphaSeconds, bandwidthBytesPerSecond }) {
    requireOperation(pairwise, op);
    return (ranks - 1) * alphaSeconds + ((bytes / ranks) * (ranks - 1)) / bandwidthBytesPerSecond;
  },
  steps(op, ranks, bytes) {
    requireOperation(pairwise, op);
    return members(ranks - 1).map((i): Step => shift(ranks, i + 1, bytes));
  },
};

/** All messages posted at once, as NCCL does inside one group call; also a single send with its receive. */
export const posted: CollectiveAlgorithm = {
  name: 'posted',
  operations: ['all_to_all', 'send_recv'],
  pipelined: true,
  seconds(op, ranks, bytes, { alphaSeconds, bandwidthBytesPerSecond }) {
    requireOperation(posted, op);
    if (ranks === 1) return 0;
    const leaves = op === 'send_recv' ? bytes : (bytes / ranks) * (ranks - 1);
    return alphaSeconds + leaves / bandwidthBytesPerSecond;
  },
  steps(op, ranks, bytes) {
    requireOperation(posted, op);
    if (ranks === 1) return [];
    // nccl-tests' sendrecv: every rank sends to the next one.
    if (op === 'send_recv') return [shift(ranks, 1, bytes * ranks)];
    return [members(ranks - 1).flatMap((i) => shift(ranks, i + 1, bytes))];
  },
};
