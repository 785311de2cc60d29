import { powerBelow } from './algorithms/powers.js';
import type { LinkDemand } from './composed-cost.js';
import type { AlgorithmName, CollectiveOp, GroupLayout } from './types.js';

/**
 * What an algorithm that NCCL's tuner does not rank puts on the links of a group: hops, and bytes of the busiest port and NIC
 * (spec/model.md 5.2). Undefined for those that it ranks (ring, tree, nvls, nvls-tree, pat on all-reduce and its halves).
 */
export function linkDemand(
  op: CollectiveOp,
  bytes: number,
  group: GroupLayout,
  algorithm: AlgorithmName,
): LinkDemand | undefined {
  const { ranks, domains, ranksPerDomain: local, nicsPerDomain: nics } = group;
  const rounds = op === 'all_reduce' ? 2 : 1;
  const onNics = (perRank: number): number => (perRank * local) / nics;
  switch (algorithm) {
    case 'posted':
      // Each member sends to the next one; what leaves a domain leaves by the NICs of one member.
      if (op === 'send_recv') return oneHop(group, bytes, bytes / Math.max(1, nics / local));
      return oneHop(group, (bytes * (local - 1)) / ranks, onNics((bytes * (ranks - local)) / ranks));
    case 'pairwise':
      // Beyond one domain each step has a pair that crosses, on some NIC.
      if (domains > 1) {
        const nicBytes = (bytes * (ranks - 1) * Math.ceil(local / nics)) / ranks;
        return { intraHops: 0, interHops: ranks - 1, portBytes: (bytes * (local - 1)) / ranks, nicBytes };
      }
      return { intraHops: ranks - 1, interHops: 0, portBytes: (bytes * (ranks - 1)) / ranks, nicBytes: 0 };
    case 'hierarchical-all-to-all':
      return {
        intraHops: local > 1 ? 1 : 0,
        interHops: domains > 1 ? 1 : 0,
        portBytes: (bytes * (local - 1)) / local,
        nicBytes: onNics((bytes * (domains - 1)) / domains),
        pipelined: false,
      };
    case 'hierarchical':
      return {
        intraHops: rounds * (local - 1),
        interHops: rounds * (domains - 1),
        portBytes: (rounds * bytes * (local - 1)) / local,
        nicBytes: onNics((rounds * bytes * (domains - 1)) / domains / local),
      };
    case 'sharp':
      return {
        intraHops: 2 * (local - 1),
        interHops: domains > 1 ? 2 : 0,
        portBytes: (2 * bytes * (local - 1)) / local,
        nicBytes: bytes / nics,
      };
    case 'halving-doubling':
    case 'recursive-doubling':
      return exchanges(op, bytes, group, algorithm);
    default:
      return undefined;
  }
}

function oneHop(group: GroupLayout, portBytes: number, nicBytes: number): LinkDemand {
  const across = group.domains > 1;
  return { intraHops: across ? 0 : 1, interHops: across ? 1 : 0, portBytes, nicBytes };
}

/** Partners at distance 1, 2, 4 …: inside the domain as long as its size allows, over NICs beyond. */
function exchanges(
  op: CollectiveOp,
  bytes: number,
  { ranks, domains, ranksPerDomain, nicsPerDomain }: GroupLayout,
  algorithm: 'halving-doubling' | 'recursive-doubling',
): LinkDemand {
  const { power, log } = powerBelow(ranks);
  const halving = algorithm === 'halving-doubling';
  if (halving && power !== ranks && op !== 'all_reduce') {
    throw new RangeError(`halving-doubling runs ${op} on powers of two only, not on ${ranks} ranks`);
  }
  const rounds = halving && op === 'all_reduce' ? 2 : 1;
  const demand = { intraHops: 0, interHops: 0, portBytes: 0, nicBytes: 0 };
  const add = (inside: boolean, part: number, hops: number): void => {
    demand[inside ? 'intraHops' : 'interHops'] += hops;
    if (inside) demand.portBytes += part * hops;
    else demand.nicBytes += (part * hops * ranksPerDomain) / nicsPerDomain;
  };
  for (let i = 0; i < log; i++) {
    const inside = domains === 1 || ranksPerDomain % 2 ** (i + 1) === 0;
    add(inside, halving ? bytes / 2 ** (i + 1) : bytes, rounds);
  }
  if (power !== ranks) add(domains === 1, bytes, 2);
  return { ...demand, pipelined: false };
}
