import { costlessTerms } from '../run-terms.js';
import { type Invariant, slack, type Violation } from './invariant.js';
import { LogReplay } from './log-replay.js';

/** S8: a preempted job has run its minimum, keeps what the terms promise, and pays its restart when it comes back. */
export const preemptionTerms: Invariant = {
  id: 'S8',
  title: 'preemption',
  applies: () => true,
  check(run) {
    const terms = { ...costlessTerms, ...run.input.terms };
    const replay = new LogReplay(run);
    for (let event = replay.peek(); event !== undefined; event = replay.peek()) {
      const job = 'job' in event ? replay.jobs.get(event.job) : undefined;
      const { timeSeconds } = event;
      const breach = (message: string): Violation[] => [
        { invariant: 'S8', timeSeconds, job: job?.spec.id ?? '', message: `job ${job?.spec.id} ${message}` },
      ];
      if (event.kind === 'stop' && event.reason === 'preempt' && job !== undefined) {
        const ran = timeSeconds - job.startSeconds;
        if (ran < terms.minimumRunSeconds - slack(timeSeconds)) {
          return breach(`is preempted after ${ran} s, before its minimum of ${terms.minimumRunSeconds} s`);
        }
        const { doneSeconds, keptSeconds } = event;
        if (terms.preemption === 'lossless' && keptSeconds !== doneSeconds) {
          return breach(`loses ${doneSeconds - keptSeconds} s of work in a lossless preemption`);
        }
        const interval = terms.checkpointIntervalSeconds;
        const marks = keptSeconds / interval;
        const isMark = Number.isFinite(interval) ? Math.abs(marks - Math.round(marks)) < 1e-6 : keptSeconds === 0;
        if (terms.preemption === 'lastCheckpoint' && !(isMark && keptSeconds <= doneSeconds + slack(doneSeconds))) {
          return breach(`keeps ${keptSeconds} s of ${doneSeconds} s, which is no checkpoint`);
        }
      }
      if (event.kind === 'start' && job !== undefined) {
        const due = job.starts > 0 ? terms.restartSeconds : 0;
        if (event.overheadSeconds !== due) return breach(`pays ${event.overheadSeconds} s to start, must be ${due}`);
      }
      replay.step();
    }
    return [];
  },
};
