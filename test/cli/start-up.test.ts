import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ensureBundle, folderWith } from '../support/run-cli.js';

const program = fileURLToPath(new URL('../../packages/cli/bin/regatta.js', import.meta.url));
const listing = `process.on('exit', () => require('node:fs').writeSync(2, Object.keys(require.cache).join('\\n')));`;
const flow = { start: 0, bytes: 1, links: [0] };
const folder = folderWith({
  'settings.cjs': `process.stderr.write(process.execArgv.join())`,
  'list.cjs': listing,
  'large.json': JSON.stringify({ links: [{ capacity: 1 }], flows: Array.from({ length: 1000 }, () => flow) }),
});

/** Bytes of code that a command loads, its own and of packages. */
function loaded(line: readonly string[]): number {
  ensureBundle();
  const { status, stderr } = spawnSync(process.execPath, ['-r', join(folder, 'list.cjs'), program, ...line], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  const files = stderr.split('\n').filter((file) => file.includes('bundle'));
  expect(files).not.toHaveLength(0);
  return files.reduce((sum, file) => sum + statSync(file).size, 0);
}

// All that is bundled is above 1.5 MB: a command that suddenly loads it has lost its own chunk (scripts/bundle.js).
test.each([
  [['--help'], 30_000],
  [['net', 'large.json', '--json'], 200_000],
  [['catalogue', 'models'], 200_000],
])('%s loads what it needs', (line, most) => {
  expect(loaded(line)).toBeLessThan(most);
});

test('starts by itself, with a thread for each core beside the main one', (context) => {
  if (process.platform === 'win32') context.skip('Windows starts no program by its first line');
  ensureBundle();
  const env = { ...process.env, NODE_OPTIONS: `--require=${join(folder, 'settings.cjs')}` };
  const { status, stdout, stderr } = spawnSync(program, ['--version'], { cwd: folder, encoding: 'utf8', env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '--v8-pool-size=0' });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
