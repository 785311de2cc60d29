import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderWith, regatta } from '../support/run-cli.js';

const folder = folderWith({});
const scriptOf = (shell: string): string => {
  const path = join(folder, `regatta.${shell}`);
  const { code, stdout } = regatta(['completion', shell]);
  expect(code).toBe(0);
  writeFileSync(path, stdout);
  return path;
};
const run = (shell: string, args: readonly string[]): string | undefined => {
  const { error, stdout } = spawnSync(shell, args, { encoding: 'utf8', cwd: folder, timeout: 20_000 });
  return error ? undefined : stdout;
};

/** What stands on the line, and a word that must be offered. */
const cases: readonly (readonly [string, string])[] = [
  ['regatta re', 'replay'],
  ['regatta replay --rep', '--report'],
  ['regatta replay --model llama-3.1-4', 'llama-3.1-405b'],
  ['regatta inspect --cluster h100', 'h100-rail-clos'],
  ['regatta run gpt3', 'gpt3-175b-a100'],
  ['regatta replay --scaling w', 'weak'],
  ['regatta catalogue dev', 'devices'],
  ['regatta completion fi', 'fish'],
  ['regatta check --policy eas', 'easy'],
];

describe('completion', () => {
  test('bash', () => {
    const script = scriptOf('bash');
    for (const [line, wanted] of cases) {
      const words = line.split(' ');
      const code = `source ${script}; COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _regatta; echo "\${COMPREPLY[@]}"`;
      expect(run('bash', ['--norc', '-c', code])?.trim().split(' '), line).toContain(wanted);
    }
  });

  test('fish', (context) => {
    const script = scriptOf('fish');
    if (run('fish', ['-c', 'true']) === undefined) context.skip('fish is not installed');
    for (const [line, wanted] of cases) {
      const offered = run('fish', ['--no-config', '-c', `source ${script}; complete -C "${line}"`]) ?? '';
      expect(
        offered.split('\n').map((one) => one.split('\t')[0]),
        line,
      ).toContain(wanted);
    }
  });

  test('zsh', (context) => {
    const script = scriptOf('zsh');
    if (run('zsh', ['-c', 'true']) === undefined) context.skip('zsh is not installed');
    // In a terminal of its own, since completion works on a line that is being typed; only matches that are alone are put in.
    const typed = cases
      .filter(([line]) => !line.includes('--rep'))
      .map(([line]) => `zpty -n -w z $'${line}\\t\\x15'; sleep 0.3`);
    const code = [
      'zmodload zsh/zpty; zpty z zsh -f -i',
      `zpty -w z "autoload -Uz compinit; compinit -u -D; PS1=; source ${script}"; sleep 1.5`,
      ...typed,
      'sleep 0.5; while zpty -rt z part; do print -rn -- "$part"; done',
    ].join('\n');
    const shown = run('zsh', ['-f', '-c', code]) ?? '';
    for (const [line, wanted] of cases) if (!line.includes('--rep')) expect(shown, line).toContain(wanted);
  });
});
