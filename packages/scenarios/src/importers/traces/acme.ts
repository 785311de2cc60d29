import type { JobEnding } from '@regatta/sim-core';
import { byHeader, delimitedRows, numberOf } from './delimited-rows.js';
import type { JobTrace, TraceOptions } from './job-trace.js';
import { earliest, timestampSeconds } from './timestamps.js';
import { TraceBuilder } from './trace-builder.js';

const endings: Readonly<Record<string, JobEnding>> = {
  COMPLETED: 'completed',
  CANCELLED: 'cancelled',
  FAILED: 'failed',
  TIMEOUT: 'failed',
  NODE_FAIL: 'failed',
};

/**
 * Reads a job trace of Acme (trace_seren.csv, trace_kalos.csv) by the columns of its README: job_id, user, gpu_num, type, state,
 * submit_time, start_time, end_time, duration, queue. The run time is from start to stop (Kalos leaves end_time out where a job
 * stopped or failed). Jobs without a GPU are bad rows; a job that never started was cancelled while it waited.
 */
export function readAcme(text: string, options: TraceOptions = {}): JobTrace {
  const builder = new TraceBuilder('acme', options);
  const [header, ...rows] = delimitedRows(text, ',');
  const begin = earliest(rows.map((row) => timestampSeconds(byHeader(header?.cells ?? [], row).submit_time)));
  for (const row of rows) {
    const job = byHeader(header?.cells ?? [], row);
    const id = job.job_id ?? '';
    const ending = endings[job.state ?? ''];
    const start = timestampSeconds(job.start_time);
    const ends = [job.end_time, job.stop_time, job.fail_time].map(timestampSeconds).filter(Number.isFinite);
    const runSeconds = (ends[0] ?? Number.NaN) - start;
    if (ending === undefined) builder.reject(row.line, `state ${job.state} is not known`, id);
    else if (numberOf(job.gpu_num) === 0) builder.reject(row.line, 'asks for 0 GPUs', id);
    else if (Number.isNaN(start)) builder.reject(row.line, 'never started: it has no run time', id);
    else {
      builder.remark('no estimate: the run time is taken');
      builder.add(
        {
          id,
          submitSeconds: timestampSeconds(job.submit_time) - begin,
          gpus: numberOf(job.gpu_num),
          runSeconds,
          estimateSeconds: runSeconds,
          ...(job.user ? { tenant: job.user } : {}),
          ...(job.type ? { application: job.type } : {}),
          ...(ending === 'completed' ? {} : { ending }),
        },
        row.line,
      );
    }
  }
  return builder.finish();
}
