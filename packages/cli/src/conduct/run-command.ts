import { didYouMean, formatIssue, InputError, nearestName } from '@regatta/scenarios';
import { PartedFabricError } from '@regatta/sim-core';
import yargs from 'yargs';
import { type Arguments, type Command, commonOptions, flag, type OptionSpec, stringArgument } from './command.js';
import { commandLineOf } from './command-line.js';
import { processIo } from './io.js';
import { refuseUnwritable } from './output-file.js';

const wrongUsage = (path: string, message: string, expected: string): InputError =>
  new InputError([{ code: 'usage', path, expected, received: '', message }]);

const placeholder = (option: OptionSpec | undefined): string => option?.choices?.join('|') ?? 'VALUE';

interface ParsedLine {
  readonly args: Record<string, unknown>;
  readonly help: boolean;
}

function parseLine(name: string, command: Command, argv: readonly string[]): ParsedLine {
  const options: Record<string, OptionSpec> = { ...commonOptions, ...command.options };
  const parser = yargs([...argv])
    .scriptName(`regatta ${name}`)
    .usage(`regatta ${command.usage}\n\n${command.describe}`)
    .parserConfiguration({ 'parse-numbers': false, 'parse-positional-numbers': false, 'camel-case-expansion': false })
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
  if (parsed.help === true) {
    parser.wrap(Math.min(110, process.stdout.columns ?? 110)).showHelp((text) => process.stdout.write(`${text}\n`));
    return { args: parsed, help: true };
  }
  return { args: checked(name, command, options, parsed), help: false };
}

/** Positionals by name; unknown options, repeated single options and wrong choices are mistakes, all found at once. */
function checked(
  name: string,
  command: Command,
  options: Readonly<Record<string, OptionSpec>>,
  parsed: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const aliases = Object.values(options).flatMap((spec) => (spec.alias === undefined ? [] : [spec.alias]));
  const known = new Set([...Object.keys(options), ...aliases, 'help', 'h', '_', '$0', '--']);
  const problems: InputError['issues'][number][] = [];
  const problem = (path: string, message: string, expected: string): void => {
    problems.push({ code: 'usage', path, expected, received: '', message });
  };
  const args: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(parsed)) {
    if (!known.has(key)) {
      const no = value === false ? 'no-' : '';
      const nearest = nearestName(key, Object.keys(options));
      problem(
        `--${no}${key}`,
        `unknown option${nearest === undefined ? '' : ` (did you mean --${no}${nearest}?)`}`,
        `an option of regatta ${name} --help`,
      );
      continue;
    }
    const spec = options[key];
    if (!spec || value === undefined) continue;
    if (spec.type !== 'array' && Array.isArray(value)) problem(`--${key}`, 'is given more than once', 'one value');
    else if (spec.choices && typeof value === 'string' && !spec.choices.includes(value)) {
      problem(`--${key}`, `unknown value ${value}${didYouMean(value, spec.choices)}`, spec.choices.join(' | '));
    } else args[key] = value;
  }
  const positionals = [...command.usage.matchAll(/[[<]([a-z]+)(\.\.\.)?[\]>]/gi)];
  const given = Array.isArray(parsed._) ? parsed._.map(String) : [];
  for (const [whole, positional, many] of positionals) {
    const value = many ? given.splice(0) : given.shift();
    if (value === undefined || (Array.isArray(value) && value.length === 0)) {
      if (whole.startsWith('<')) problem(positional ?? '', 'is missing', `regatta ${command.usage}`);
    } else if (positional) args[positional] = value;
  }
  if (given.length > 0) problem('', `unexpected argument ${given.join(' ')}`, `regatta ${command.usage}`);
  if (problems.length > 0) throw new InputError(problems);
  return args;
}

/** Options that name a file which a command writes. */
const outputs = ['out', 'report', 'trace', 'plot'] as const;

/** Refuses outputs that could not be written, before the work that makes them. */
function refuseOutputs(args: Arguments): void {
  const problems: InputError['issues'][number][] = [];
  const paths = new Set<string>();
  for (const name of outputs) {
    const path = stringArgument(args, name);
    if (path === undefined) continue;
    if (paths.has(path))
      problems.push({
        code: 'usage',
        path: `--${name}`,
        expected: 'a file of its own',
        received: path,
        message: `${path} is another output's file`,
      });
    paths.add(path);
    try {
      refuseUnwritable(path, flag(args, 'force'));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.issues);
    }
  }
  if (problems.length > 0) throw new InputError(problems);
}

/** What a user can mend of an error; undefined for a bug of ours. */
function wrongInput(error: unknown): InputError | undefined {
  if (error instanceof InputError) return error;
  // Known only once flows are routed, in whichever command simulates.
  if (!(error instanceof PartedFabricError)) return undefined;
  const expected = 'links that leave a way between all ranks that talk';
  return new InputError([{ code: 'parted', path: 'perturb.links', message: error.message, expected, received: '' }]);
}

/** Parses a command's line and runs it: 0 done, 1 a check failed, 2 wrong input; any other error is thrown on. */
export async function runCommand(name: string, command: Command, argv: readonly string[]): Promise<number> {
  let end = (): void => undefined;
  try {
    const { args, help } = parseLine(name, command, argv);
    if (help) return 0;
    refuseOutputs(args);
    const color = typeof args.color === 'boolean' ? args.color : undefined;
    const commandLine = commandLineOf([name, ...argv]);
    const io = processIo({ quiet: flag(args, 'quiet'), json: flag(args, 'json'), color, commandLine });
    end = io.end;
    return await command.run(args, io);
  } catch (error) {
    end();
    const wrong = wrongInput(error);
    if (!wrong) throw error;
    for (const issue of wrong.issues) process.stderr.write(`${formatIssue(issue)}\n`);
    return 2;
  } finally {
    end();
  }
}
