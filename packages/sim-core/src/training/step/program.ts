import type { CollectiveOp } from '../../network/collectives/index.js';
import type { GroupKind } from '../plan/rank-grid.js';
import type { RowLabels } from './row-labels.js';
import type { Template } from './template.js';

/** Groups that a step's collectives run over: those of the plan, the two holders of a tied embedding, and all ranks. */
export type StepGroupKind = GroupKind | 'tie' | 'world';

/** One kind of collective: what is sent by whom. */
export interface CollectiveDescriptor {
  readonly group: StepGroupKind;
  readonly op: CollectiveOp;
  /** S as an NCCL user counts it (spec/model.md 5.1). */
  readonly bytes: number;
  /** Times that it runs in a row. */
  readonly repeat: number;
  /** Seconds of this rank's own compute behind which it hides; 0 = blocking. */
  readonly hideBehindSeconds: number;
  /** Copies of each token of which a hierarchical all-to-all sends one to each domain (1: none are merged). */
  readonly copies: number;
}

/** One kind of point-to-point message: to whom and how much. */
export interface SendDescriptor {
  readonly peerStage: number;
  readonly bytes: number;
}

export const StepOp = { run: 0, send: 1, receive: 2 } as const;

/** What one pipeline rank does in a step: rows of (op, a, b) in `steps`. run: a = template, b = 1 to execute it operator by operator; send: a = descriptor, b = slot at the peer; receive: a = slot. */
export interface StageProgram {
  readonly steps: Int32Array;
  /** What each row belongs to. */
  readonly labels: RowLabels;
  readonly sends: readonly SendDescriptor[];
  readonly receives: number;
  /** Collective descriptor of each data-task slot. */
  readonly tasks: readonly number[];
}

/** The program of a step, per stage and device kind (architecture: StepProgram). */
export interface StepProgram {
  readonly templates: readonly Template[];
  readonly collectives: readonly CollectiveDescriptor[];
  /** stages[device][stage] */
  readonly stages: readonly (readonly StageProgram[])[];
  /** A sender occupies its compute stream until the message has arrived. */
  readonly blockingSends: boolean;
  /**
   * A blocking message starts only when the receiver has posted its receive. Interleaved schedules exchange with both
   * neighbours in both directions at once, every receive posted ahead, so their senders do not wait for that.
   */
  readonly meetingSends: boolean;
}
