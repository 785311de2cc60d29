import type { JobEnding } from '@regatta/sim-core';
import type { JobTrace, TraceOptions } from './job-trace.js';
import { isRecord, parseJson } from './json-text.js';
import { earliest, timestampSeconds } from './timestamps.js';
import { TraceBuilder } from './trace-builder.js';

const endings: Readonly<Record<string, JobEnding>> = { Pass: 'completed', Failed: 'failed', Killed: 'cancelled' };

/**
 * Reads Philly's cluster_job_log (list of {status, vc, jobid, attempts, submitted_time, user}, each attempt {start_time,
 * end_time, detail: [{ip, gpus}]}). Attempts before the last one failed by the user's own error and are run again; the
 * virtual cluster is the tenant. Jobs that never ran, or have no end, are bad rows.
 */
export function readPhilly(text: string, options: TraceOptions = {}): JobTrace {
  const builder = new TraceBuilder('philly', options);
  const list = parseJson(text, options.file);
  const rows = Array.isArray(list) ? list : [];
  const begin = earliest(
    rows.map((row) => (isRecord(row) ? timestampSeconds(textOf(row.submitted_time)) : Number.NaN)),
  );
  rows.forEach((row: unknown, index) => {
    const line = index + 1;
    if (!isRecord(row)) {
      builder.reject(line, 'is no object');
      return;
    }
    const id = textOf(row.jobid) ?? '';
    const ending = endings[textOf(row.status) ?? ''];
    const attempts = (Array.isArray(row.attempts) ? row.attempts : []).filter(isRecord);
    const seconds = attempts.map(
      (attempt) => timestampSeconds(textOf(attempt.end_time)) - timestampSeconds(textOf(attempt.start_time)),
    );
    const gpus = Math.max(0, ...attempts.map((attempt) => countGpus(attempt.detail)));
    if (ending === undefined) builder.reject(line, `status ${String(row.status)} is not known`, id);
    else if (attempts.length === 0) builder.reject(line, 'never ran: it has no attempt', id);
    else if (gpus === 0) builder.reject(line, 'has no GPU in any attempt', id);
    else {
      const runSeconds = seconds.at(-1) ?? Number.NaN;
      builder.remark('no estimate: the longest attempt is taken');
      builder.add(
        {
          id,
          submitSeconds: timestampSeconds(textOf(row.submitted_time)) - begin,
          gpus,
          runSeconds,
          estimateSeconds: Math.max(...seconds),
          ...(seconds.length > 1 ? { failedAttempts: seconds.slice(0, -1) } : {}),
          ...(typeof row.vc === 'string' ? { tenant: row.vc } : {}),
          ...(ending === 'completed' ? {} : { ending }),
        },
        line,
      );
    }
  });
  return builder.finish();
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function countGpus(detail: unknown): number {
  if (!Array.isArray(detail)) return 0;
  return detail.reduce((sum: number, host: unknown) => {
    return sum + (isRecord(host) && Array.isArray(host.gpus) ? host.gpus.length : 0);
  }, 0);
}
