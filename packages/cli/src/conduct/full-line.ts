import { InputError } from '@regatta/scenarios';
import yargs from 'yargs';
import { type Command, lineConfiguration, type OptionSpec, optionsOf } from './command.js';
import { terminalColumns, writeOut } from './standard-streams.js';

const wrongUsage = (path: string, message: string, expected: string): InputError =>
  new InputError([{ code: 'usage', path, expected, received: '', message }]);

const placeholder = (option: OptionSpec | undefined): string => option?.choices?.join('|') ?? 'VALUE';

/**
 * Parses any line of a command; one that asks for help has it printed, and undefined returned.
 * @throws InputError of what the parser finds wrong.
 */
export function fullLine(
  name: string,
  command: Command,
  argv: readonly string[],
): Readonly<Record<string, unknown>> | undefined {
  const options = optionsOf(command);
  const parser = yargs([...argv])
    .scriptName(`regatta ${name}`)
    .usage(`regatta ${command.usage}\n\n${command.describe}`)
    .parserConfiguration(lineConfiguration)
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      // What yargs finds wrong with a line, a value that is missing for one, is the user's to mend.
      const text = message || error.message;
      const valueless = /^Not enough arguments following: (.+)$/.exec(text)?.[1];
      throw valueless === undefined
        ? wrongUsage('', text, `see regatta ${name} --help`)
        : wrongUsage(`--${valueless}`, 'has no value', `--${valueless} ${placeholder(options[valueless])}`);
    })
    .option('help', { type: 'boolean', alias: 'h', describe: 'show this help' });
  for (const [key, spec] of Object.entries(options)) {
    parser.option(key, {
      describe: spec.describe,
      type: spec.type === 'number' ? 'string' : spec.type === 'array' ? 'string' : spec.type,
      ...(spec.type === 'array' ? { array: true, nargs: 1 } : {}),
      ...(spec.type === 'array' || spec.type === 'boolean' ? {} : { requiresArg: true }),
      ...(spec.alias === undefined ? {} : { alias: spec.alias }),
    });
  }
  for (const [line, text] of command.examples) parser.example(`$ ${line}`, text);
  const parsed: Record<string, unknown> = { ...parser.parseSync() };
  if (parsed.help !== true) return parsed;
  parser.wrap(Math.min(110, terminalColumns(1) ?? 110)).showHelp((text) => writeOut(`${text}\n`));
  return undefined;
}
