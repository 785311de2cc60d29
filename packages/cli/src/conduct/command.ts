import type { Io } from './io.js';

/** One option of a command, as yargs takes it. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean' | 'number' | 'array';
  readonly describe: string;
  readonly choices?: readonly string[];
  readonly alias?: string;
}

/** Values of a command's options and positionals; what was not given is absent. */
export type Arguments = Readonly<Record<string, unknown>>;

/**
 * A command: one file in commands/, registered by one line in commands/index.ts. `run` returns the exit code: 0 done, 1 a
 * check failed. Wrong input is an InputError (exit 2); anything else that is thrown is a bug of ours (exit 3).
 */
export interface Command {
  /** Name and positionals: `replay [scenario]`. */
  readonly usage: string;
  readonly describe: string;
  /** Three real command lines with what each does. */
  readonly examples: readonly (readonly [string, string])[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  run(args: Arguments, io: Io): number | Promise<number>;
}

/** Options that every command has. */
export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  json: { type: 'boolean', describe: 'print one JSON object on stdout' },
  quiet: { type: 'boolean', describe: 'no progress and no remarks on stderr' },
  color: { type: 'boolean', describe: 'colour on a terminal (--no-color: never)' },
  out: { type: 'string', describe: 'write the result to this file' },
  force: { type: 'boolean', describe: 'replace a file that exists' },
};

/** The common options and a command's own. */
export const optionsOf = (command: Command): Readonly<Record<string, OptionSpec>> => ({
  ...commonOptions,
  ...command.options,
});

/** How lines are parsed: words stay as they were typed. */
export const lineConfiguration = {
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'camel-case-expansion': false,
} as const;

export function stringArgument(args: Arguments, name: string): string | undefined {
  const value = args[name];
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

export const flag = (args: Arguments, name: string): boolean => args[name] === true;

/** Values of a repeatable option. */
export function listArgument(args: Arguments, name: string): string[] {
  const value = args[name];
  if (Array.isArray(value)) return value.map(String);
  return value === undefined ? [] : [String(value)];
}

/** A command's line in the overview, and how its module is loaded: only the one that runs is. */
export interface Registration {
  readonly describe: string;
  load(): Promise<Command>;
}
