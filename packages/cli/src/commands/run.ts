import {
  InputError,
  type LongRunReport,
  longRunStudy,
  longRunTasks,
  type Resolution,
  trialFigures,
  type WatchedTrial,
} from '@regatta/scenarios';
import { type Arguments, type Command, flag, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import type { Io } from '../conduct/io.js';
import { type LongRunFlags, longRunFlags, longRunOptions } from '../conduct/long-run-options.js';
import { orPolicyFailure } from '../conduct/policy-failure.js';
import { userRecovery } from '../conduct/recovery-files.js';
import { scenarioOf, scenarioOptions } from '../conduct/scenario-options.js';
import { conductTrials, conductWatched, interrupted, remarkStopped } from '../conduct/trial-conduct.js';
import { percent } from '../render/format.js';
import { runHtml } from '../render/run-html.js';
import { runText } from '../render/run-text.js';
import { timelineText } from '../render/timeline-text.js';
import { timelineTrace } from '../render/timeline-trace.js';
import type { UserPolicies } from '../workers/trial-pool.js';

interface OneTrial {
  readonly gpus: number;
  readonly trial: number;
  readonly figures: ReturnType<typeof trialFigures>;
  readonly watched: WatchedTrial;
  readonly warnings: readonly string[];
}

/** Runs one trial of the many with all that happens in it. @throws InputError for several GPU counts. */
async function oneTrial(resolution: Resolution, flags: LongRunFlags, users: UserPolicies): Promise<OneTrial> {
  const { tasks, inputs, warnings } = longRunTasks(resolution, flags.request);
  const [task] = tasks;
  const [input] = inputs;
  if (!task || !input || tasks.length > 1) {
    const counts = tasks.map(({ point }) => point.gpus).join(', ');
    throw new InputError([
      {
        code: 'flag',
        path: '--gpus',
        message: `is ${counts}`,
        expected: 'one GPU count to show one trial',
        received: '',
      },
    ]);
  }
  const trial = flags.trial ?? 0;
  const watched = await conductWatched(task, trial, users);
  return { gpus: task.point.gpus, trial, figures: trialFigures(input, watched.books), watched, warnings };
}

function writeTrace(args: Arguments, io: Io, { scenario }: Resolution, { gpus, trial, watched }: OneTrial): void {
  const path = stringArgument(args, 'trace');
  if (path === undefined) return;
  io.writeFile(path, timelineTrace(scenario.name, gpus, trial, watched), flag(args, 'force'));
  io.remark(`wrote ${path}`);
}

function showTrial(args: Arguments, io: Io, { scenario }: Resolution, one: OneTrial): void {
  const { gpus, trial, figures, watched, warnings } = one;
  for (const warning of warnings) io.remark(`note: ${warning}`);
  const timeline = flag(args, 'timeline')
    ? {
        timeline: watched.phases,
        stops: watched.stops.map(({ time, why, event }) => ({
          seconds: time,
          why,
          ...(event ? { component: event.name, firstNode: event.firstNode, nodeCount: event.nodeCount } : {}),
        })),
      }
    : {};
  deliver(args, io, { schemaVersion: 1, command: 'run', scenario, gpus, trial, ...figures, ...timeline }, () =>
    timelineText(trial, gpus, figures, watched, io.width),
  );
}

/** The figures of an only GPU count, which stand at the top of the JSON too. */
function topOf({ points }: LongRunReport): object {
  const [only] = points;
  if (!only || points.length > 1) return {};
  const { goodput, ettr, interruptions, mttfHours, tokens, gpuHours } = only;
  return { goodput, ettr, interruptions, mttfHours, tokens, gpuHours };
}

function remarkWide(io: Io, { points, partial }: LongRunReport, share: number | undefined): void {
  if (share === undefined || partial) return;
  for (const { gpus, trials, goodput } of points) {
    const width = (goodput.ci95[1] - goodput.ci95[0]) / 2 / goodput.mean;
    if (width > share)
      io.remark(
        `note: after ${trials} trials at ${gpus} GPUs the interval is ${percent(width, 2)} of goodput wide to either side`,
      );
  }
}

async function manyTrials(args: Arguments, io: Io, resolution: Resolution, flags: LongRunFlags, users: UserPolicies) {
  const { request, workers } = flags;
  const { result, stopped } = await conductTrials(io, workers, request.trials, users, (conduct) =>
    longRunStudy(resolution, request, conduct),
  );
  const { report, warnings } = result;
  for (const warning of warnings) io.remark(`note: ${warning}`);
  remarkWide(io, report, request.untilShare);
  if (stopped) remarkStopped(io, report.points.length > 0);
  if (report.points.length === 0) return interrupted;
  const page = stringArgument(args, 'report');
  if (page !== undefined) {
    const origin = { commandLine: io.commandLine, warnings: warnings.map((warning) => `note: ${warning}`) };
    const largest = longRunTasks(resolution, request).tasks.at(-1);
    const shown = largest && {
      trial: 0,
      gpus: largest.point.gpus,
      watched: await conductWatched(largest, 0, users),
    };
    io.writeFile(page, runHtml(report, origin, shown), flag(args, 'force'));
    io.remark(`wrote ${page}`);
  }
  deliver(args, io, { ...report, ...topOf(report) }, () => runText(report));
  return stopped ? interrupted : 0;
}

export const run: Command = {
  usage: 'run [scenario]',
  describe:
    'A long run under failures: goodput, interruptions, tokens, and GPU-hours by cause, over independent trials.',
  examples: [
    [
      "regatta run llama-3.1-405b-h100 --gpus 16384 --days 54 --set 'failures={profile: llama3-2024}'",
      'the failures of Llama 3',
    ],
    ['regatta run scenario.yaml --gpus 1024,4096,16384 --days 30 --until 1%', 'how goodput falls with scale'],
    ['regatta run scenario.yaml --days 54 --trial 37 --timeline', 'one trial, as it went'],
  ],
  options: {
    ...scenarioOptions,
    ...longRunOptions,
    trial: {
      type: 'string',
      describe: 'one trial alone, the same as among the many (with --timeline or --trace: default 0)',
    },
    timeline: { type: 'boolean', describe: 'show the phases of one trial' },
    trace: { type: 'string', describe: "write one trial in Chrome's trace format to this file" },
  },
  run: (args, io) =>
    orPolicyFailure(async () => {
      const resolution = scenarioOf(args, io);
      const flags = longRunFlags(args);
      const users = await userRecovery([resolution], flags.policyTimeoutSeconds, io);
      const alone = flag(args, 'timeline') || flags.trial !== undefined;
      if (!alone && stringArgument(args, 'trace') === undefined) return manyTrials(args, io, resolution, flags, users);
      const one = await oneTrial(resolution, flags, users);
      if (alone && stringArgument(args, 'report') !== undefined)
        throw new InputError([
          {
            code: 'flag',
            path: '--report',
            message: 'is of many trials',
            expected: 'no --trial and no --timeline',
            received: '',
          },
        ]);
      writeTrace(args, io, resolution, one);
      if (!alone) return manyTrials(args, io, resolution, flags, users);
      showTrial(args, io, resolution, one);
      return 0;
    }),
};
