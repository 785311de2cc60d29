import { InputError, jobsCsv, jobsSwf, readScheduleCase, runScheduleCase } from '@regatta/scenarios';
import { totalGpus } from '@regatta/sim-core';
import { type Arguments, type Command, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import type { Io } from '../conduct/io.js';
import { writeError } from '../conduct/standard-streams.js';
import { clusterJson, type RejectedJob } from '../render/cluster-json.js';
import { caseText, clusterText } from '../render/cluster-text.js';
import { type ClusterTaskResult, isPolicyFile, runClusterTask } from '../workers/cluster-task.js';
import { policyFailure, runInWorker } from '../workers/policy-task.js';
import { clusterOptions } from './cluster-options.js';
import { type ClusterRequest, clusterRequest } from './cluster-request.js';

/** Bad rows that are printed one by one. */
const shownRows = 10;

/** `cluster`: many jobs on one cluster under one or several policies. */
export const cluster: Command = {
  usage: 'cluster [scenario]',
  describe:
    'Many jobs on one cluster: wait, completion, utilisation, fairness, by scheduling policy on the same jobs and failures.',
  examples: [
    [
      'regatta cluster --jobs nasa.swf --nodes 128 --gpus-per-node 1 --policy fifo,easy --scale-load 1.5',
      'two policies side by side',
    ],
    ['regatta cluster --cluster h100-rail-clos --jobs jobs.json --policy my-policy.ts --json', 'a policy of your own'],
    [
      'regatta cluster --jobs jobs.csv --nodes 64 --policy priority --mtbf-hours 2000 --checkpoint-interval 30min --out done.csv',
      'with failing nodes; the outcome of every job as CSV',
    ],
  ],
  options: clusterOptions,
  async run(args, io) {
    const file = stringArgument(args, 'case');
    if (file !== undefined) {
      const policies = runScheduleCase(readScheduleCase(io.readText(file), file));
      deliver(args, io, { policies }, () => caseText(policies));
      return 0;
    }
    const request = clusterRequest(args, io);
    let result: ClusterTaskResult;
    try {
      result = await runRequest(request, io);
    } catch (error) {
      const failure = policyFailure(error);
      if (failure === undefined) throw error;
      writeError(`error: ${failure}\n`);
      return 1;
    }
    const rejected = rejectedRows(request, result);
    if (args.strict === true) refuseIfAny(request, rejected);
    remarkOn(request, rejected, io);
    present(args, io, request, result, rejected);
    for (const { policy, invariant, timeSeconds, message } of result.violations) {
      writeError(`error: policy ${policy} breaks ${invariant} at ${timeSeconds} s: ${message}\n`);
    }
    return result.violations.length > 0 ? 1 : 0;
  },
};

async function runRequest(request: ClusterRequest, io: Io): Promise<ClusterTaskResult> {
  const progress = (policy: string): void => {
    io.progress(`simulating ${request.task.input.jobs.length} jobs under ${policy}`);
  };
  if (!request.task.policies.some(isPolicyFile)) return runClusterTask(request.task, new Map(), progress);
  const result = await runInWorker(request.task, request.policyTimeoutSeconds, progress);
  if (!('study' in result)) throw new Error('the worker answered something else');
  return result;
}

function rejectedRows(request: ClusterRequest, { study }: ClusterTaskResult): RejectedJob[] {
  const refused = (study.outcomes[0]?.jobs ?? []).filter((job) => job.status === 'rejected');
  return [
    ...request.trace.rejected,
    ...refused.map((job) => ({ line: job.spec.line ?? null, job: job.spec.id, reason: job.waitReason })),
  ];
}

function refuseIfAny(request: ClusterRequest, rejected: readonly RejectedJob[]): void {
  const [first] = rejected;
  if (first === undefined) return;
  throw new InputError([
    {
      code: 'trace',
      file: request.file,
      ...(first.line === null ? {} : { line: first.line }),
      path: first.job ?? '',
      expected: '',
      received: '',
      message: first.reason,
    },
  ]);
}

function remarkOn(request: ClusterRequest, rejected: readonly RejectedJob[], io: Io): void {
  for (const warning of request.warnings) io.remark(`note: ${warning}`);
  if (request.leftOut > 0) io.remark(`note: ${request.leftOut} jobs are outside --from and --until`);
  for (const { line, job, reason } of rejected.slice(0, shownRows)) {
    io.remark(`warning: ${request.file}:${line ?? '?'}: ${job === undefined ? '' : `job ${job} `}rejected: ${reason}`);
  }
  if (rejected.length > shownRows) io.remark(`warning: ${rejected.length - shownRows} more rows are rejected`);
}

function present(
  args: Arguments,
  io: Io,
  request: ClusterRequest,
  result: ClusterTaskResult,
  rejected: readonly RejectedJob[],
): void {
  const out = stringArgument(args, 'out');
  const json = (): unknown => clusterJson(request, result, rejected);
  const text = (): string => clusterText(request, result.study, rejected.length);
  const format = out === undefined ? undefined : /\.(csv|swf)$/.exec(out)?.[1];
  if (out === undefined || format === undefined) {
    deliver(args, io, json(), text);
    return;
  }
  const outcomes = result.study.outcomes;
  if (format === 'swf' && outcomes.length > 1) {
    throw new InputError([
      {
        code: 'usage',
        path: '--out',
        expected: 'one --policy, or a .csv',
        received: '',
        message: 'an SWF file holds the jobs of one policy',
      },
    ]);
  }
  const [only] = outcomes;
  const content =
    format === 'csv'
      ? jobsCsv(outcomes)
      : only === undefined
        ? ''
        : jobsSwf(only, totalGpus(request.task.input.cluster));
  io.writeFile(out, content, args.force === true);
  io.remark(`wrote ${out}`);
  deliver({ ...args, out: undefined }, io, json(), text);
}
