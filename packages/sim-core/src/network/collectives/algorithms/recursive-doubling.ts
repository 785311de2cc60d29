import { type CollectiveAlgorithm, requireOperation, type Step } from './algorithm.js';
import { exchange, folding, powerBelow } from './powers.js';

/** Recursive doubling (Thakur et al. 2005): partners at distance 1, 2, 4 … exchange everything. For small messages. */
export const recursiveDoubling: CollectiveAlgorithm = {
  name: 'recursive-doubling',
  operations: ['all_reduce'],
  pipelined: false,
  seconds(op, ranks, bytes, { alphaSeconds, bandwidthBytesPerSecond }) {
    requireOperation(recursiveDoubling, op);
    const { power, log } = powerBelow(ranks);
    const steps = power === ranks ? log : log + 2;
    return steps * alphaSeconds + (steps * bytes) / bandwidthBytesPerSecond;
  },
  steps(op, ranks, bytes) {
    requireOperation(recursiveDoubling, op);
    const { power, log } = powerBelow(ranks);
    const { before, after } = folding(ranks, bytes);
    const doubling: Step[] = [];
    for (let i = 0; i < log; i++) doubling.push(exchange(power, 2 ** i, bytes));
    return [...before, ...doubling, ...after];
  },
};
