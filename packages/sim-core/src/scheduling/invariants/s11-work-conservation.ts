import type { JobSpec } from '../job-spec.js';
import type { Invariant } from './invariant.js';
import { LogReplay } from './log-replay.js';

/** S11: after each pass of a policy that claims it, no waiting job fits the free GPUs under its scope. */
export const workConservation: Invariant = {
  id: 'S11',
  title: 'work conservation',
  applies: (run) => run.input.policy.claims?.workConserving === true,
  check(run) {
    const replay = new LogReplay(run);
    while (replay.stepInstant().length > 0) {
      const queued = replay.queued();
      if (queued.length === 0) continue;
      const free = replay.freeByNode();
      for (const job of queued) {
        if (!fitsFree(replay, job.spec, free)) continue;
        const { id, gpus } = job.spec;
        const message = `job ${id} waits although its ${gpus} GPUs are free`;
        return [{ invariant: 'S11', timeSeconds: replay.timeSeconds, job: id, message }];
      }
    }
    return [];
  },
};

/** Whether the job's GPUs are free within its scope. */
export function fitsFree(replay: LogReplay, job: JobSpec, free: readonly number[]): boolean {
  const scope = replay.cluster.model === 'pool' || job.spill === true ? 'any' : (job.within ?? 'any');
  const groupOf = (node: number): number => {
    if (scope === 'node') return node;
    if (scope === 'leaf') return replay.cluster.leafOf[node] ?? 0;
    return scope === 'pod' ? (replay.cluster.podOf[node] ?? 0) : 0;
  };
  const room = new Map<number, number>();
  free.forEach((gpus, node) => {
    room.set(groupOf(node), (room.get(groupOf(node)) ?? 0) + gpus);
  });
  return [...room.values()].some((gpus) => gpus >= job.gpus);
}
