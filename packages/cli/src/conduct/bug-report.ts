import { commandLineOf } from './command-line.js';

const frames = 6;

/** Functions that an error came through, innermost first: what a report needs of a stack. */
function passage(error: Error): string {
  return (error.stack ?? '')
    .split('\n')
    .flatMap((line) => /^\s+at (?:async )?(?:new )?([\w.#<>$]+) \(/.exec(line)?.[1] ?? [])
    .filter((name) => name !== '<anonymous>')
    .slice(0, frames)
    .join(' < ');
}

/**
 * What to say of an error that no user can have caused (exit 3): what happened and what to report. The whole stack comes with
 * REGATTA_DEBUG=1.
 */
export function bugReport(error: unknown, version: string, argv: readonly string[]): string {
  const message = (error instanceof Error ? error.message : String(error)).replaceAll('\n', ' ');
  const way = error instanceof Error ? passage(error) : '';
  const stack = process.env.REGATTA_DEBUG === '1' && error instanceof Error ? `${error.stack}\n` : '';
  return [
    `error: a bug of Regatta, not of yours: ${message}`,
    'please report these lines, and the files that the command names:',
    `  command  ${commandLineOf(argv)}`,
    `  version  ${version}, Node ${process.version}, ${process.platform} ${process.arch}`,
    ...(way === '' ? [] : [`  through  ${way}`]),
    stack,
  ].join('\n');
}
