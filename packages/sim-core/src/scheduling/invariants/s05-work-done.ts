import type { ClusterEvent } from '../cluster-log.js';
import { type Invariant, slack, type Violation } from './invariant.js';
import { LogReplay, type ReplayedJob } from './log-replay.js';

/** S5: a job advances by (time - overhead) x speed, resumes from where it was kept, and ends when its work is done. */
export const workDone: Invariant = {
  id: 'S5',
  title: 'work done',
  applies: () => true,
  check(run) {
    const replay = new LogReplay(run);
    for (let event = replay.peek(); event !== undefined; event = replay.peek()) {
      const job = 'job' in event ? replay.jobs.get(event.job) : undefined;
      const message = job === undefined ? undefined : (wrongProgress(job, event) ?? wrongResumption(job, event));
      if (message !== undefined && job !== undefined) return [breach(event.timeSeconds, job, message)];
      if (event.kind === 'stop' && event.reason === 'finish' && job !== undefined) {
        const work = job.spec.runSeconds;
        if (Math.abs(event.doneSeconds - work) > slack(work)) {
          return [breach(event.timeSeconds, job, `finished after ${event.doneSeconds} s of ${work} s of work`)];
        }
      }
      replay.step();
    }
    return [];
  },
};

function wrongProgress(job: ReplayedJob, event: ClusterEvent): string | undefined {
  if (event.kind !== 'stop' && event.kind !== 'resize' && event.kind !== 'speed') return undefined;
  if (job.status !== 'running') return undefined;
  const progress = (event.timeSeconds - job.spanSeconds - event.spentOverheadSeconds) * job.speed;
  const claimed = event.doneSeconds - job.doneSeconds;
  return Math.abs(progress - claimed) > slack(job.spec.runSeconds, event.timeSeconds * 1e-3)
    ? `is booked ${claimed} s of work for ${progress} s of progress`
    : undefined;
}

function wrongResumption(job: ReplayedJob, event: ClusterEvent): string | undefined {
  if (event.kind !== 'start') return undefined;
  return event.resumedSeconds === job.doneSeconds
    ? undefined
    : `resumes from ${event.resumedSeconds} s, ${job.doneSeconds} s were kept`;
}

function breach(timeSeconds: number, job: ReplayedJob, message: string): Violation {
  return { invariant: 'S5', timeSeconds, job: job.spec.id, message: `job ${job.spec.id} ${message}` };
}
