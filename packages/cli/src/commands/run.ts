import {
  InputError,
  type LongRunReport,
  longRunStudy,
  longRunTimeline,
  parseCount,
  parseTime,
} from '@regatta/scenarios';
import { type Arguments, type Command, flag, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import { gpuCounts, scenarioOf, scenarioOptions } from '../conduct/scenario-options.js';
import { duration, number, percent, si, whole } from '../render/format.js';
import { bar, table } from '../render/table.js';

const wrong = (path: string, message: string, expected: string): InputError =>
  new InputError([{ code: 'flag', path, message, expected, received: '' }]);

function countOf(args: Arguments, name: string, fallback: number): number {
  const text = stringArgument(args, name);
  if (text === undefined) return fallback;
  const value = parseCount(text);
  if (value === undefined || (name === 'trials' && value < 1))
    throw wrong(`--${name}`, `is ${text}`, 'a whole number of at least 1');
  return value;
}

interface Window {
  readonly seconds?: number;
  readonly share?: number;
}

function windowOf(args: Arguments): Window {
  const days = stringArgument(args, 'days');
  const until = stringArgument(args, 'until');
  const window: { seconds?: number; share?: number } = {};
  if (days !== undefined) {
    const value = Number(days);
    if (!(value > 0)) throw wrong('--days', `is ${days}`, 'a number of days above 0');
    window.seconds = value * 86400;
  }
  if (until?.endsWith('%')) {
    window.share = Number(until.slice(0, -1)) / 100;
    if (!(window.share > 0)) throw wrong('--until', `is ${until}`, 'a percentage above 0, or a time');
  } else if (until !== undefined) {
    const seconds = parseTime(until);
    if (!seconds) throw wrong('--until', `is ${until}`, 'a percentage such as 1%, or a time such as 54d');
    window.seconds = seconds;
  }
  return window;
}

function runText(report: LongRunReport): string {
  const interval = (s: { mean: number; ci95: readonly number[] }, show: (v: number) => string): string =>
    `${show(s.mean)} (${show(s.ci95[0] ?? 0)} to ${show(s.ci95[1] ?? 0)})`;
  const rows = report.points.map((p) => [
    whole(p.gpus),
    whole(p.trials),
    interval(p.goodput, (v) => percent(v, 2)),
    interval(p.interruptions, (v) => number(v)),
    duration(p.mttfHours.mean * 3600),
    duration(p.wallHours.mean * 3600),
    si(p.tokens.mean),
    `${duration(p.checkpointIntervalSeconds)} / ${duration(p.checkpointWriteSeconds)}`,
  ]);
  const head = [
    'GPUs',
    'trials',
    'goodput (95 %)',
    'interruptions',
    'between them',
    'wall',
    'tokens',
    'checkpoint every / write',
  ];
  const last = report.points.at(-1);
  const total = (p: LongRunReport['points'][number]): number =>
    Object.values(p.gpuHours).reduce((sum, s) => sum + s.mean, 0);
  const causes = Object.keys(last?.gpuHours ?? {}).filter((cause) =>
    report.points.some((p) => (p.gpuHours[cause]?.mean ?? 0) > 5e-5 * total(p)),
  );
  const hours = causes.map((cause) => [
    cause,
    ...report.points.map(
      (p) => `${whole(p.gpuHours[cause]?.mean ?? 0)} (${percent((p.gpuHours[cause]?.mean ?? 0) / total(p), 2)})`,
    ),
    last ? bar((last.gpuHours[cause]?.mean ?? 0) / total(last), 28) : '',
  ]);
  return `${table(head, rows)}\n${table(['GPU-hours by cause', ...report.points.map((p) => `${whole(p.gpus)} GPUs`), ''], hours, [0, report.points.length + 1])}`;
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
    ['regatta run scenario.yaml --gpus 1024,4096,16384 --days 30 --trials 200', 'how goodput falls with scale'],
    ['regatta run scenario.yaml --days 54 --trial 37 --timeline', 'one trial, phase by phase'],
  ],
  options: {
    ...scenarioOptions,
    gpus: { type: 'string', describe: 'GPU counts, separated by commas' },
    scaling: {
      type: 'string',
      describe: 'weak: the batch grows with the GPUs; strong: it stays (default weak)',
      choices: ['weak', 'strong'],
    },
    days: { type: 'string', describe: 'length of the simulated time' },
    trials: { type: 'string', describe: 'independent trials (default 100)' },
    until: {
      type: 'string',
      describe:
        'a percentage: stop when the interval of goodput is that narrow; a time: the end of the simulated window',
    },
    trial: { type: 'string', describe: 'the trial that --timeline shows (default 0)' },
    timeline: { type: 'boolean', describe: 'show the phases of one trial' },
  },
  run(args, io) {
    const resolution = scenarioOf(args, io);
    const window = windowOf(args);
    const request = {
      gpus: gpuCounts(args),
      scaling: stringArgument(args, 'scaling') === 'strong' ? ('strong' as const) : ('weak' as const),
      trials: countOf(args, 'trials', 100),
      ...(window.seconds === undefined ? {} : { windowSeconds: window.seconds }),
      ...(window.share === undefined ? {} : { untilShare: window.share }),
    };
    if (flag(args, 'timeline')) {
      const trial = countOf(args, 'trial', 0);
      const phases = longRunTimeline(resolution, request, trial);
      deliver(args, io, { schemaVersion: 1, command: 'run', trial, timeline: phases }, () =>
        table(
          ['phase', 'from, s', 'to, s', 'length'],
          phases.map(([kind, from, to]) => [kind, from.toFixed(3), to.toFixed(3), duration(to - from)]),
        ),
      );
      return 0;
    }
    const { report, warnings } = longRunStudy(resolution, request, (gpus, done) => {
      if (io.interactive && done % 100 === 0) io.remark(`${gpus} GPUs: ${done} trials`);
    });
    for (const warning of [...resolution.warnings, ...warnings]) io.remark(`note: ${warning}`);
    const only = report.points.length === 1 ? report.points[0] : undefined;
    const top = only
      ? {
          goodput: only.goodput,
          ettr: only.ettr,
          interruptions: only.interruptions,
          mttfHours: only.mttfHours,
          tokens: only.tokens,
          gpuHours: only.gpuHours,
        }
      : {};
    deliver(args, io, { ...report, ...top }, () => runText(report));
    return 0;
  },
};
