import { allocatorBytes, fullestStage, stageMemories } from '@regatta/sim-core';
import { jobProblems } from '../../schema/job-problems.js';
import type { PublishedFile } from './published-file.js';
import { rowJob } from './row-job.js';
import { tableOf } from './score.js';

const gibibyte = 2 ** 30;

/** A published reading of memory beside the model's (spec/model.md section 3). */
export interface MemoryRow {
  readonly id: string;
  readonly source: string;
  readonly gpus: number;
  /** peak: all that is allocated; state and activations where the source counts them apart. */
  readonly part: 'peak' | 'weights, gradients and optimizer' | 'activations';
  readonly predictedBytes: number;
  readonly measuredBytes: number;
  /** |predicted - measured| / measured. */
  readonly error: number;
  readonly signedError: number;
}

/** How often the model says that a run fits its devices, of those that ran and of those that ran out of memory. */
export interface FitTable {
  readonly fitsAndRan: number;
  readonly fitsAndRanOut: number;
  readonly doesNotFitAndRan: number;
  readonly doesNotFitAndRanOut: number;
  /** Ids of the rows where the model is wrong. */
  readonly wrong: readonly string[];
}

export interface MemoryScore {
  readonly rows: readonly MemoryRow[];
  readonly fit: FitTable;
}

/**
 * Scores the memory readings of a published file, and whether each of its runs fits. A source that counts state and
 * activations apart counts nothing else: its sum is compared with theirs, other readings with everything that is allocated.
 */
export function scoreMemory(name: string, file: PublishedFile): MemoryScore {
  const rows: MemoryRow[] = [];
  const counts = { fitsAndRan: 0, fitsAndRanOut: 0, doesNotFitAndRan: 0, doesNotFitAndRanOut: 0 };
  const wrong: string[] = [];
  for (const row of file.rows) {
    const read = rowJob(row, row.source ?? file.source ?? name);
    if ('skipped' in read || jobProblems(read.job).length > 0) continue;
    const { job, cluster } = read;
    const memory = fullestStage(stageMemories(job, cluster));
    const { measured } = row;
    const state = memory.weightsBytes + memory.gradientsBytes + memory.optimizerBytes;
    const apart = typeof measured.memoryActivationsGiB === 'number';
    const compare = (part: MemoryRow['part'], predictedBytes: number, reading: number | null | undefined): void => {
      if (typeof reading !== 'number') return;
      const measuredBytes = reading * gibibyte;
      const signedError = predictedBytes / measuredBytes - 1;
      rows.push({
        id: row.id,
        source: tableOf(row, name),
        gpus: row.gpus,
        part,
        predictedBytes,
        measuredBytes,
        error: Math.abs(signedError),
        signedError,
      });
    };
    const whole = read.memoryReading === 'allocator' ? allocatorBytes(memory) : memory.peakBytes;
    compare('peak', apart ? state + memory.activationsBytes : whole, measured.memoryGiB);
    compare('weights, gradients and optimizer', state, measured.memoryParamsOptimizerGiB);
    compare('activations', memory.activationsBytes, measured.memoryActivationsGiB);
    // Readings that the paper worked out need not have run.
    const ran = read.measured.length > 0;
    const ranOut = measured.outOfMemory === true;
    if (!ran && !ranOut) continue;
    if (memory.fits) counts[ranOut ? 'fitsAndRanOut' : 'fitsAndRan']++;
    else counts[ranOut ? 'doesNotFitAndRanOut' : 'doesNotFitAndRan']++;
    if (memory.fits === ranOut) wrong.push(row.id);
  }
  return { rows, fit: { ...counts, wrong } };
}

/** The fit tables of several files as one. */
export function addFits(tables: readonly FitTable[]): FitTable {
  const sum = (key: 'fitsAndRan' | 'fitsAndRanOut' | 'doesNotFitAndRan' | 'doesNotFitAndRanOut'): number =>
    tables.reduce((total, table) => total + table[key], 0);
  return {
    fitsAndRan: sum('fitsAndRan'),
    fitsAndRanOut: sum('fitsAndRanOut'),
    doesNotFitAndRan: sum('doesNotFitAndRan'),
    doesNotFitAndRanOut: sum('doesNotFitAndRanOut'),
    wrong: tables.flatMap(({ wrong }) => wrong),
  };
}
