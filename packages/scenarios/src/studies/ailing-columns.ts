import type { InterchangeableColumns } from '@regatta/sim-core';
import type { AilingNode } from './ailing-nodes.js';

/** A node of a column: its place among the column's nodes of all stages, and what ails it. */
export interface ColumnNode extends Omit<AilingNode, 'node'> {
  readonly place: number;
}

/** How a job's columns lie on nodes. */
export interface ColumnLayout extends InterchangeableColumns {
  readonly gpusPerNode: number;
}
