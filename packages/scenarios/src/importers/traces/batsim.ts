import type { JobTrace, TraceOptions } from './job-trace.js';
import { isRecord, parseJson } from './json-text.js';
import { TraceBuilder } from './trace-builder.js';

/**
 * Reads a Batsim workload: {nb_res, jobs: [{id, subtime, res, walltime?, profile}], profiles}. Only `delay` profiles have a length
 * without a platform; jobs of other profiles are bad rows.
 */
export function readBatsim(text: string, options: TraceOptions = {}): JobTrace {
  const builder = new TraceBuilder('batsim', options);
  const content = parseJson(text, options.file);
  const { jobs, profiles, nb_res: machine } = isRecord(content) ? content : {};
  const known = isRecord(profiles) ? profiles : {};
  (Array.isArray(jobs) ? jobs : []).forEach((job: unknown, index) => {
    const line = index + 1;
    if (!isRecord(job)) {
      builder.reject(line, 'is no object');
      return;
    }
    const id = String(job.id ?? '');
    const name = String(job.profile ?? '');
    const profile = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!isRecord(profile)) {
      builder.reject(line, `profile ${name} does not exist`, id);
      return;
    }
    if (profile.type !== 'delay') {
      builder.reject(line, `profile ${name} of type ${String(profile.type)} has no length without a platform`, id);
      return;
    }
    const runSeconds = Number(profile.delay);
    const walltime = typeof job.walltime === 'number' && job.walltime > 0 ? job.walltime : undefined;
    if (walltime === undefined) builder.remark('no walltime: the run time is taken');
    builder.add(
      {
        id,
        submitSeconds: Number(job.subtime ?? Number.NaN),
        gpus: Number(job.res ?? Number.NaN),
        runSeconds,
        estimateSeconds: walltime ?? runSeconds,
      },
      line,
    );
  });
  return builder.finish(typeof machine === 'number' ? { machineGpus: machine } : {});
}
