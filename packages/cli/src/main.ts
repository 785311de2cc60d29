import { commands } from './commands/index.js';

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

/** Runs one command line and returns its exit code (contract: conduct of every command). */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const registration = commands[name];
  if (!registration || !Object.hasOwn(commands, name)) {
    const { didYouMean } = await import('@regatta/scenarios');
    const kind = name.startsWith('-') ? 'option' : 'command';
    process.stderr.write(
      `error: unknown ${kind} ${name}${didYouMean(name, Object.keys(commands))}, expected one of ${Object.keys(commands).join(', ')}\n`,
    );
    return 2;
  }
  const { runCommand } = await import('./conduct/run-command.js');
  return runCommand(name, await registration.load(), rest);
}
