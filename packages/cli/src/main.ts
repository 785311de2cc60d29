import { commands } from './commands/index.js';
import { writeError, writeOut } from './conduct/standard-streams.js';

const version = '0.1.0';

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const list = Object.entries(commands).map(([name, { describe }]) => `  ${name.padEnd(width)}  ${describe}`);
  return [
    'regatta: what happens to a training job when the cluster grows?',
    '',
    'Usage: regatta <command> [options]',
    '',
    'Commands:',
    ...list,
    '',
    'Examples:',
    '  regatta replay llama-3.1-405b-h100 --gpus 1024,4096,16384',
    '  regatta inspect gpt3-175b-a100',
    '  regatta init > scenario.yaml && regatta replay scenario.yaml',
    '',
    'regatta <command> --help shows the options of a command and three examples.',
    '',
  ].join('\n');
}

/**
 * Runs one command line and returns its exit code: 0 done, 1 a check failed, 2 wrong input, 3 a bug of ours (contract: conduct
 * of every command).
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await dispatch(argv);
  } catch (error) {
    return reportBug(error, argv);
  }
}

/** Says what to report of an error that is no user's mistake, or that stdout takes no more; returns the exit code. */
export async function reportBug(error: unknown, argv: readonly string[]): Promise<number> {
  if (error instanceof Error && 'syscall' in error && error.syscall === 'write') {
    // Whoever read what a stream wrote has gone: there is nobody to tell.
    if ('code' in error && error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    tell(`error: stdout: cannot be written: ${error.message}\n`);
    return 2;
  }
  const { bugReport } = await import('./conduct/bug-report.js');
  tell(bugReport(error, version, argv));
  return 3;
}

/** The last word: where stderr takes no more either, the exit code says it. */
function tell(text: string): void {
  try {
    writeError(text);
  } catch {}
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [first, ...words] = argv;
  if (first === undefined) {
    writeError(`error: no command is given\n\n${overview()}`);
    return 2;
  }
  if (first === '--version') {
    writeOut(`${version}\n`);
    return 0;
  }
  const asksHelp = first === 'help' || first === '--help' || first === '-h';
  if (asksHelp && words.length === 0) {
    writeOut(overview());
    return 0;
  }
  const name = asksHelp ? (words[0] ?? '') : first;
  const rest = asksHelp ? ['--help'] : words;
  const registration = commands[name];
  if (!registration || !Object.hasOwn(commands, name)) {
    const { unknownCommand } = await import('./conduct/unknown-command.js');
    writeError(unknownCommand(name, Object.keys(commands)));
    return 2;
  }
  const { runCommand } = await import('./conduct/run-command.js');
  return runCommand(name, await registration.load(), rest);
}
