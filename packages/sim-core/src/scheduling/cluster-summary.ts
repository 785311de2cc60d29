import { jainFairness } from '../metrics/jain-fairness.js';
import { mean } from '../metrics/moments.js';
import { quantileOfSorted, sortedCopy } from '../metrics/quantile.js';
import type { ClusterOutcome, JobOutcome } from './cluster-run.js';
import type { ClusterShape } from './cluster-shape.js';
import { tenantOf } from './job-spec.js';

/** Mean and percentiles (linear between ranks) of something over jobs; all NaN when there is none. */
export interface Spread {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface TenantSummary {
  readonly tenant: string;
  readonly jobs: number;
  readonly meanWaitSeconds: number;
  readonly meanSlowdown: number;
  readonly gpuHours: number;
}

/** What a run gave its users and its owner. */
export interface ClusterSummary {
  readonly jobs: {
    readonly submitted: number;
    readonly completed: number;
    readonly failed: number;
    readonly cancelled: number;
    readonly rejected: number;
    readonly running: number;
    readonly waiting: number;
  };
  /** Of jobs that ended: time in the system without GPUs; time in the system; the latter over the run time. */
  readonly waitSeconds: Spread;
  readonly completionSeconds: Spread;
  readonly slowdown: Spread;
  /** From the first submission to the last end. */
  readonly makespanSeconds: number;
  readonly utilisation: {
    /** GPU-seconds held by jobs over those of all GPUs, and those of progress that was kept. */
    readonly allocated: number;
    readonly useful: number;
  };
  readonly gpuHours: {
    readonly completed: number;
    readonly failed: number;
    readonly cancelled: number;
    readonly unfinished: number;
    readonly lost: number;
    readonly overhead: number;
    readonly idle: number;
    readonly failedNodes: number;
    readonly standby: number;
  };
  readonly fairness: {
    /** Jain's index over the tenants' mean of run time over completion time. */
    readonly jain: number;
    readonly tenants: readonly TenantSummary[];
  };
  readonly queue: { readonly meanJobs: number; readonly maxJobs: number };
  /** Mean number of free GPUs that are not part of a wholly free node. */
  readonly fragmentedGpus: number;
  readonly preemptions: number;
  readonly resizes: number;
  /** Jobs that a failing node stopped, and the GPUs on other nodes that went down with them. */
  readonly nodeFailures: {
    readonly jobs: number;
    readonly gpusElsewhere: number;
    readonly preemptionsForVictims: number;
  };
}

/** Figures of a run. */
export function summarise(outcome: ClusterOutcome, cluster: ClusterShape): ClusterSummary {
  const { jobs, books, timeline, horizonSeconds } = outcome;
  const ended = jobs.filter(
    (job) => job.status === 'completed' || job.status === 'failed' || job.status === 'cancelled',
  );
  const ran = ended.filter((job) => !Number.isNaN(job.startSeconds));
  const count = (status: string): number => jobs.filter((job) => job.status === status).length;
  const hours = (status: readonly string[]): number =>
    jobs.reduce((sum, job) => sum + (status.includes(job.status) ? job.busyGpuSeconds : 0), 0) / 3600;
  const submitted = jobs.filter((job) => job.status !== 'future');
  const first = submitted.reduce(
    (earliest, job) => Math.min(earliest, job.spec.submitSeconds),
    Number.POSITIVE_INFINITY,
  );
  const last = ended.reduce((latest, job) => Math.max(latest, job.finishSeconds), Number.NEGATIVE_INFINITY);
  const held = books.busyGpuSeconds + books.overheadGpuSeconds + books.lostGpuSeconds;
  const total = held + books.idleGpuSeconds + books.failedGpuSeconds + books.standbyGpuSeconds;
  const span = Math.max(Number.MIN_VALUE, horizonSeconds - (timeline.timeSeconds[0] ?? 0));
  return {
    jobs: {
      submitted: submitted.length,
      completed: count('completed'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      rejected: count('rejected'),
      running: count('running'),
      waiting: count('queued'),
    },
    waitSeconds: spreadOf(ended.map(waitOf)),
    completionSeconds: spreadOf(ran.map(completionOf)),
    slowdown: spreadOf(ran.map((job) => completionOf(job) / runOf(job))),
    makespanSeconds: ended.length === 0 ? 0 : last - first,
    utilisation: { allocated: ratio(held, total), useful: ratio(books.busyGpuSeconds, total) },
    gpuHours: {
      completed: hours(['completed']),
      failed: hours(['failed']),
      cancelled: hours(['cancelled']),
      unfinished: hours(['running', 'queued', 'rejected']),
      lost: books.lostGpuSeconds / 3600,
      overhead: books.overheadGpuSeconds / 3600,
      idle: books.idleGpuSeconds / 3600,
      failedNodes: books.failedGpuSeconds / 3600,
      standby: books.standbyGpuSeconds / 3600,
    },
    fairness: fairnessOf(ran),
    queue: {
      meanJobs: outcome.queuedJobSeconds / span,
      maxJobs: timeline.queuedJobs.reduce((most, queued) => Math.max(most, queued), 0),
    },
    fragmentedGpus: outcome.fragmentedGpuSeconds / span,
    preemptions: jobs.reduce((sum, job) => sum + job.preemptions, 0),
    resizes: jobs.reduce((sum, job) => sum + job.resizes, 0),
    nodeFailures: cascadeOf(outcome, cluster),
  };
}

/** Seconds in the system without GPUs. */
export function waitOf(job: JobOutcome): number {
  return Math.max(0, completionOf(job) - job.heldSeconds);
}

export function completionOf(job: JobOutcome): number {
  return job.finishSeconds - job.spec.submitSeconds;
}

function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) {
    return { mean: Number.NaN, p50: Number.NaN, p95: Number.NaN, p99: Number.NaN, max: Number.NaN };
  }
  const sorted = sortedCopy(values);
  const at = (share: number): number => quantileOfSorted(sorted, share);
  return { mean: mean(values), p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** Run time of the attempts that the job went through, at speed 1. */
function runOf(job: JobOutcome): number {
  return (job.spec.failedAttempts ?? []).reduce((sum, seconds) => sum + seconds, job.spec.runSeconds);
}

/** Share of its time in the system that a job ran; one that took no time did not wait. */
function shareRun(job: JobOutcome): number {
  const completion = completionOf(job);
  return completion > 0 ? runOf(job) / completion : 1;
}

function fairnessOf(ran: readonly JobOutcome[]): ClusterSummary['fairness'] {
  const byTenant = new Map<string, JobOutcome[]>();
  for (const job of ran) {
    const tenant = tenantOf(job.spec);
    const list = byTenant.get(tenant) ?? [];
    list.push(job);
    byTenant.set(tenant, list);
  }
  const names = [...byTenant.keys()].sort();
  const meanOf = (list: readonly JobOutcome[], of: (job: JobOutcome) => number): number => mean(list.map(of));
  const lists = names.map((name) => byTenant.get(name) ?? []);
  return {
    jain: lists.length === 0 ? 1 : jainFairness(lists.map((list) => meanOf(list, shareRun))),
    tenants: names.map((tenant, index) => {
      const list = lists[index] ?? [];
      return {
        tenant,
        jobs: list.length,
        meanWaitSeconds: meanOf(list, waitOf),
        meanSlowdown: meanOf(list, (job) => completionOf(job) / runOf(job)),
        gpuHours: list.reduce((sum, job) => sum + job.busyGpuSeconds, 0) / 3600,
      };
    }),
  };
}

/** What node failures took down beside the node itself. */
function cascadeOf(outcome: ClusterOutcome, cluster: ClusterShape): ClusterSummary['nodeFailures'] {
  const victims = new Set<string>();
  let gpusElsewhere = 0;
  let preemptionsForVictims = 0;
  const gpusOf = new Map<string, readonly number[]>();
  for (const event of outcome.log) {
    if (event.kind === 'start' || event.kind === 'resize') {
      if (event.gpuIds !== undefined) gpusOf.set(event.job, event.gpuIds);
    } else if (event.kind === 'stop') {
      if (event.reason === 'nodeFailure') {
        victims.add(event.job);
        gpusElsewhere += (gpusOf.get(event.job) ?? []).filter(
          (gpu) => !isOnNode(cluster, gpu, event.node ?? -1),
        ).length;
      } else if (event.reason === 'preempt' && event.for !== undefined && victims.has(event.for))
        preemptionsForVictims++;
    }
  }
  return {
    jobs: outcome.jobs.reduce((sum, job) => sum + job.nodeFailures, 0),
    gpusElsewhere,
    preemptionsForVictims,
  };
}

function isOnNode(cluster: ClusterShape, gpu: number, node: number): boolean {
  const first = cluster.nodeGpus.slice(0, Math.max(0, node)).reduce((sum, gpus) => sum + gpus, 0);
  return gpu >= first && gpu < first + (cluster.nodeGpus[node] ?? 0);
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
