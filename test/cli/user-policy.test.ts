import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ensureBundle } from '../support/run-cli.js';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

// Node keeps the links of node_modules in a module's path after it has looked at a pipe; the compiler then misses its program.
test.each(['2>&1 | cat', '2> /dev/null', ''])(
  'a policy from a file compiles wherever output goes: regatta … %s',
  (to) => {
    ensureBundle();
    const policy = at('examples/my-recovery-policy/one-replica-less.ts');
    const words = `compare llama-3.1-405b-h100 --model llama-2-13b --tp 8 --pp 1 --gpus 64 --days 1 --trials 2 --vary recovery.policy=restart,${policy}`;
    const { stdout } = spawnSync(
      'bash',
      ['-c', `"$1" "$2" ${words} ${to}`, 'bash', process.execPath, at('packages/cli/bin/regatta.js')],
      // Without what the test runner's starter adds, in which every package is found.
      { encoding: 'utf8', env: { ...process.env, NODE_PATH: '' } },
    );
    expect(stdout).toMatch(/one-replica-less\.ts .* 100\.00%/);
  },
);
