import type { CollectiveOp } from '@regatta/sim-core';

/** One measurement of a row; absent where the log says N/A. */
export interface NcclMeasurement {
  readonly seconds?: number;
  readonly algbwGBps?: number;
  readonly busbwGBps?: number;
  /** Elements with a wrong value (older logs: largest error). */
  readonly wrong?: number;
}

/** One message size. */
export interface NcclTestsRow {
  readonly line: number;
  readonly bytes: number;
  readonly count: number;
  readonly type: string;
  readonly redop?: string;
  readonly root?: number;
  readonly outOfPlace: NcclMeasurement;
  readonly inPlace?: NcclMeasurement;
}

export interface NcclTestsRank {
  readonly rank: number;
  readonly host: string;
  readonly device: number;
  readonly gpu: string;
}

/** One table of a log with the ranks named before it. */
export interface NcclTestsTable {
  /** From the command in the text, the file's name, or busbw / algbw with the ranks; absent when none of them tells. */
  readonly collective?: CollectiveOp;
  readonly ranks: readonly NcclTestsRank[];
  /** Number of ranks, 0 when the log does not list them. */
  readonly gpus: number;
  readonly hosts: number;
  readonly rows: readonly NcclTestsRow[];
  readonly avgBusbwGBps?: number;
}

/** A log of nccl-tests. `rejected` counts rows that could not be read, each with a warning. */
export interface NcclTestsLog {
  readonly format: 'nccl-tests';
  readonly tables: readonly NcclTestsTable[];
  readonly rejected: number;
  readonly warnings: readonly string[];
}
