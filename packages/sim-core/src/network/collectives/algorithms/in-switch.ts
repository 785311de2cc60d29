import type { AlgorithmName } from '../types.js';
import { type CollectiveAlgorithm, inSwitch, members, requireOperation, type Step } from './algorithm.js';

/** Everyone sends to the switch and gets from it; share of S each way. */
function throughSwitch(ranks: number, up: number, down: number): Step {
  return members(ranks).flatMap((rank) => [
    { from: rank, to: inSwitch, bytes: up },
    { from: inSwitch, to: rank, bytes: down },
  ]);
}

function inSwitchAlgorithm(
  name: AlgorithmName,
  operations: CollectiveAlgorithm['operations'],
  levels: number,
): CollectiveAlgorithm {
  const algorithm: CollectiveAlgorithm = {
    name,
    operations,
    pipelined: true,
    seconds(op, ranks, bytes, { alphaSeconds, bandwidthBytesPerSecond }) {
      requireOperation(algorithm, op);
      if (ranks === 1) return 0;
      const share = op === 'all_reduce' ? 1 : (ranks - 1) / ranks;
      return levels * alphaSeconds + (share * bytes) / bandwidthBytesPerSecond;
    },
    steps(op, ranks, bytes) {
      requireOperation(algorithm, op);
      if (ranks === 1) return [];
      const one = bytes / ranks;
      const others = (bytes * (ranks - 1)) / ranks;
      if (op === 'all_gather') return [throughSwitch(ranks, one, others)];
      if (op === 'reduce_scatter') return [throughSwitch(ranks, others, one)];
      return [throughSwitch(ranks, bytes, bytes)];
    },
  };
  return algorithm;
}

/** NVLink SHARP: the scale-up switch reduces and multicasts, so that each port carries S once each way (spec/model.md 5.2). */
export const nvls = inSwitchAlgorithm('nvls', ['all_reduce', 'all_gather', 'reduce_scatter'], 1);

/** SHARP in the network: two levels of switches reduce, each NIC carries S once each way (Graham et al. 2016). */
export const sharp = inSwitchAlgorithm('sharp', ['all_reduce'], 2);
