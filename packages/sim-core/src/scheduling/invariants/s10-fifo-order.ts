import type { Invariant } from './invariant.js';
import { LogReplay } from './log-replay.js';

/** S10: under strict FIFO no job starts while one that was submitted before it has never started. */
export const fifoOrder: Invariant = {
  id: 'S10',
  title: 'FIFO order',
  applies: (run) => run.input.policy.claims?.fifoOrder === true,
  check(run) {
    const replay = new LogReplay(run);
    for (let events = replay.stepInstant(); events.length > 0; events = replay.stepInstant()) {
      const passed = replay.queued().find((job) => job.starts === 0);
      if (passed === undefined) continue;
      for (const event of events) {
        const job = event.kind === 'start' ? replay.jobs.get(event.job) : undefined;
        if (job === undefined || job.rank < passed.rank) continue;
        const message = `job ${job.spec.id} starts before job ${passed.spec.id}, which was submitted earlier`;
        return [{ invariant: 'S10', timeSeconds: replay.timeSeconds, job: job.spec.id, message }];
      }
    }
    return [];
  },
};
