import {
  catalogueClusters,
  catalogueListing,
  catalogueModels,
  catalogueScenarios,
  deviceHardware,
  didYouMean,
  InputError,
  scheduleNames,
  stacks,
} from '@regatta/scenarios';
import { policyNames } from '@regatta/sim-core';
import { type Command, commonOptions, type OptionSpec, type Registration, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import { type CompletableCommand, completionScripts } from '../render/completion-scripts.js';

const shells = Object.keys(completionScripts);

/** Values of options that name things, in every command that has them. */
const namedValues: Readonly<Record<string, readonly string[]>> = {
  model: catalogueModels.map(({ shape }) => shape.name),
  cluster: catalogueClusters.map(({ name }) => name),
  device: deviceHardware.map(({ name }) => name),
  stack: [...new Set(stacks.map(({ name }) => name)), 'default'],
  precision: ['bf16', 'fp16', 'fp8', 'mxfp8', 'nvfp4', 'fp32'],
  schedule: scheduleNames,
  recompute: ['none', 'selective', 'full'],
  zero: ['0', '1', '2', '3'],
  policy: policyNames,
};

/** Names that stand where a command takes no option. */
function positionalNames(name: string, usage: string): readonly string[] {
  if (name === 'completion') return shells;
  if (name === 'catalogue') return Object.keys(catalogueListing());
  return /scenario|\[name\]/.test(usage) ? Object.keys(catalogueScenarios) : [];
}

async function completable(commands: Readonly<Record<string, Registration>>): Promise<CompletableCommand[]> {
  const help: OptionSpec = { type: 'boolean', describe: 'show this help' };
  return Promise.all(
    Object.entries(commands).map(async ([name, { describe, load }]): Promise<CompletableCommand> => {
      const { options, usage } = await load();
      const list = Object.entries({ ...options, ...commonOptions, help });
      return {
        name,
        describe,
        names: positionalNames(name, usage),
        options: list.map(([option, spec]) => ({
          name: option,
          describe: spec.describe,
          takesValue: spec.type !== 'boolean',
          values: spec.type === 'boolean' ? [] : (spec.choices ?? namedValues[option] ?? []),
        })),
      };
    }),
  );
}

/** `completion`, of these commands. */
export const completionOf = (commands: Readonly<Record<string, Registration>>): Command => ({
  usage: 'completion <shell>',
  describe: 'Prints the completion script of a shell: bash, zsh or fish.',
  examples: [
    ['eval "$(regatta completion bash)"', 'for this bash'],
    ['regatta completion zsh > _regatta', 'a file for zsh'],
    ['regatta completion fish | source', 'for this fish'],
  ],
  options: {},
  async run(args, io) {
    const shell = stringArgument(args, 'shell') ?? '';
    const write = Object.hasOwn(completionScripts, shell) ? completionScripts[shell] : undefined;
    if (!write) {
      throw new InputError([
        {
          code: 'shell',
          path: 'shell',
          message: `unknown shell ${shell}${didYouMean(shell, shells)}`,
          expected: shells.join(' | '),
          received: shell,
        },
      ]);
    }
    const script = write(await completable(commands));
    deliver(args, io, { schemaVersion: 1, command: 'completion', shell, script }, () => script);
    return 0;
  },
});
