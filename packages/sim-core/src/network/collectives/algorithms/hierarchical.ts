import type { CollectiveOp } from '../types.js';
import { type CollectiveAlgorithm, requireOperation, type Step, type Transfer } from './algorithm.js';
import { ring } from './ring.js';

/** A group of `domains` scale-up domains with `local` members each, and the bandwidth of a member on each level. */
export interface TwoLevels {
  readonly domains: number;
  readonly local: number;
  readonly scaleUpBytesPerSecond: number;
  readonly nicBytesPerSecond: number;
  /** Chunks of the two levels overlap (default): the slower level counts, not the sum. */
  readonly pipelined?: boolean;
}

/** Seconds of the bandwidth part: reduce-scatter inside, all-reduce of S/G on each rail, all-gather inside (spec/model.md 5.2). */
export function hierarchicalSeconds(op: CollectiveOp, bytes: number, levels: TwoLevels): number {
  const { domains, local } = levels;
  const ways = op === 'all_reduce' ? 2 : 1;
  const inside = (((ways * (local - 1)) / local) * bytes) / levels.scaleUpBytesPerSecond;
  const across = (((ways * (domains - 1)) / domains) * (bytes / local)) / levels.nicBytesPerSecond;
  return levels.pipelined === false ? inside + across : Math.max(inside, across);
}

/** Rings of the members of each domain, or of the members with one local index (a rail). Member = domain * local + index. */
function rings(domains: number, local: number, level: 'inside' | 'rail', op: CollectiveOp, bytes: number): Step[] {
  const size = level === 'inside' ? local : domains;
  const count = level === 'inside' ? domains : local;
  const place = (ringIndex: number, i: number): number =>
    level === 'inside' ? ringIndex * local + i : i * local + ringIndex;
  return ring.steps(op, size, bytes).map((step) => {
    const all: Transfer[] = [];
    for (let r = 0; r < count; r++) {
      for (const { from, to, bytes: part } of step) all.push({ from: place(r, from), to: place(r, to), bytes: part });
    }
    return all;
  });
}

/** Scale-up domain first, then rails, on domains of `local` consecutive members. @throws RangeError when ranks do not divide. */
export function hierarchical(local: number): CollectiveAlgorithm {
  const algorithm: CollectiveAlgorithm = {
    name: 'hierarchical',
    operations: ['all_reduce', 'reduce_scatter', 'all_gather'],
    pipelined: true,
    seconds(op, ranks, bytes, { alphaSeconds, bandwidthBytesPerSecond }) {
      requireOperation(algorithm, op);
      const domains = requireDomains(ranks, local);
      const hops = (op === 'all_reduce' ? 2 : 1) * (local - 1 + domains - 1);
      const bandwidth = {
        domains,
        local,
        scaleUpBytesPerSecond: bandwidthBytesPerSecond,
        nicBytesPerSecond: bandwidthBytesPerSecond,
        // One port carries both levels.
        pipelined: false,
      };
      return hops * alphaSeconds + hierarchicalSeconds(op, bytes, bandwidth);
    },
    steps(op, ranks, bytes) {
      requireOperation(algorithm, op);
      const domains = requireDomains(ranks, local);
      const inside = (part: CollectiveOp): Step[] => rings(domains, local, 'inside', part, bytes);
      const rails = rings(domains, local, 'rail', op, bytes / local);
      if (op === 'reduce_scatter') return [...inside('reduce_scatter'), ...rails];
      if (op === 'all_gather') return [...rails, ...inside('all_gather')];
      return [...inside('reduce_scatter'), ...rails, ...inside('all_gather')];
    },
  };
  return algorithm;
}

/** Members of one domain collect what goes to one rail, then rails exchange: (N-1) messages on a NIC instead of n-G. */
export function hierarchicalAllToAll(local: number): CollectiveAlgorithm {
  const algorithm: CollectiveAlgorithm = {
    name: 'hierarchical-all-to-all',
    operations: ['all_to_all'],
    pipelined: false,
    seconds(op, ranks, bytes, { alphaSeconds, bandwidthBytesPerSecond }) {
      requireOperation(algorithm, op);
      const domains = requireDomains(ranks, local);
      const levels = (local > 1 ? 1 : 0) + (domains > 1 ? 1 : 0);
      return (
        levels * alphaSeconds + ((local - 1) / local + (domains - 1) / domains) * (bytes / bandwidthBytesPerSecond)
      );
    },
    steps(op, ranks, bytes) {
      requireOperation(algorithm, op);
      const domains = requireDomains(ranks, local);
      const inside: Transfer[] = [];
      const rails: Transfer[] = [];
      for (let from = 0; from < ranks; from++) {
        const domain = Math.floor(from / local);
        const index = from % local;
        for (let i = 0; i < local; i++)
          if (i !== index) inside.push({ from, to: domain * local + i, bytes: bytes / local });
        for (let d = 0; d < domains; d++)
          if (d !== domain) rails.push({ from, to: d * local + index, bytes: bytes / domains });
      }
      return [inside, rails].filter((step) => step.length > 0);
    },
  };
  return algorithm;
}

function requireDomains(ranks: number, local: number): number {
  if (!(local >= 1) || ranks % local !== 0) {
    throw new RangeError(`hierarchical: ${ranks} ranks do not fill domains of ${local}`);
  }
  return ranks / local;
}
