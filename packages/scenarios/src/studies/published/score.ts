import { jobProblems } from '../../schema/job-problems.js';
import { expectedStep } from './expected-step.js';
import type { PublishedFile } from './published-file.js';
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

/** Scores every row of a published file that has a time. Rows with two conventions are scored against the nearer. */
export function scoreFile(name: string, file: PublishedFile): { scored: ScoredRow[]; unscored: UnscoredRow[] } {
  const scored: ScoredRow[] = [];
  const unscored: UnscoredRow[] = [];
  for (const row of file.rows) {
    const read = rowJob(row, file.source ?? name);
    if ('skipped' in read) {
      unscored.push({ id: row.id, source: name, reason: read.skipped });
      continue;
    }
    const problem = jobProblems(read.job)[0];
    if (problem) {
      unscored.push({ id: row.id, source: name, reason: `${problem.path}: ${problem.message}` });
      continue;
    }
    if (read.measured.length === 0) {
      unscored.push({ id: row.id, source: name, reason: 'no step time was published' });
      continue;
    }
    const { report, seconds: predicted } = expectedStep(read);
    const measured =
      [...read.measured].sort((a, b) => Math.abs(predicted - a) - Math.abs(predicted - b))[0] ?? predicted;
    const signedError = predicted / measured - 1;
    scored.push({
      id: row.id,
      source: name,
      hardware: read.cluster.device.name,
      stack: read.stack,
      use: row.use ?? 'validation',
      uncertain: row.uncertain !== undefined,
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
