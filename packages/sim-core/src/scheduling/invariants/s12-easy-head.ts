import { hasConstantSpeed, isCostless, isScoped, isUndisturbed } from './conditions.js';
import { type Invariant, slack, type Violation } from './invariant.js';
import { LogReplay, type ReplayedJob } from './log-replay.js';

/**
 * S12: while a job is head of the queue, the instant at which it fits by the estimates never moves back, and it starts by the
 * first such instant. Void with failures, preemption, or estimates that are too short.
 */
export const easyHead: Invariant = {
  id: 'S12',
  title: 'EASY head',
  applies: (run) =>
    run.input.policy.claims?.easyHead === true &&
    isUndisturbed(run) &&
    hasConstantSpeed(run) &&
    isCostless(run) &&
    run.input.jobs.every((job) => job.estimateSeconds >= job.runSeconds && !isScoped(run, job)),
  check(run) {
    const replay = new LogReplay(run);
    const promised = new Map<string, number>();
    for (let events = replay.stepInstant(); events.length > 0; events = replay.stepInstant()) {
      const now = replay.timeSeconds;
      const breach = (job: string, message: string): Violation[] => [
        { invariant: 'S12', timeSeconds: now, job, message },
      ];
      for (const event of events) {
        const due = event.kind === 'start' ? promised.get(event.job) : undefined;
        if (event.kind === 'start' && due !== undefined && now > due + slack(due)) {
          return breach(event.job, `job ${event.job} starts at ${now} s, it was promised ${due} s`);
        }
      }
      const head = replay.queued()[0];
      if (head === undefined) continue;
      const shadow = shadowOf(replay, head);
      const before = promised.get(head.spec.id);
      if (before !== undefined && shadow > before + slack(before)) {
        return breach(head.spec.id, `the shadow time of head ${head.spec.id} moves from ${before} s to ${shadow} s`);
      }
      if (Number.isFinite(shadow)) promised.set(head.spec.id, shadow);
    }
    return [];
  },
};

function shadowOf(replay: LogReplay, head: ReplayedJob): number {
  const ends = replay
    .running()
    .map((job) => ({ gpus: job.gpus, seconds: job.startSeconds + job.spec.estimateSeconds }))
    .sort((a, b) => a.seconds - b.seconds);
  let free = replay.freeByNode().reduce((sum, gpus) => sum + gpus, 0);
  for (const end of ends) {
    free += end.gpus;
    if (free >= head.spec.gpus) return end.seconds;
  }
  return Number.POSITIVE_INFINITY;
}
