import { isElastic, leastGpus, mostGpus } from '../job-spec.js';
import type { Invariant, Violation } from './invariant.js';
import { LogReplay } from './log-replay.js';

/** S3: a rigid job holds all its GPUs or none, granted in one event; an elastic one a number within its range. */
export const gangWhole: Invariant = {
  id: 'S3',
  title: 'gang',
  applies: () => true,
  check(run) {
    const replay = new LogReplay(run);
    for (let event = replay.step(); event !== undefined; event = replay.step()) {
      if (event.kind !== 'start' && event.kind !== 'resize') continue;
      const spec = replay.jobs.get(event.job)?.spec;
      if (spec === undefined) continue;
      const breach = (message: string): Violation[] => [
        { invariant: 'S3', timeSeconds: event.timeSeconds, job: event.job, message: `job ${event.job} ${message}` },
      ];
      if (!isElastic(spec) && event.gpus !== spec.gpus) return breach(`got ${event.gpus} of its ${spec.gpus} GPUs`);
      if (event.gpus < leastGpus(spec) || event.gpus > mostGpus(spec)) {
        return breach(`got ${event.gpus} GPUs, must be ${leastGpus(spec)} to ${mostGpus(spec)}`);
      }
      if (event.gpuIds !== undefined && event.gpuIds.length !== event.gpus) {
        return breach(`got ${event.gpuIds.length} GPU ids for ${event.gpus} GPUs`);
      }
    }
    return [];
  },
};
