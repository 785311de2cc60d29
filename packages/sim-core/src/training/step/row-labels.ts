import type { ScheduleOp } from '../job.js';

/** What a row of a stage's program belongs to. */
export const rowKinds = [
  'forward',
  'backward',
  'input gradient',
  'weight gradient',
  'parameter gathers',
  'gradient reduction',
  'optimizer step',
] as const;
export type RowKind = (typeof rowKinds)[number];

/** Labels beside the rows of a stage's program; chunk and micro-batch are -1 where a row belongs to none. */
export interface RowLabels {
  /** Index into `rowKinds`. */
  readonly kind: Uint8Array;
  readonly chunk: Int32Array;
  readonly microBatch: Int32Array;
}

/** Collects the labels of rows while a program is written. */
export class RowLabelBuilder {
  readonly #kind: number[] = [];
  readonly #chunk: number[] = [];
  readonly #microBatch: number[] = [];

  constructor(readonly splitsBackward: boolean) {}

  operation({ kind, chunk, microBatch }: ScheduleOp): void {
    const name = kind === 'F' ? 'forward' : kind === 'W' ? 'weight gradient' : this.#backward;
    this.#add(name, chunk, microBatch);
  }

  other(name: RowKind): void {
    this.#add(name, -1, -1);
  }

  get #backward(): RowKind {
    return this.splitsBackward ? 'input gradient' : 'backward';
  }

  #add(name: RowKind, chunk: number, microBatch: number): void {
    this.#kind.push(rowKinds.indexOf(name));
    this.#chunk.push(chunk);
    this.#microBatch.push(microBatch);
  }

  build(): RowLabels {
    return {
      kind: Uint8Array.from(this.#kind),
      chunk: Int32Array.from(this.#chunk),
      microBatch: Int32Array.from(this.#microBatch),
    };
  }
}
