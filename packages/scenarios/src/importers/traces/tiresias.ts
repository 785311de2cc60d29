import { byHeader, delimitedRows, numberOf } from './delimited-rows.js';
import type { JobTrace, TraceOptions } from './job-trace.js';
import { TraceBuilder } from './trace-builder.js';

/** Reads a Tiresias trace: job_id, num_gpu, submit_time, iterations, model_name, duration, interval. */
export function readTiresias(text: string, options: TraceOptions = {}): JobTrace {
  const builder = new TraceBuilder('tiresias', options);
  const [header, ...rows] = delimitedRows(text, ',');
  for (const row of rows) {
    const job = byHeader(header?.cells ?? [], row);
    const runSeconds = numberOf(job.duration);
    builder.remark('no estimate: the run time is taken');
    builder.add(
      {
        id: job.job_id ?? '',
        submitSeconds: numberOf(job.submit_time),
        gpus: numberOf(job.num_gpu),
        runSeconds,
        estimateSeconds: runSeconds,
        ...(job.model_name ? { application: job.model_name } : {}),
      },
      row.line,
    );
  }
  return builder.finish();
}
