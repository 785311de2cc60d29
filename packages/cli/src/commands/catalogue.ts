import { type CatalogueListing, catalogueListing, didYouMean, InputError } from '@regatta/scenarios';
import { type Command, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import { table } from '../render/table.js';

const section = (name: string, entries: CatalogueListing[string]): string =>
  `${name}\n${table(
    ['name', 'what', 'source'],
    entries.map((entry) => [entry.name, entry.about, entry.source]),
    [0, 1, 2],
  )}\n`;

export const catalogue: Command = {
  usage: 'catalogue [kind]',
  describe:
    'Lists the names that exist, with where their numbers come from: models, devices, stacks, clusters, failures, scenarios.',
  examples: [
    ['regatta catalogue', 'everything'],
    ['regatta catalogue models', 'the models only'],
    ['regatta catalogue devices --json', 'as JSON'],
  ],
  options: {},
  run(args, io) {
    const listing = catalogueListing();
    const kind = stringArgument(args, 'kind');
    if (kind !== undefined && !Object.hasOwn(listing, kind)) {
      const kinds = Object.keys(listing);
      throw new InputError([
        {
          code: 'unknown-name',
          path: 'kind',
          message: `unknown kind ${kind}${didYouMean(kind, kinds)}`,
          expected: kinds.join(' | '),
          received: kind,
        },
      ]);
    }
    const shown = Object.entries(listing).filter(([name]) => kind === undefined || name === kind);
    deliver(args, io, { schemaVersion: 1, command: 'catalogue', ...Object.fromEntries(shown) }, () =>
      shown.map(([name, entries]) => section(name, entries)).join(''),
    );
    return 0;
  },
};
