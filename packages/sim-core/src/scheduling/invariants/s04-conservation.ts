import type { Invariant, Violation } from './invariant.js';
import { LogReplay, type ReplayedJob } from './log-replay.js';

/** S4: every job is submitted once and is then in exactly one place; none is lost, none comes from nowhere. */
export const jobConservation: Invariant = {
  id: 'S4',
  title: 'conservation of jobs',
  applies: () => true,
  check(run) {
    const replay = new LogReplay(run);
    for (let event = replay.peek(); event !== undefined; event = replay.peek()) {
      const job = 'job' in event ? replay.jobs.get(event.job) : undefined;
      const problem = 'job' in event ? misstep(event.kind, event.kind === 'stop' ? event.reason : '', job) : undefined;
      if (problem !== undefined && 'job' in event) {
        const message = `job ${event.job} ${problem}`;
        return [{ invariant: 'S4', timeSeconds: event.timeSeconds, job: event.job, message }];
      }
      replay.step();
    }
    return atTheEnd(replay, run.outcome.jobs);
  },
};

function misstep(kind: string, reason: string, job: ReplayedJob | undefined): string | undefined {
  if (job === undefined) return 'is in the log but not in the input';
  if (kind === 'submit') return job.status === 'future' ? undefined : 'is submitted twice';
  if (kind === 'start') return job.status === 'queued' ? undefined : `starts while it is ${job.status}`;
  if (kind === 'reject') {
    if (job.status !== 'queued') return `is rejected while it is ${job.status}`;
    return job.starts > 0 ? 'had run and is thrown away' : undefined;
  }
  if (kind === 'stop' && reason === 'cancel' && job.status === 'queued') return undefined;
  return job.status === 'running' ? undefined : `has a ${kind} while it is ${job.status}`;
}

function atTheEnd(replay: LogReplay, jobs: readonly { spec: { id: string }; status: string }[]): Violation[] {
  for (const { spec, status } of jobs) {
    const replayed = replay.jobs.get(spec.id)?.status;
    const expected = status === 'future' || status === 'queued' || status === 'running' ? status : 'left';
    if (replayed !== expected) {
      const message = `job ${spec.id} is ${status} in the result and ${replayed} in the log`;
      return [{ invariant: 'S4', timeSeconds: replay.timeSeconds, job: spec.id, message }];
    }
  }
  return [];
}
