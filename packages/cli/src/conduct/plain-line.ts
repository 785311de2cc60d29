import parser from 'yargs-parser/browser';
import { type Command, lineConfiguration, optionsOf } from './command.js';

/**
 * Parses a line with the parser of yargs alone, as `fullLine` does with all of yargs, which takes several MiB to load:
 * undefined when the line asks for help, or holds `--`, an unknown option or a mistake, which yargs words.
 */
export function plainLine(command: Command, argv: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  if (argv.includes('--')) return undefined;
  const options = Object.entries(optionsOf(command));
  const names = (...types: readonly string[]): string[] =>
    options.flatMap(([name, { type }]) => (types.includes(type) ? [name] : []));
  const narg = (count: number, list: readonly string[]): Record<string, number> =>
    Object.fromEntries(list.map((name) => [name, count]));
  const alias: Record<string, string> = { help: 'h' };
  for (const [name, spec] of options) if (spec.alias !== undefined) alias[name] = spec.alias;
  const { argv: parsed, error } = parser.detailed([...argv], {
    boolean: ['help', ...names('boolean')],
    string: names('string', 'number', 'array'),
    array: names('array'),
    // To the parser NaN is: at least one.
    narg: { ...narg(1, names('array')), ...narg(Number.NaN, names('string', 'number')) },
    alias,
    configuration: lineConfiguration,
  });
  const known = new Set(['_', ...Object.keys(alias), ...Object.values(alias), ...options.map(([name]) => name)]);
  const isPlain = !error && parsed.help !== true && Object.keys(parsed).every((key) => known.has(key));
  return isPlain ? parsed : undefined;
}
