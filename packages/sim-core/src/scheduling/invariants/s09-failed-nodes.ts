import type { Invariant, Violation } from './invariant.js';
import { LogReplay } from './log-replay.js';

/** S9: a node that is down hosts nothing, and one that is down, draining or standing by takes no new job. */
export const failedNodes: Invariant = {
  id: 'S9',
  title: 'failed nodes host nothing',
  applies: (run) => run.input.cluster.model === 'nodes',
  check(run) {
    const replay = new LogReplay(run);
    for (let events = replay.stepInstant(); events.length > 0; events = replay.stepInstant()) {
      const breach = (job: string, message: string): Violation[] => [
        { invariant: 'S9', timeSeconds: replay.timeSeconds, job, message },
      ];
      for (const event of events) {
        if (event.kind !== 'start') continue;
        for (const gpu of event.gpuIds ?? []) {
          const node = replay.nodeOf(gpu);
          const state = replay.nodes[node];
          if (state !== 'up') return breach(event.job, `job ${event.job} starts on node ${node}, which is ${state}`);
        }
      }
      for (const job of replay.running()) {
        for (const gpu of job.gpuIds) {
          const node = replay.nodeOf(gpu);
          const state = replay.nodes[node];
          if (state === 'down' || state === 'standby') {
            return breach(job.spec.id, `job ${job.spec.id} runs on node ${node}, which is ${state}`);
          }
        }
      }
    }
    return [];
  },
};
