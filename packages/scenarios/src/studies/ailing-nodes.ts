import type { Ailment } from '@regatta/sim-core';

/** What ails one node of a job. */
export interface AilingNode {
  readonly node: number;
  readonly slowFactor: number;
  /** In ascending order. */
  readonly nics: readonly AilingNic[];
}

export interface AilingNic {
  readonly nic: number;
  readonly capacityFactor: number;
}

/**
 * Ailments node by node, in ascending order. Of several that slow a node each factor counts once, since what slows one of its GPUs slows all
 * that wait for it; of several on one link the worst counts.
 * @param nodes Nodes of the job; what ails others is left out.
 */
export function ailingNodes(ailments: readonly Ailment[], nodes: number): readonly AilingNode[] {
  const found = new Map<number, { readonly factors: Set<number>; readonly nics: Map<number, number> }>();
  for (const { firstNode, nodeCount, slowFactor, nics, capacityFactor } of ailments) {
    for (let node = firstNode; node < Math.min(firstNode + nodeCount, nodes); node++) {
      const own = found.get(node) ?? { factors: new Set(), nics: new Map() };
      found.set(node, own);
      if (slowFactor !== 1) own.factors.add(slowFactor);
      if (capacityFactor !== 1)
        for (const nic of nics) own.nics.set(nic, Math.min(capacityFactor, own.nics.get(nic) ?? 1));
    }
  }
  return [...found]
    .filter(([, { factors, nics }]) => factors.size > 0 || nics.size > 0)
    .sort(([a], [b]) => a - b)
    .map(([node, { factors, nics }]) => ({
      node,
      slowFactor: [...factors].sort((a, b) => a - b).reduce((product, factor) => product * factor, 1),
      nics: [...nics].map(([nic, capacityFactor]) => ({ nic, capacityFactor })).sort((a, b) => a.nic - b.nic),
    }));
}

/** The same text for the same node states at the same places. */
export const textOf = (nodes: readonly AilingNode[]): string =>
  nodes.map(({ node, ...state }) => `${node}:${stateText(state)}`).join(' ');

/** What ails a node, wherever it is. */
export const stateText = ({ slowFactor, nics }: Omit<AilingNode, 'node'>): string =>
  `${slowFactor}${nics.map(({ nic, capacityFactor }) => `,${nic}=${capacityFactor}`).join('')}`;
