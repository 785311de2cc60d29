import { formatIssue, InputError } from '@regatta/scenarios';
import { PartedFabricError } from '@regatta/sim-core';
import { checkLine } from './check-line.js';
import { type Arguments, type Command, flag, stringArgument } from './command.js';
import { commandLineOf } from './command-line.js';
import { processIo } from './io.js';
import { refuseUnwritable } from './output-file.js';
import { plainLine } from './plain-line.js';
import { writeError } from './standard-streams.js';

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
    const line = plainLine(command, argv) ?? (await import('./full-line.js')).fullLine(name, command, argv);
    if (!line) return 0;
    const args = checkLine(name, command, line);
    refuseOutputs(args);
    const color = typeof args.color === 'boolean' ? args.color : undefined;
    const commandLine = commandLineOf([name, ...argv]);
    const io = await processIo({ quiet: flag(args, 'quiet'), json: flag(args, 'json'), color, commandLine });
    end = io.end;
    return await command.run(args, io);
  } catch (error) {
    end();
    const wrong = wrongInput(error);
    if (!wrong) throw error;
    for (const issue of wrong.issues) writeError(`${formatIssue(issue)}\n`);
    return 2;
  } finally {
    end();
  }
}
