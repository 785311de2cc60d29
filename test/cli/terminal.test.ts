import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitToWidth } from '../../packages/cli/src/render/fit-to-width.js';
import { table } from '../../packages/cli/src/render/table.js';
import { ensureBundle } from '../support/run-cli.js';

const cell = fc.stringMatching(/^[a-z0-9]{1,12}( [a-z0-9]{1,12}){0,4}$/);
const tables = fc.integer({ min: 2, max: 9 }).chain((columns) =>
  fc.record({
    head: fc.array(cell, { minLength: columns, maxLength: columns }),
    rows: fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 6 }),
    left: fc.subarray(Array.from({ length: columns }, (_, i) => i)),
  }),
);
const words = (text: string): string[] => text.split(/[\s:-]+/).filter((word) => word !== '');

describe('tables on a narrow terminal', () => {
  test('no line is wider than the terminal, and no word is lost', () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 45, max: 160 }), ({ head, rows, left }, width) => {
        const text = table(head, rows, [0, ...left]);
        const fitted = fitToWidth(text, width);
        for (const line of fitted.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
        const kept = new Set(words(fitted));
        for (const word of words(text)) expect(kept).toContain(word);
      }),
      { numRuns: 300 },
    );
  });

  test('what fits stays as it is', () => {
    fc.assert(
      fc.property(tables, ({ head, rows, left }) => {
        const text = table(head, rows, [0, ...left]);
        expect(fitToWidth(text, Math.max(...text.split('\n').map((line) => line.length)))).toBe(text);
      }),
    );
  });
});

/** Runs a command line on a pseudo-terminal of so many columns; undefined without script(1). */
function onTerminal(line: string, columns: number, more: Record<string, string> = {}): string | undefined {
  ensureBundle();
  const program = fileURLToPath(new URL('../../packages/cli/bin/regatta.js', import.meta.url));
  const { NO_COLOR: _, ...env } = process.env;
  const command = `stty cols ${columns}; ${process.execPath} ${program} ${line}`;
  const result = spawnSync('script', ['-qec', command, '/dev/null'], {
    encoding: 'utf8',
    env: { ...env, TERM: 'xterm', ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return result.error ? undefined : result.stdout.replaceAll('\r\n', '\n');
}

describe('on a terminal', () => {
  const line = 'replay llama-3.1-405b-h100 --gpus 1024,4096,16384';
  for (const columns of [60, 80, 120]) {
    test(`${columns} columns hold every line`, (context) => {
      const text = onTerminal(`${line} --no-color`, columns);
      if (text === undefined) context.skip('script(1), which makes a terminal, is not installed');
      // On a busy machine progress is drawn, each state over the one before.
      for (const line of text?.split('\n') ?? [])
        for (const shown of line.split('\r\u001b[K')) expect(shown.length).toBeLessThanOrEqual(columns);
      expect(text).toContain('pipeline bubble');
    });
  }

  test('colour on a terminal only, and not with NO_COLOR, --no-color or --json', (context) => {
    const coloured = onTerminal('inspect gpt3-175b-a100 --gpus 1024', 100);
    if (coloured === undefined) context.skip('script(1), which makes a terminal, is not installed');
    const cyan = '\u001b[36m';
    expect(coloured).toContain(cyan);
    for (const [more, env] of [
      ['', { NO_COLOR: '1' }],
      ['--no-color', {}],
      ['--json', {}],
    ] as const)
      expect(onTerminal(`inspect gpt3-175b-a100 --gpus 1024 ${more}`, 100, env)).not.toContain(cyan);
  });

  test('work over a second shows progress, shorter work and --quiet do not', (context) => {
    const long = 'replay llama-3.1-405b-h100 --gpus 16384 --no-fold --json';
    const shown = onTerminal(long, 100);
    if (shown === undefined) context.skip('script(1), which makes a terminal, is not installed');
    expect(shown).toContain('simulating 16384 GPUs, ');
    expect(onTerminal(`${long} --quiet`, 100)).not.toContain('simulating');
    expect(onTerminal('schema', 100)).not.toContain('\u001b[K');
  });
});
