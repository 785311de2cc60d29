import { type LongRunReport, longRunStudy, longRunTimeline } from '@regatta/scenarios';
import { type Command, flag } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import { countOf, longRunOptions, longRunRequest, workersOf } from '../conduct/long-run-options.js';
import { scenarioOf, scenarioOptions } from '../conduct/scenario-options.js';
import { conductTrials, interrupted } from '../conduct/trial-conduct.js';
import { duration, number, percent, si, whole } from '../render/format.js';
import { bar, table } from '../render/table.js';

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
  const title = report.partial ? 'PARTIAL: stopped before all trials were done\n\n' : '';
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
  return `${title}${table(head, rows)}\n${table(['GPU-hours by cause', ...report.points.map((p) => `${whole(p.gpus)} GPUs`), ''], hours, [0, report.points.length + 1])}`;
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
    ...longRunOptions,
    trial: { type: 'string', describe: 'the trial that --timeline shows (default 0)' },
    timeline: { type: 'boolean', describe: 'show the phases of one trial' },
  },
  async run(args, io) {
    const resolution = scenarioOf(args, io);
    const request = longRunRequest(args);
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
    const { result, stopped } = await conductTrials(io, workersOf(args), request.trials, (conduct) =>
      longRunStudy(resolution, request, conduct),
    );
    const { report, warnings } = result;
    for (const warning of [...resolution.warnings, ...warnings]) io.remark(`note: ${warning}`);
    if (stopped) io.remark('stopped: these are the trials that were done by then');
    if (report.points.length === 0) return interrupted;
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
    return stopped ? interrupted : 0;
  },
};
