import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commands } from '../../packages/cli/src/commands/index.js';
import { type Command, optionsOf } from '../../packages/cli/src/conduct/command.js';
import { fullLine } from '../../packages/cli/src/conduct/full-line.js';
import { plainLine } from '../../packages/cli/src/conduct/plain-line.js';

/** Words of a line: options of the command in every spelling, what is none, values that look like something else. */
function wordsOf(command: Command): fc.Arbitrary<string[]> {
  const names = Object.keys(optionsOf(command));
  const name = fc.oneof(
    fc.constantFrom(...names),
    fc.constantFrom('unknown', 'un-known', 'a.b', '__proto__', 'constructor'),
  );
  const value = fc.constantFrom(
    '',
    '7',
    '007',
    '0x1f',
    '1e3',
    '-3',
    '-x',
    'true',
    'false',
    'a,b',
    'a=b',
    '"q"',
    'x y',
    '-',
    'é',
  );
  const word = fc.oneof(
    name.map((key) => `--${key}`),
    name.map((key) => `--no-${key}`),
    fc.tuple(name, value).map(([key, text]) => `--${key}=${text}`),
    fc.tuple(name, value).map(([key, text]) => `-${key.slice(0, 1)}${text}`),
    value,
  );
  return fc.array(word, { maxLength: 6 });
}

/** What all of yargs makes of a line; undefined when it finds a mistake. */
function whole(name: string, command: Command, line: readonly string[]): unknown {
  try {
    const { $0: _, ...parsed } = fullLine(name, command, line) ?? {};
    return parsed;
  } catch {
    return undefined;
  }
}

describe('a line that is parsed without all of yargs', () => {
  test.each(Object.entries(commands))('%s: gives what yargs gives', async (name, { load }) => {
    const command = await load();
    let plainLines = 0;
    fc.assert(
      fc.property(wordsOf(command), (line) => {
        const plain = plainLine(command, line);
        if (plain === undefined) return;
        plainLines++;
        const { $0: _, ...parsed } = plain;
        expect(parsed).toEqual(whole(name, command, line));
      }),
      { numRuns: 150 },
    );
    expect(plainLines).toBeGreaterThan(0);
  });

  test('help, two dashes, a value that is missing and unknown options are left to yargs', async () => {
    const command = await commands.net?.load();
    if (!command) throw new Error('no net');
    for (const line of [
      ['-h'],
      ['--help'],
      ['x', '--'],
      ['--rows'],
      ['--rows', '--json'],
      ['--get-yargs-completions'],
      ['--row'],
    ])
      expect(plainLine(command, line), line.join(' ')).toBeUndefined();
    expect(plainLine(command, ['x', '--rows', '3', '--json'])).toMatchObject({ _: ['x'], rows: '3', json: true });
  });
});
