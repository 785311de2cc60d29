import { compareStudy, InputError, type InputIssue, type Variant } from '@regatta/scenarios';
import { type Arguments, type Command, flag, listArgument, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import type { Io } from '../conduct/io.js';
import { longRunFlags, longRunOptions } from '../conduct/long-run-options.js';
import { orPolicyFailure } from '../conduct/policy-failure.js';
import { userRecovery } from '../conduct/recovery-files.js';
import { scenarioOf, scenarioOptions } from '../conduct/scenario-options.js';
import { conductTrials, interrupted, remarkStopped } from '../conduct/trial-conduct.js';
import { variations } from '../conduct/vary.js';
import { compareText } from '../render/compare-text.js';
import { compareHtml } from '../render/run-html.js';

/** Scenarios by name, each at each point of the grid of --vary. @throws InputError with the mistakes of all of them. */
function variantsOf(args: Arguments, io: Io): Variant[] {
  const names = listArgument(args, 'scenarios');
  const grid = variations(listArgument(args, 'vary'));
  const issues = new Map<string, InputIssue>();
  const variants = names.flatMap((scenario) =>
    grid.flatMap(({ name, overrides }): Variant[] => {
      const own = names.length > 1 || name === '' ? [scenario] : [];
      try {
        const resolution = scenarioOf({ ...args, scenario }, io, overrides);
        return [{ name: [...own, ...(name === '' ? [] : [name])].join(' '), resolution }];
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        // What is wrong in one variant is often so in all.
        for (const issue of error.issues) issues.set(`${issue.file} ${issue.path} ${issue.message}`, issue);
        return [];
      }
    }),
  );
  if (issues.size > 0) throw new InputError([...issues.values()]);
  return variants;
}

export const compare: Command = {
  usage: 'compare <scenarios...>',
  describe:
    'Long runs of several variants under the same luck: paired differences with intervals, a verdict where zero is out.',
  examples: [
    ['regatta compare a.yaml b.yaml --days 54 --gpus 16384', 'two files'],
    ['regatta compare a.yaml --vary recovery.policy=restart,spares,shrink --days 54', 'one field at several values'],
    [
      'regatta compare a.yaml --vary recovery.spares=4,8 --vary checkpoint.intervalSeconds=600,1800 --until 0.5%',
      'a grid of two fields, until differences are known to 0.5 % of goodput',
    ],
  ],
  options: {
    ...scenarioOptions,
    ...longRunOptions,
    vary: { type: 'array', describe: 'a field and its values: path.to.field=a,b,c (repeatable: a grid)' },
  },
  run: (args, io) =>
    orPolicyFailure(async () => {
      const flags = longRunFlags(args);
      const variants = variantsOf(args, io);
      const resolutions = variants.map(({ resolution }) => resolution);
      const users = await userRecovery(resolutions, flags.policyTimeoutSeconds, io);
      const { result, stopped } = await conductTrials(io, flags.workers, flags.request.trials, users, (conduct) =>
        compareStudy(variants, flags.request, conduct),
      );
      const { report, warnings } = result;
      for (const warning of warnings) io.remark(`note: ${warning}`);
      if (stopped) remarkStopped(io, report.trials > 0);
      if (report.trials === 0) return interrupted;
      const page = stringArgument(args, 'report');
      if (page !== undefined) {
        const origin = { commandLine: io.commandLine, warnings: warnings.map((warning) => `note: ${warning}`) };
        io.writeFile(page, compareHtml(report, origin), flag(args, 'force'));
        io.remark(`wrote ${page}`);
      }
      deliver(args, io, report, () => compareText(report));
      return stopped ? interrupted : 0;
    }),
};
