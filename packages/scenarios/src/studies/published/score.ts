import { jobProblems } from '../../schema/job-problems.js';
import { expectedStep } from './expected-step.js';
import type { PublishedFile, PublishedRow } from './published-file.js';
import { rowJob } from './row-job.js';

/** One scored row (contract of `validate --json`). */
export interface ScoredRow {
  readonly id: string;
  readonly source: string;
  readonly hardware: string;
  readonly stack: string;
  readonly use: 'calibration' | 'validation';
  /** Reported, but not counted in a mean. */
  readonly uncertain: boolean;
  readonly model: string;
  readonly section: string;
  readonly gpus: number;
  readonly tokensPerStep: number;
  readonly experts: boolean;
  readonly precision: string;
  readonly predictedStepSeconds: number;
  readonly measuredStepSeconds: number;
  /** |predicted - measured| / measured. */
  readonly error: number;
  /** predicted / measured - 1. */
  readonly signedError: number;
  readonly fits: boolean;
  readonly assumed: readonly string[];
}

export interface UnscoredRow {
  readonly id: string;
  readonly source: string;
  readonly reason: string;
}

/** Name of a file without folder and ending. */
export const fileTitle = (name: string): string =>
  (name.split('/').at(-1) ?? name).replace(/\.(json|ya?ml)$/i, '') || name;

/** Table that a row is from: as it says, else the word before the number of its id, else its file. */
export const tableOf = (row: PublishedRow, name: string): string =>
  row.source ?? /^([\w.-]+)\/[^/]+$/.exec(row.id)?.[1] ?? fileTitle(name);

/** Scores every row of a published file that has a time. Rows with two conventions are scored against the nearer. */
export function scoreFile(name: string, file: PublishedFile): { scored: ScoredRow[]; unscored: UnscoredRow[] } {
  const scored: ScoredRow[] = [];
  const unscored: UnscoredRow[] = (file.unreadable ?? []).map(({ id, reason }) => ({
    id,
    source: fileTitle(name),
    reason,
  }));
  for (const row of file.rows) {
    const source = tableOf(row, name);
    const leaveOut = (reason: string): void => {
      unscored.push({ id: row.id, source, reason });
    };
    const read = rowJob(row, row.source ?? file.source ?? name);
    if ('skipped' in read) {
      leaveOut(read.skipped);
      continue;
    }
    const problem = jobProblems(read.job)[0];
    if (problem) {
      leaveOut(`${problem.path}: ${problem.message}`);
      continue;
    }
    if (read.measured.length === 0) {
      leaveOut('no step time was published');
      continue;
    }
    const step = attempt(() => expectedStep(read));
    if (typeof step === 'string') {
      leaveOut(step);
      continue;
    }
    const { report, seconds: predicted } = step;
    const measured =
      [...read.measured].sort((a, b) => Math.abs(predicted - a) - Math.abs(predicted - b))[0] ?? predicted;
    const signedError = predicted / measured - 1;
    scored.push({
      id: row.id,
      source,
      hardware: read.cluster.device.name,
      stack: read.stack,
      use: row.use ?? 'validation',
      uncertain: Boolean(row.uncertain),
      model: read.job.model.name,
      section: row.section ?? '',
      gpus: row.gpus,
      tokensPerStep: read.job.globalBatch * read.job.sequenceLength,
      experts: read.job.model.experts !== undefined,
      precision: read.job.precision,
      predictedStepSeconds: predicted,
      measuredStepSeconds: measured,
      error: Math.abs(signedError),
      signedError,
      fits: report.memory.fits,
      assumed:
        read.measured.length > 1
          ? [...read.assumed, `measured: nearer of ${read.measured.join(' and ')} s`]
          : read.assumed,
    });
  }
  return { scored, unscored };
}

/** A value, or why it cannot be had. */
function attempt<T extends object>(make: () => T): T | string {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
