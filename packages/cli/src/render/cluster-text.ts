import type { ClusterStudy } from '@regatta/scenarios';
import type { ClusterSummary, JobSchedule } from '@regatta/sim-core';
import type { ClusterRequest } from '../commands/cluster-request.js';
import { duration, number, percent, whole } from './format.js';
import { table } from './table.js';

/** Waiting jobs and tenants that are listed. */
const shownJobs = 10;
const shownTenants = 12;
const chartColumns = 60;

type Row = readonly [label: string, of: (summary: ClusterSummary) => string];

const rows: readonly Row[] = [
  ['jobs ended', ({ jobs }) => whole(jobs.completed + jobs.failed + jobs.cancelled)],
  ['  of them failed, cancelled', ({ jobs }) => `${whole(jobs.failed)}, ${whole(jobs.cancelled)}`],
  ['jobs that wait, run at the end', ({ jobs }) => `${whole(jobs.waiting)}, ${whole(jobs.running)}`],
  ['wait, mean', ({ waitSeconds }) => time(waitSeconds.mean)],
  ['wait, p50 p95 p99', ({ waitSeconds: s }) => `${time(s.p50)}  ${time(s.p95)}  ${time(s.p99)}`],
  ['completion, mean', ({ completionSeconds }) => time(completionSeconds.mean)],
  ['completion, p50 p95 p99', ({ completionSeconds: s }) => `${time(s.p50)}  ${time(s.p95)}  ${time(s.p99)}`],
  ['slowdown, mean', ({ slowdown }) => amount(slowdown.mean)],
  ['slowdown, p50 p95 p99', ({ slowdown: s }) => `${amount(s.p50)}  ${amount(s.p95)}  ${amount(s.p99)}`],
  ['makespan', ({ makespanSeconds }) => time(makespanSeconds)],
  ['utilisation, allocated', ({ utilisation }) => percent(utilisation.allocated)],
  ['utilisation, useful', ({ utilisation }) => percent(utilisation.useful)],
  ['GPU-hours: completed', ({ gpuHours }) => amount(gpuHours.completed)],
  ['  failed, cancelled jobs', ({ gpuHours }) => `${amount(gpuHours.failed)}, ${amount(gpuHours.cancelled)}`],
  ['  unfinished', ({ gpuHours }) => amount(gpuHours.unfinished)],
  ['  lost, overhead', ({ gpuHours }) => `${amount(gpuHours.lost)}, ${amount(gpuHours.overhead)}`],
  ['  idle', ({ gpuHours }) => amount(gpuHours.idle)],
  ['  failed nodes, standby', ({ gpuHours }) => `${amount(gpuHours.failedNodes)}, ${amount(gpuHours.standby)}`],
  ['fairness (Jain, by tenant)', ({ fairness }) => amount(fairness.jain)],
  ['queue, mean and longest', ({ queue }) => `${amount(queue.meanJobs)}, ${whole(queue.maxJobs)}`],
  ['fragmented GPUs, mean', ({ fragmentedGpus }) => amount(fragmentedGpus)],
  ['preemptions, resizes', ({ preemptions, resizes }) => `${whole(preemptions)}, ${whole(resizes)}`],
  ['jobs stopped by failing nodes', ({ nodeFailures }) => whole(nodeFailures.jobs)],
];

/** The human view of `cluster`. */
export function clusterText(request: ClusterRequest, study: ClusterStudy, rejected: number): string {
  const { cluster, jobs } = request.task.input;
  const gpus = cluster.nodeGpus.reduce((sum, count) => sum + count, 0);
  const machine =
    cluster.model === 'pool'
      ? `a pool of ${whole(gpus)} GPUs`
      : `${whole(cluster.nodeGpus.length)} nodes, ${whole(gpus)} GPUs`;
  const names = study.results.map((result) => result.policy);
  const body = rows.map(([label, of]) => [label, ...study.results.map(({ summary }) => of(summary))]);
  return [
    `${whole(jobs.length)} jobs of ${request.file} (${request.trace.format}, ${whole(rejected)} rows rejected) on ${machine}, placement ${request.task.placement}\n\n`,
    table(['', ...names.map((name, i) => `${name} (${study.results[i]?.reasonsIn ?? 'pool'})`)], body),
    differences(study),
    queueCharts(study),
    tenants(study),
    waiting(study),
  ].join('');
}

/** The human view of `cluster --case`. */
export function caseText(policies: Readonly<Record<string, JobSchedule>>): string {
  return table(
    ['policy', 'makespan', 'mean wait', 'max wait', 'mean completion', 'preemptions'],
    Object.entries(policies).map(([name, schedule]) => [
      name,
      amount(schedule.makespan),
      amount(schedule.meanWait),
      amount(schedule.maxWait),
      amount(schedule.meanJct),
      whole(schedule.preemptions),
    ]),
  );
}

function differences(study: ClusterStudy): string {
  if (study.differences.length === 0) return '';
  const lines = study.differences.map(({ policy, against, jobs, waitSeconds, completionSeconds }) => [
    `${policy} - ${against}`,
    whole(jobs),
    `${signed(waitSeconds.mean)} (${signed(waitSeconds.low)} to ${signed(waitSeconds.high)})`,
    `${signed(completionSeconds.mean)} (${signed(completionSeconds.low)} to ${signed(completionSeconds.high)})`,
    `${whole(waitSeconds.jobsBetter)} / ${whole(waitSeconds.jobsWorse)}`,
  ]);
  return `\n${table(['paired difference', 'jobs', 'wait', 'completion', 'better / worse'], lines)}`;
}

/** Queue length over time, one line a policy, all to one scale. */
function queueCharts(study: ClusterStudy): string {
  const longest = Math.max(...study.results.map(({ summary }) => summary.queue.maxJobs));
  if (longest === 0) return '';
  const width = Math.max(...study.results.map(({ policy }) => policy.length));
  const lines = study.results.map(
    ({ policy, timeline }) => `  ${policy.padEnd(width)} ${sparkline(timeline, longest)}\n`,
  );
  return `\nwaiting jobs over time (full height: ${whole(longest)})\n${lines.join('')}`;
}

function sparkline({ timeSeconds, queuedJobs }: ClusterStudy['results'][number]['timeline'], longest: number): string {
  const marks = ' ▁▂▃▄▅▆▇█';
  const begin = timeSeconds[0] ?? 0;
  const span = (timeSeconds.at(-1) ?? 0) - begin || 1;
  const peaks = Array.from({ length: chartColumns }, () => 0);
  timeSeconds.forEach((seconds, i) => {
    const column = Math.min(chartColumns - 1, Math.floor(((seconds - begin) / span) * chartColumns));
    peaks[column] = Math.max(peaks[column] ?? 0, queuedJobs[i] ?? 0);
  });
  return peaks.map((peak) => marks[Math.ceil((peak / longest) * 8)] ?? ' ').join('');
}

function tenants(study: ClusterStudy): string {
  const [first] = study.results;
  const names = first?.summary.fairness.tenants.map(({ tenant }) => tenant) ?? [];
  if (names.length < 2) return '';
  const lines = names.slice(0, shownTenants).map((name) => [
    name,
    ...study.results.map(({ summary }) => {
      const entry = summary.fairness.tenants.find(({ tenant }) => tenant === name);
      return entry === undefined ? '-' : `${time(entry.meanWaitSeconds)} / ${amount(entry.meanSlowdown)}`;
    }),
  ]);
  const more = names.length > shownTenants ? `and ${names.length - shownTenants} more tenants\n` : '';
  return `\n${table(['tenant: mean wait / slowdown', ...study.results.map(({ policy }) => policy)], lines)}${more}`;
}

function waiting(study: ClusterStudy): string {
  return study.results
    .map(({ policy, jobs }) => {
      const list = jobs.filter((job) => job.status === 'queued');
      if (list.length === 0) return '';
      const lines = list.slice(0, shownJobs).map((job) => `  ${job.id}: ${job.waitReason ?? ''}\n`);
      const more = list.length > shownJobs ? `  and ${list.length - shownJobs} more\n` : '';
      return `\nwaiting at the end under ${policy}\n${lines.join('')}${more}`;
    })
    .join('');
}

function time(seconds: number): string {
  return Number.isNaN(seconds) ? '-' : duration(seconds);
}

function amount(value: number): string {
  return Number.isNaN(value) ? '-' : number(value);
}

function signed(seconds: number): string {
  if (Number.isNaN(seconds)) return '-';
  return `${seconds < 0 ? '-' : '+'}${duration(Math.abs(seconds))}`;
}
