/** Operations of NCCL's interface. */
export const collectiveOps = [
  'all_reduce',
  'reduce_scatter',
  'all_gather',
  'broadcast',
  'reduce',
  'all_to_all',
  'send_recv',
] as const;
export type CollectiveOp = (typeof collectiveOps)[number];

export const algorithmNames = [
  'ring',
  'tree',
  'halving-doubling',
  'recursive-doubling',
  'hierarchical',
  'nvls',
  'nvls-tree',
  'sharp',
  'pairwise',
  'posted',
  'hierarchical-all-to-all',
  'pat',
] as const;
export type AlgorithmName = (typeof algorithmNames)[number];

const reductions: readonly CollectiveOp[] = ['all_reduce', 'reduce_scatter', 'all_gather'];

/** What each algorithm can run on the fabric of a cluster. */
export const algorithmOperations: Readonly<Record<AlgorithmName, readonly CollectiveOp[]>> = {
  ring: [...reductions, 'broadcast', 'reduce'],
  tree: ['all_reduce'],
  'halving-doubling': reductions,
  'recursive-doubling': ['all_reduce'],
  hierarchical: reductions,
  nvls: reductions,
  'nvls-tree': ['all_reduce'],
  sharp: ['all_reduce'],
  pairwise: ['all_to_all'],
  posted: ['all_to_all', 'send_recv'],
  'hierarchical-all-to-all': ['all_to_all'],
  pat: ['all_gather', 'reduce_scatter'],
};

/** The algorithms that can run an operation. */
export function algorithmsOf(op: CollectiveOp): AlgorithmName[] {
  return algorithmNames.filter((name) => algorithmOperations[name].includes(op));
}

/** NCCL's protocols, in the order of its tables. */
export const protocols = ['LL', 'LL128', 'Simple'] as const;
export type Protocol = (typeof protocols)[number];

/** How a group sits on the cluster; a domain is a scale-up domain (a node, a rack). Uneven groups: the greatest count. */
export interface GroupLayout {
  readonly ranks: number;
  readonly domains: number;
  readonly ranksPerDomain: number;
  /** Distinct NICs that the group can use in one domain. */
  readonly nicsPerDomain: number;
  /** The same in the domain that has fewest, where they differ: rings and trees go through it too. */
  readonly leastNics?: number;
}

/** busbw / algbw of nccl-tests: what makes different operations comparable with a link's bandwidth (spec/model.md 5.1). */
export function busBandwidthFactor(op: CollectiveOp, ranks: number): number {
  switch (op) {
    case 'all_reduce':
      return (2 * (ranks - 1)) / ranks;
    case 'all_gather':
    case 'reduce_scatter':
    case 'all_to_all':
      return (ranks - 1) / ranks;
    default:
      return 1;
  }
}
