import type { ClusterEvent } from '../scheduling/cluster-log.js';
import type { JobSpec } from '../scheduling/job-spec.js';
import { PolicyError, type SchedulingPolicy } from '../scheduling/policy.js';
import { runCluster } from '../scheduling/run-cluster.js';
import type { Counterexample } from './counterexample.js';
import type { World } from './world.js';

/** Widest chart in columns of text. */
const chartColumns = 64;

/** A counterexample for people: the cluster, the jobs as bars over time, node outages, and what is broken. */
export function renderCounterexample(policy: SchedulingPolicy, found: Counterexample): string {
  const { world } = found;
  const lines = [describeCluster(world), ...chart(policy, world), ''];
  for (const violation of found.violations) {
    lines.push(`${violation.invariant} at ${violation.timeSeconds} s: ${violation.message}`);
  }
  if (found.error !== undefined) lines.push(found.error.message);
  return lines.join('\n');
}

function describeCluster({ cluster, tenants = [], terms = {} }: World): string {
  const shape =
    cluster.model === 'pool'
      ? `a pool of ${cluster.nodeGpus[0]} GPUs`
      : `${cluster.nodeGpus.length} nodes of ${cluster.nodeGpus[0]} GPUs (leaves ${cluster.leafOf.join(' ')}, ${cluster.spares} spare)`;
  const quotas = tenants.filter((tenant) => tenant.quotaGpus !== undefined || tenant.nodes !== undefined);
  const owners = quotas.map(
    (tenant) =>
      `${tenant.name}: quota ${tenant.quotaGpus ?? 0}${tenant.nodes ? `, nodes ${tenant.nodes.join(' ')}` : ''}`,
  );
  const costs = Object.entries(terms).map(([name, value]) => `${name} ${value}`);
  return [shape, ...owners, ...costs].join('; ');
}

/** One row a job: `.` waits, `#` runs, `x` at a stop that is not its end; one row a node that has an outage. */
function chart(policy: SchedulingPolicy, world: World): string[] {
  let log: readonly ClusterEvent[] = [];
  let until = world.untilSeconds ?? 0;
  try {
    const outcome = runCluster({ ...world, policy });
    log = outcome.log;
    until = Math.max(until, outcome.horizonSeconds);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    until = Math.max(until, error.timeSeconds, ...world.jobs.map((job) => job.submitSeconds)) + 1;
  }
  const step = Math.max(1, Math.ceil(until / chartColumns));
  const columns = Math.max(1, Math.ceil(until / step));
  const width = Math.max(4, ...world.jobs.map((job) => job.id.length));
  const rows = world.jobs.map((job) => {
    const cells = paint(log, job, columns, step);
    return `${job.id.padEnd(width)} ${String(job.gpus).padStart(4)} GPUs |${cells}| ${remarks(job)}`;
  });
  const outages = (world.nodeEvents ?? []).map((event) => `node ${event.node} ${event.kind} at ${event.timeSeconds} s`);
  return [`time 0 to ${until} s, ${step} s a column`, ...rows, ...outages];
}

function paint(log: readonly ClusterEvent[], job: JobSpec, columns: number, step: number): string {
  const cells = Array.from({ length: columns }, () => ' ');
  let mark = ' ';
  let from = 0;
  const fill = (until: number): void => {
    for (let column = Math.floor(from / step); column < Math.min(columns, Math.ceil(until / step)); column++)
      cells[column] = mark;
    from = until;
  };
  for (const event of log) {
    if (!('job' in event) || event.job !== job.id) continue;
    fill(event.timeSeconds);
    if (event.kind === 'submit') mark = '.';
    else if (event.kind === 'start') mark = '#';
    else if (event.kind === 'stop' || event.kind === 'reject') mark = isEnd(event) ? ' ' : '.';
  }
  fill(columns * step);
  return cells.join('');
}

function isEnd(event: ClusterEvent): boolean {
  return event.kind === 'reject' || (event.kind === 'stop' && ['finish', 'cancel', 'overrun'].includes(event.reason));
}

function remarks(job: JobSpec): string {
  const parts = [`submitted ${job.submitSeconds} s, runs ${job.runSeconds} s, estimate ${job.estimateSeconds} s`];
  if (job.tenant !== undefined) parts.push(`tenant ${job.tenant}`);
  if (job.priority !== undefined) parts.push(`priority ${job.priority}`);
  if (job.guaranteed === false) parts.push('opportunistic');
  if (job.minGpus !== undefined) parts.push(`elastic ${job.minGpus} to ${job.maxGpus ?? job.gpus}`);
  if (job.within !== undefined) parts.push(`within ${job.within}${job.spill === true ? ' if possible' : ''}`);
  if (job.cancelSeconds !== undefined) parts.push(`cancelled at ${job.cancelSeconds} s`);
  if (job.failedAttempts !== undefined) parts.push(`fails after ${job.failedAttempts.join(', ')} s`);
  return parts.join(', ');
}
