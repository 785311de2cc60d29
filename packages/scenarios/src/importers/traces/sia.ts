import { lengthOf } from './application-lengths.js';
import { byHeader, delimitedRows, numberOf } from './delimited-rows.js';
import type { JobTrace, TraceOptions } from './job-trace.js';
import { TraceBuilder } from './trace-builder.js';

/** Reads a Sia/Pollux workload: name, time, application, num_replicas, batch_size. Run times come from a table by application. */
export function readSia(text: string, options: TraceOptions = {}): JobTrace {
  const builder = new TraceBuilder('sia', options);
  const [header, ...rows] = delimitedRows(text, ',');
  for (const row of rows) {
    const job = byHeader(header?.cells ?? [], row);
    const { name: id = '', application = '' } = job;
    const known = lengthOf(application, options);
    if (known === undefined || typeof known.length !== 'number') {
      builder.reject(row.line, `the length of ${application} is not known: name it in a table of lengths`, id);
      continue;
    }
    if (known.ours) builder.remark('no run time: a default length of ours by application');
    const runSeconds = known.length;
    const gpus = numberOf(job.num_replicas);
    builder.add(
      { id, submitSeconds: numberOf(job.time), gpus, runSeconds, estimateSeconds: runSeconds, application },
      row.line,
    );
  }
  return builder.finish();
}
