import type { JobEnding } from '@regatta/sim-core';
import { plainLines } from '../text-issues.js';
import type { JobTrace, TraceOptions } from './job-trace.js';
import { TraceBuilder } from './trace-builder.js';

/** Fields of a row of the standard workload format 2.2 (Feitelson, Parallel Workloads Archive), counted from 1. */
const field = { job: 1, submit: 2, wait: 3, run: 4, used: 5, asked: 8, timeAsked: 9, status: 11, user: 12, queue: 15 };

/**
 * Reads an SWF log (spec/input-formats.md 13). Processors asked for (else used) are GPUs; the time asked for (else the run time)
 * is the estimate; users are tenants. Partial executions (status 2 to 4) and run times of 0 or less are bad rows; a job
 * that was cancelled while it waited keeps the time at which it left.
 */
export function readSwf(text: string, options: TraceOptions = {}): JobTrace {
  const builder = new TraceBuilder('swf', options);
  let machineGpus: number | undefined;
  plainLines(text).forEach((content, index) => {
    const line = index + 1;
    if (content.startsWith(';')) {
      const processors = /^;\s*MaxProcs:\s*(\d+)/i.exec(content)?.[1];
      if (processors !== undefined) machineGpus = Number(processors);
    } else if (content.trim() !== '') readRow(builder, content.trim().split(/\s+/), line);
  });
  return builder.finish(machineGpus === undefined ? {} : { machineGpus });
}

function readRow(builder: TraceBuilder, cells: readonly string[], line: number): void {
  if (cells.length !== 18) {
    builder.reject(line, `has ${cells.length} fields, must have 18`);
    return;
  }
  const values = cells.map(Number);
  if (values.some(Number.isNaN)) {
    builder.reject(line, `${cells[values.findIndex(Number.isNaN)]} is no number`);
    return;
  }
  const at = (name: keyof typeof field): number => values[field[name] - 1] ?? -1;
  const id = String(at('job'));
  const status = at('status');
  if (status >= 2 && status <= 4) {
    builder.reject(line, `status ${status}: a partial execution of a job that has a row of its own`, id);
    return;
  }
  if (at('submit') < 0) {
    builder.reject(line, `submit time is ${at('submit')}`, id);
    return;
  }
  const asked = at('asked') > 0;
  if (!asked) builder.remark('no processors asked for: those used are taken');
  const neverRan = status === 5 && at('run') <= 0 && at('wait') > 0 && at('timeAsked') > 0;
  const runSeconds = neverRan ? at('timeAsked') : at('run');
  const estimated = at('timeAsked') > 0;
  if (!estimated && runSeconds > 0) builder.remark('no estimate: the run time is taken');
  const ending: JobEnding = status === 0 ? 'failed' : status === 5 ? 'cancelled' : 'completed';
  builder.add(
    {
      id,
      submitSeconds: at('submit'),
      gpus: asked ? at('asked') : at('used'),
      runSeconds,
      estimateSeconds: estimated ? at('timeAsked') : runSeconds,
      ...(at('user') >= 0 ? { tenant: `user${at('user')}` } : {}),
      ...(ending === 'completed' ? {} : { ending }),
      ...(neverRan ? { cancelSeconds: at('submit') + at('wait') } : {}),
    },
    line,
  );
}
