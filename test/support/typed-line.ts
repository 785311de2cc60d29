import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type CliResult, ensureBundle } from './run-cli.js';

const program = fileURLToPath(new URL('../../packages/cli/bin/regatta.js', import.meta.url));

/** Runs a line as it is typed into bash, where `regatta` is the program. */
export function typedLine(line: string, folder: string): CliResult {
  ensureBundle();
  // fish's `source` reads what is piped into it; bash's does not.
  const script = `set -o pipefail; regatta() { "${process.execPath}" "${program}" "$@"; }; swallow() { cat >/dev/null; }; ${line.replace('| source', '| swallow')}`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { code: status ?? -1, stdout, stderr };
}
