import type { ClusterOutcome } from './cluster-run.js';

/** Schedule of one policy in the shape of reference/schedules (its README says what each field means). */
export interface JobSchedule {
  readonly jobs: Readonly<Record<string, ScheduledJob>>;
  readonly makespan: number;
  /** Wait is finish - submit - run time: time spent preempted counts. */
  readonly meanWait: number;
  readonly maxWait: number;
  readonly meanJct: number;
  readonly busyGpuSeconds: number;
  readonly idleGpuSeconds: number;
  readonly preemptions: number;
}

export interface ScheduledJob {
  /** Stretches of running, merged where one goes on without a gap. */
  readonly intervals: readonly (readonly [startSeconds: number, endSeconds: number])[];
  readonly finish: number;
}

/** Reads the schedule off a run's log. Jobs that did not end (rejected, cut off) are left out. */
export function scheduleOf(outcome: ClusterOutcome): JobSchedule {
  const intervals = new Map<string, [number, number][]>();
  const open = new Map<string, number>();
  for (const event of outcome.log) {
    if (event.kind === 'start') open.set(event.job, event.timeSeconds);
    if (event.kind !== 'stop') continue;
    const start = open.get(event.job);
    if (start === undefined) continue;
    open.delete(event.job);
    const list = intervals.get(event.job) ?? [];
    const last = list[list.length - 1];
    if (last !== undefined && last[1] === start) last[1] = event.timeSeconds;
    else list.push([start, event.timeSeconds]);
    intervals.set(event.job, list);
  }
  const ended = outcome.jobs.filter((job) => job.status === 'completed');
  const jobs: Record<string, ScheduledJob> = {};
  for (const job of ended) {
    jobs[job.spec.id] = { intervals: intervals.get(job.spec.id) ?? [], finish: job.finishSeconds };
  }
  const waits = ended.map((job) => job.finishSeconds - job.spec.submitSeconds - job.spec.runSeconds);
  const makespan = ended.reduce((latest, job) => Math.max(latest, job.finishSeconds), 0);
  const { busyGpuSeconds, idleGpuSeconds } = outcome.books;
  return {
    jobs,
    makespan,
    meanWait: mean(waits),
    maxWait: waits.reduce((longest, wait) => Math.max(longest, wait), 0),
    meanJct: mean(ended.map((job) => job.finishSeconds - job.spec.submitSeconds)),
    busyGpuSeconds,
    idleGpuSeconds,
    preemptions: ended.reduce((sum, job) => sum + job.preemptions, 0),
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
