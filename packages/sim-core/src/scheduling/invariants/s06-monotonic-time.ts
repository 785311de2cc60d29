import type { Invariant, Violation } from './invariant.js';
import { LogReplay } from './log-replay.js';

/** S6: time never runs back, no job starts before it is submitted, no stop comes before its start. */
export const monotonicTime: Invariant = {
  id: 'S6',
  title: 'monotonic time',
  applies: () => true,
  check(run) {
    const replay = new LogReplay(run);
    let last = Number.NEGATIVE_INFINITY;
    for (let event = replay.peek(); event !== undefined; event = replay.peek()) {
      const { timeSeconds } = event;
      const job = 'job' in event ? replay.jobs.get(event.job) : undefined;
      const breach = (message: string): Violation[] => [{ invariant: 'S6', timeSeconds, message }];
      if (!Number.isFinite(timeSeconds) || timeSeconds < last)
        return breach(`${event.kind} at ${timeSeconds} s after ${last} s`);
      if (job !== undefined && timeSeconds < job.spec.submitSeconds - 1e-12 * Math.abs(timeSeconds)) {
        return breach(`job ${job.spec.id} has a ${event.kind} before it is submitted`);
      }
      if (
        event.kind === 'stop' &&
        event.reason === 'finish' &&
        job !== undefined &&
        !(timeSeconds > job.startSeconds)
      ) {
        return breach(`job ${job.spec.id} finishes at the instant at which it starts`);
      }
      last = timeSeconds;
      replay.step();
    }
    return [];
  },
};
