import { scenarioJsonSchema } from '@regatta/scenarios';
import type { Command } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';

export const schema: Command = {
  usage: 'schema',
  describe: 'Prints the JSON Schema of the scenario file, for editors and checks.',
  examples: [
    ['regatta schema > regatta.schema.json', 'for "$schema" in a scenario'],
    ['regatta schema --json', 'on one line'],
    ['regatta schema --out regatta.schema.json --force', 'written to a file'],
  ],
  options: {},
  run(args, io) {
    const json = scenarioJsonSchema();
    deliver(args, io, json, () => `${JSON.stringify(json, null, 2)}\n`);
    return 0;
  },
};
