import { type CompareReport, compareStudy, InputError, type Variant } from '@regatta/scenarios';
import { type Arguments, type Command, listArgument, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import type { Io } from '../conduct/io.js';
import { longRunOptions, longRunRequest, workersOf } from '../conduct/long-run-options.js';
import { scenarioOf, scenarioOptions } from '../conduct/scenario-options.js';
import { conductTrials, interrupted } from '../conduct/trial-conduct.js';
import { number, percent, si } from '../render/format.js';
import { table } from '../render/table.js';

/** Scenarios by name, each under each value of --vary. */
function variantsOf(args: Arguments, io: Io): Variant[] {
  const names = listArgument(args, 'scenarios');
  const vary = stringArgument(args, 'vary');
  const at = vary?.indexOf('=') ?? -1;
  if (vary !== undefined && at <= 0) {
    throw new InputError([
      {
        code: 'flag',
        path: '--vary',
        message: `${vary} is no assignment`,
        expected: 'path.to.field=a,b,c',
        received: vary,
      },
    ]);
  }
  const path = vary?.slice(0, at);
  const values = vary === undefined ? [undefined] : vary.slice(at + 1).split(',');
  return names.flatMap((scenario) =>
    values.map((value) => {
      const set = value === undefined ? [] : [`${path}=${value}`];
      const resolution = scenarioOf({ ...args, scenario, set: [...listArgument(args, 'set'), ...set] }, io);
      return {
        name: [names.length > 1 || value === undefined ? scenario : '', ...set].filter((part) => part !== '').join(' '),
        resolution,
      };
    }),
  );
}

function compareText(report: CompareReport): string {
  const points = (share: number): string => `${share >= 0 ? '+' : ''}${(share * 100).toFixed(3)}`;
  const rows = report.variants.map(({ name, goodput, interruptions, tokens, against }) => [
    name,
    percent(goodput.mean, 2),
    number(interruptions.mean),
    si(tokens.mean),
    against
      ? `${points(against.goodput.mean)} (${points(against.goodput.ci95[0])} to ${points(against.goodput.ci95[1])})`
      : 'the first',
    against
      ? against.goodput.trialsSavedRatio === null
        ? 'all alike'
        : `${number(against.goodput.trialsSavedRatio)}x`
      : '',
    against?.verdict ?? '',
  ]);
  return `${report.partial ? 'PARTIAL: stopped after ' : ''}${report.trials} trials, the same failures for each variant\n\n${table(
    [
      'variant',
      'goodput',
      'interruptions',
      'tokens',
      'goodput against the first, points (95 %)',
      'trials saved',
      'verdict',
    ],
    rows,
    [0, 6],
  )}`;
}

export const compare: Command = {
  usage: 'compare <scenarios...>',
  describe:
    'Long runs of several variants under the same luck: paired differences with intervals, a verdict where zero is out.',
  examples: [
    ['regatta compare a.yaml b.yaml --days 54 --gpus 16384', 'two files'],
    ['regatta compare a.yaml --vary recovery.spares=0,16,64 --days 54', 'one field at several values'],
    ['regatta compare a.yaml b.yaml --days 30 --trials 400 --json', 'more trials, as JSON'],
  ],
  options: {
    ...scenarioOptions,
    ...longRunOptions,
    vary: { type: 'string', describe: 'a field and its values: path.to.field=a,b,c' },
  },
  async run(args, io) {
    const request = longRunRequest(args);
    const { result: report, stopped } = await conductTrials(io, workersOf(args), request.trials, (conduct) =>
      compareStudy(variantsOf(args, io), request, conduct),
    );
    if (stopped) io.remark('stopped: these are the trials that were done by then');
    if (report.trials === 0) return interrupted;
    deliver(args, io, report, () => compareText(report));
    return stopped ? interrupted : 0;
  },
};
