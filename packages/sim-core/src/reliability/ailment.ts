/** What slows nodes that still run: their operators take longer, or links of their NICs carry less. */
export interface Ailment {
  /** Places in the job: [firstNode, firstNode + nodeCount). */
  readonly firstNode: number;
  readonly nodeCount: number;
  /** How many times as long the nodes' operators take; 1: as usual. */
  readonly slowFactor: number;
  /** NICs, numbered within a node, whose links are hit on each of the nodes. */
  readonly nics: readonly number[];
  /** Share of those links' capacity that is left; 0: down, the next NIC of the node takes over. */
  readonly capacityFactor: number;
}

/** Ailments of a job in good health. */
export const noAilments: readonly Ailment[] = [];
