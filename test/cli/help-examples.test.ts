import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { commands } from '../../packages/cli/src/commands/index.js';
import { helpFolder } from '../support/help-folder.js';
import { ensureBundle } from '../support/run-cli.js';

const program = fileURLToPath(new URL('../../packages/cli/bin/regatta.js', import.meta.url));

/** Runs a line as it is typed into bash, where `regatta` is the program. */
function typed(line: string, folder: string): { readonly code: number; readonly stderr: string } {
  ensureBundle();
  const script = `set -o pipefail; regatta() { "${process.execPath}" "${program}" "$@"; }; fish_source() { cat >/dev/null; }; ${line.replace('| source', '| fish_source')}`;
  const { status, stderr } = spawnSync('bash', ['-c', script], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { code: status ?? -1, stderr };
}

const examples = await Promise.all(
  Object.entries(commands).map(async ([name, { load }]) => {
    const { examples: list } = await load();
    return { name, lines: list.map(([line]) => line) };
  }),
);

describe('examples of --help', () => {
  const folder = helpFolder();

  test.each(examples)(
    '$name: each line runs',
    ({ lines }) => {
      expect(lines.length).toBeGreaterThanOrEqual(3);
      for (const line of lines) {
        const { code, stderr } = typed(line, folder);
        // 1 is what a check says that it was made to find; no line is wrong input.
        expect(code, `${line}\n${stderr}`).toBeLessThanOrEqual(/ (?:validate|check) /.test(line) ? 1 : 0);
        expect(stderr).not.toMatch(/^error: /m);
      }
    },
    240_000,
  );
});
