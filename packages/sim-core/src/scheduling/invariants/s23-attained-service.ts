import { isCostless, isScoped } from './conditions.js';
import { type CheckedRun, type Invariant, slack, type Violation } from './invariant.js';
import { LogReplay, type ReplayedJob } from './log-replay.js';

/**
 * S23: attained service is GPUs x executed seconds, and a LAS policy serves jobs by the number of thresholds that it has
 * reached: a job waits only if those before it in (level, rank) leave too few GPUs.
 */
export const attainedService: Invariant = {
  id: 'S23',
  title: 'attained service',
  applies: () => true,
  check: (run) => [...wrongService(run), ...wrongOrder(run)].slice(0, 1),
};

function wrongService(run: CheckedRun): Violation[] {
  const replay = new LogReplay(run);
  while (replay.stepInstant().length > 0);
  for (const { spec, serviceGpuSeconds, status } of run.outcome.jobs) {
    const job = replay.jobs.get(spec.id);
    if (job === undefined || status === 'running') continue;
    if (Math.abs(job.serviceGpuSeconds - serviceGpuSeconds) <= slack(serviceGpuSeconds, replay.timeSeconds)) continue;
    const message = `job ${spec.id} is booked ${serviceGpuSeconds} GPU-seconds of service, the log has ${job.serviceGpuSeconds}`;
    return [{ invariant: 'S23', timeSeconds: replay.timeSeconds, job: spec.id, message }];
  }
  return [];
}

function wrongOrder(run: CheckedRun): Violation[] {
  const thresholds = run.input.policy.claims?.lasThresholdsGpuSeconds;
  if (thresholds === undefined || (run.input.terms?.minimumRunSeconds ?? 0) > 0 || !isCostless(run)) return [];
  if (run.input.nodeEvents?.some((event) => event.kind === 'drain') === true) return [];
  if (run.input.jobs.some((job) => isScoped(run, job))) return [];
  const replay = new LogReplay(run);
  const levelOf = (job: ReplayedJob): number => {
    const service = replay.serviceNow(job);
    return thresholds.filter((threshold) => service >= threshold - slack(threshold)).length;
  };
  while (replay.stepInstant().length > 0) {
    const running = replay.running().map((job) => ({ job, level: levelOf(job) }));
    for (const waiting of replay.queued()) {
      const level = levelOf(waiting);
      const before = running.filter(
        (other) => other.level < level || (other.level === level && other.job.rank < waiting.rank),
      );
      const left = replay.gpusIn('up') - before.reduce((sum, { job }) => sum + job.gpus, 0);
      if (left < waiting.spec.gpus) continue;
      const message = `job ${waiting.spec.id} of level ${level} waits, those before it leave ${left} GPUs and it needs ${waiting.spec.gpus}`;
      return [{ invariant: 'S23', timeSeconds: replay.timeSeconds, job: waiting.spec.id, message }];
    }
  }
  return [];
}
