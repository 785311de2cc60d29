import { type CollectiveAlgorithm, requireOperation, type Step } from './algorithm.js';
import { exchange, folding, powerBelow } from './powers.js';

/**
 * Recursive halving and doubling (Rabenseifner 2004; Thakur et al. 2005): partners at distance 1, 2, 4 … exchange S/2, S/4 …
 * to reduce, and the mirror of it to gather. Distances grow as messages shrink, so that near members move most.
 */
export const halvingDoubling: CollectiveAlgorithm = {
  name: 'halving-doubling',
  operations: ['all_reduce', 'reduce_scatter', 'all_gather'],
  pipelined: false,
  seconds(op, ranks, bytes, { alphaSeconds, bandwidthBytesPerSecond }) {
    requireOperation(halvingDoubling, op);
    const { power, log } = powerBelow(ranks);
    const ways = op === 'all_reduce' ? 2 : 1;
    const exchanged = ways * log * alphaSeconds + ((ways * (power - 1)) / power) * (bytes / bandwidthBytesPerSecond);
    if (power === ranks) return exchanged;
    requirePower(op, ranks);
    return exchanged + 2 * (alphaSeconds + bytes / bandwidthBytesPerSecond);
  },
  steps(op, ranks, bytes) {
    requireOperation(halvingDoubling, op);
    const { power, log } = powerBelow(ranks);
    if (power !== ranks) requirePower(op, ranks);
    const halving: Step[] = [];
    for (let i = 0; i < log; i++) halving.push(exchange(power, 2 ** i, bytes / 2 ** (i + 1)));
    if (op === 'reduce_scatter') return halving;
    const doubling = [...halving].reverse();
    if (op === 'all_gather') return doubling;
    const { before, after } = folding(ranks, bytes);
    return [...before, ...halving, ...doubling, ...after];
  },
};

function requirePower(op: string, ranks: number): void {
  if (op !== 'all_reduce') {
    throw new RangeError(
      `halving-doubling runs ${op} on powers of two only, not on ${ranks} ranks; ring and pat run on any`,
    );
  }
}
