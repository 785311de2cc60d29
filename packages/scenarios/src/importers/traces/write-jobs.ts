import type { ClusterOutcome, JobOutcome } from '@regatta/sim-core';

const columns = [
  'id',
  'submitSeconds',
  'startSeconds',
  'finishSeconds',
  'gpus',
  'nodes',
  'preemptions',
  'status',
  'tenant',
  'waitReason',
];

/** Outcome of every job as CSV, with a first column `policy` when there are several; a time that a job did not get to is empty. */
export function jobsCsv(outcomes: readonly ClusterOutcome[]): string {
  const several = outcomes.length > 1;
  const header = several ? ['policy', ...columns] : columns;
  const rows = outcomes.flatMap((outcome) => jobRows(outcome, several ? [outcome.policy] : []));
  return `${[header.join(','), ...rows].join('\n')}\n`;
}

function jobRows(outcome: ClusterOutcome, prefix: readonly string[]): string[] {
  return outcome.jobs.map((job) =>
    [
      ...prefix,
      job.spec.id,
      job.spec.submitSeconds,
      known(job.startSeconds),
      known(job.finishSeconds),
      job.spec.gpus,
      job.nodes,
      job.preemptions,
      job.status,
      job.spec.tenant ?? '',
      Number.isNaN(job.startSeconds) ? job.waitReason : '',
    ]
      .map((cell) => quoted(String(cell)))
      .join(','),
  );
}

/** Outcome of every job that ran as SWF 2.2: wait, run time and status are those of the simulation. */
export function jobsSwf(outcome: ClusterOutcome, totalGpus: number): string {
  const header = [
    '; Version: 2.2',
    '; Computer: simulated',
    `; Note: policy ${outcome.policy}`,
    `; MaxProcs: ${totalGpus}`,
  ];
  const users = new Map<string, number>();
  const rows = outcome.jobs
    .filter((job) => Number.isFinite(job.finishSeconds) && Number.isFinite(job.startSeconds))
    .map((job, index) => swfRow(job, index + 1, users));
  const names = [...users].map(([name, number]) => `; User: ${number} ${name}`);
  return `${[...header, ...names, ...rows].join('\n')}\n`;
}

function swfRow(job: JobOutcome, number: number, users: Map<string, number>): string {
  const { spec } = job;
  const tenant = spec.tenant ?? 'default';
  if (!users.has(tenant)) users.set(tenant, users.size + 1);
  const status = job.status === 'completed' ? 1 : job.status === 'cancelled' ? 5 : 0;
  const wait = job.startSeconds - spec.submitSeconds;
  const run = job.finishSeconds - job.startSeconds;
  const user = users.get(tenant) ?? -1;
  return [
    number,
    spec.submitSeconds,
    wait,
    run,
    job.gpus,
    -1,
    -1,
    spec.gpus,
    spec.estimateSeconds,
    -1,
    status,
    user,
    -1,
    -1,
    -1,
    -1,
    -1,
    -1,
  ].join(' ');
}

function known(seconds: number): number | string {
  return Number.isNaN(seconds) ? '' : seconds;
}

function quoted(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
