import type { Invariant } from './invariant.js';
import { LogReplay } from './log-replay.js';

/** S2: no GPU is held by two jobs at one time. */
export const exclusiveGpus: Invariant = {
  id: 'S2',
  title: 'exclusive GPUs',
  applies: (run) => run.input.cluster.model === 'nodes',
  check(run) {
    const replay = new LogReplay(run);
    while (replay.stepInstant().length > 0) {
      const holder = new Map<number, string>();
      for (const job of replay.running()) {
        for (const gpu of job.gpuIds) {
          const other = holder.get(gpu);
          if (other !== undefined) {
            const message = `GPU ${gpu} is held by jobs ${other} and ${job.spec.id}`;
            return [{ invariant: 'S2', timeSeconds: replay.timeSeconds, job: job.spec.id, message }];
          }
          holder.set(gpu, job.spec.id);
        }
      }
    }
    return [];
  },
};
