import { catalogueScenarios, didYouMean, InputError } from '@regatta/scenarios';
import { stringify } from 'yaml';
import { type Command, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';

export const init: Command = {
  usage: 'init [name]',
  describe: 'Prints a scenario file to start from: one of the catalogue (default llama-3.1-405b-h100).',
  examples: [
    ['regatta init > scenario.yaml', 'the 405B scenario as a file'],
    ['regatta init gpt3-175b-a100 --out gpt3.yaml', 'another one, written to a file'],
    ['regatta init --json', 'the same as JSON'],
  ],
  options: {},
  run(args, io) {
    const name = stringArgument(args, 'name') ?? 'llama-3.1-405b-h100';
    const entry = Object.hasOwn(catalogueScenarios, name) ? catalogueScenarios[name] : undefined;
    if (!entry) {
      const names = Object.keys(catalogueScenarios);
      throw new InputError([
        {
          code: 'unknown-name',
          path: 'name',
          message: `unknown scenario ${name}${didYouMean(name, names)}`,
          expected: names.join(' | '),
          received: name,
        },
      ]);
    }
    const comment = `# ${entry.about}.\n# Every field: regatta schema. Names: regatta catalogue. Run: regatta replay FILE --gpus 1024,4096\n`;
    deliver(args, io, entry.scenario, () => comment + stringify(entry.scenario));
    return 0;
  },
};
