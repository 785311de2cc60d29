import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ensureBundle, fixture, regatta } from '../support/run-cli.js';

const program = fileURLToPath(new URL('../../packages/cli/bin/regatta.js', import.meta.url));

function fed(line: readonly string[], input: string): { code: number | null; stdout: string; stderr: string } {
  ensureBundle();
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...line], { input, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

const flows = fixture('reference/maxmin/dumbbell-8-caps-staggered.json');
const scenario = regatta(['init']).stdout;

test('net - reads what the file says', () => {
  const typed = fed(['net', '-', '--json'], readFileSync(flows, 'utf8'));
  expect(typed).toEqual(regatta(['net', flows, '--json']));
});

// `topology` looks at its file twice, to see what it holds.
test.each([['replay'], ['inspect'], ['topology']])('%s - takes a scenario', (command) => {
  const { code, stdout, stderr } = fed([command, '-'], scenario);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('h100');
});

test.each([
  ['', 'error: -: is empty, expected YAML or JSON text\n'],
  ['a: [1\n', 'error: -:2:1: '],
  ['\0', 'error: -: is a binary file, expected text\n'],
])('a mistake is said at its place in -: %j', (input, says) => {
  const { code, stdout, stderr } = fed(['net', '-'], input);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.startsWith(says), stderr).toBe(true);
});
