import { lengthOf } from './application-lengths.js';
import { delimitedRows, numberOf } from './delimited-rows.js';
import type { JobTrace, TraceOptions } from './job-trace.js';
import { TraceBuilder } from './trace-builder.js';

/**
 * Reads a Gavel trace: tab-separated job type, command, step argument, needs data, total steps, arrival seconds, GPUs. It has
 * no run time: total steps over the steps in a second of the job type, from the user's table or ours.
 */
export function readGavel(text: string, options: TraceOptions = {}): JobTrace {
  const builder = new TraceBuilder('gavel', options);
  for (const { line, cells } of delimitedRows(text, '\t')) {
    const application = cells[0] ?? '';
    const id = `line${line}`;
    if (cells.length < 7) {
      builder.reject(line, `has ${cells.length} fields, must have 7`, id);
      continue;
    }
    const known = lengthOf(application, options);
    if (known === undefined) {
      builder.reject(line, `the speed of ${application} is not known: name it in a table of lengths`, id);
      continue;
    }
    if (known.ours) builder.remark('no run time: steps over a default speed of ours');
    const runSeconds =
      typeof known.length === 'number' ? known.length : numberOf(cells[4]) / known.length.stepsPerSecond;
    const gpus = numberOf(cells[6]);
    builder.add(
      { id, submitSeconds: numberOf(cells[5]), gpus, runSeconds, estimateSeconds: runSeconds, application },
      line,
    );
  }
  return builder.finish();
}
