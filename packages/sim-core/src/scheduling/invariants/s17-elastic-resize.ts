import type { ResizeEvent } from '../cluster-log.js';
import type { JobSpec } from '../job-spec.js';
import { type Invariant, slack } from './invariant.js';
import { LogReplay } from './log-replay.js';

/** S17: replicas x micro-batch x accumulation is the global batch after every resize, and no progress is lost by it. */
export const elasticResize: Invariant = {
  id: 'S17',
  title: 'elastic resize',
  applies: () => true,
  check(run) {
    const replay = new LogReplay(run);
    for (let event = replay.step(); event !== undefined; event = replay.step()) {
      if (event.kind !== 'start' && event.kind !== 'resize') continue;
      const spec = replay.jobs.get(event.job)?.spec;
      if (spec === undefined) continue;
      const problem = batchProblem(spec, event.gpus) ?? (event.kind === 'resize' ? lossProblem(event) : undefined);
      if (problem === undefined) continue;
      const message = `job ${event.job} on ${event.gpus} GPUs ${problem}`;
      return [{ invariant: 'S17', timeSeconds: event.timeSeconds, job: event.job, message }];
    }
    return [];
  },
};

function batchProblem(spec: JobSpec, gpus: number): string | undefined {
  const { globalBatch, microBatch = 1, gpusPerReplica = 1 } = spec;
  // A rigid job runs as its user laid it out.
  if (globalBatch === undefined || gpus === spec.gpus) return undefined;
  const replicas = gpus / gpusPerReplica;
  const accumulation = globalBatch / (replicas * microBatch);
  if (Number.isInteger(replicas) && Number.isInteger(accumulation) && accumulation >= 1) return undefined;
  return `has ${replicas} replicas x ${microBatch} x ${accumulation} accumulations for a global batch of ${globalBatch}`;
}

function lossProblem(event: ResizeEvent): string | undefined {
  return Math.abs(event.resumedSeconds - event.doneSeconds) > slack(event.doneSeconds)
    ? `loses ${event.doneSeconds - event.resumedSeconds} s of work by a planned resize`
    : undefined;
}
