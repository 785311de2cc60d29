import type { JobSpec } from '@regatta/sim-core';
import { InputError } from '../../schema/input-error.js';
import type { JobTrace, RejectedRow, TraceFormat, TraceOptions } from './job-trace.js';

/** Collects the jobs of a trace row by row: checks each, names bad ones, sorts, and counts what it had to assume. */
export class TraceBuilder {
  readonly #jobs: JobSpec[] = [];
  readonly #rejected: RejectedRow[] = [];
  readonly #lines = new Map<string, number>();
  readonly #remarks = new Map<string, number>();

  constructor(
    readonly format: TraceFormat,
    readonly options: TraceOptions,
  ) {}

  /** Takes a job, or rejects it with everything that is wrong with it. */
  add(job: JobSpec, line: number): void {
    const earlier = this.#lines.get(job.id);
    const problems = [...(earlier === undefined ? [] : [`has the id of line ${earlier}`]), ...problemsOf(job)];
    if (problems.length > 0) {
      this.reject(line, problems.join('; '), job.id);
      return;
    }
    this.#lines.set(job.id, line);
    this.#jobs.push({ ...job, line });
  }

  /** @throws InputError in strict mode. */
  reject(line: number, reason: string, job?: string): void {
    if (this.options.strict === true) throw this.#error(line, job ?? '', reason);
    this.#rejected.push({ line, ...(job === undefined ? {} : { job }), reason });
  }

  /** Counts something that was assumed; said once, with how often. */
  remark(text: string): void {
    this.#remarks.set(text, (this.#remarks.get(text) ?? 0) + 1);
  }

  /** @throws InputError when there is no valid row. */
  finish(more: Partial<JobTrace> = {}): JobTrace {
    const first = this.#rejected[0];
    if (this.#jobs.length === 0) {
      const why =
        first === undefined
          ? 'has no job'
          : `has no valid job; the first of ${this.#rejected.length} bad rows: ${first.reason}`;
      throw this.#error(first?.line ?? 1, '', why);
    }
    const warnings = [...this.#remarks].map(([text, count]) => `${text} (${count} jobs)`);
    const ordered = this.#jobs.every(
      (job, i) => i === 0 || job.submitSeconds >= (this.#jobs[i - 1]?.submitSeconds ?? 0),
    );
    if (!ordered) warnings.push('submit times are out of order: sorted');
    const jobs = [...this.#jobs].sort((a, b) => a.submitSeconds - b.submitSeconds);
    return { format: this.format, jobs, rejected: this.#rejected, warnings, ...more };
  }

  #error(line: number, path: string, message: string): InputError {
    const { file } = this.options;
    return new InputError([
      { code: 'trace', ...(file === undefined ? {} : { file }), line, path, expected: '', received: '', message },
    ]);
  }
}

/** What makes a row no job; empty when it is one. */
export function problemsOf(job: JobSpec): string[] {
  const problems: string[] = [];
  const mustBePositive = (name: string, value: number): void => {
    if (!(Number.isFinite(value) && value > 0)) problems.push(`${name} is ${value}, must be above 0`);
  };
  const mustBeWhole = (name: string, value: number | undefined): void => {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      problems.push(`${name} is ${value}, must be a whole number of at least 1`);
  };
  if (job.id === '') problems.push('has no id');
  if (!Number.isFinite(job.submitSeconds)) problems.push(`submit time is ${job.submitSeconds}, must be a number`);
  mustBeWhole('gpus', job.gpus);
  mustBeWhole('minGpus', job.minGpus);
  mustBeWhole('maxGpus', job.maxGpus);
  mustBePositive('run time', job.runSeconds);
  mustBePositive('estimate', job.estimateSeconds);
  for (const seconds of job.failedAttempts ?? []) mustBePositive('run time of an attempt', seconds);
  if ((job.minGpus ?? 1) > (job.maxGpus ?? job.gpus))
    problems.push(`minGpus is ${job.minGpus}, more than maxGpus or gpus`);
  return problems;
}
