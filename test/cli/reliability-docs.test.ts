import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { failureProfiles } from '@regatta/scenarios';
import { builtInRecovery, failureLevels, failureModes, lossCauses } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { regatta } from '../support/run-cli.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(`${root}/docs/reliability.md`, 'utf8');
const shown = [...text.matchAll(/```\nregatta (.*)\n```\n\n```text\n([\s\S]*?)\n```/g)];
/** As a shell splits it. */
const words = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

describe('docs/reliability.md', () => {
  test('every command on it stands with its output', () => {
    expect(shown.length).toBeGreaterThanOrEqual(6);
    expect(text.match(/```\nregatta /g)).toHaveLength(shown.length);
  });

  test.each(shown.map(([, line = '', output = '']) => [line, output]))(
    'regatta %s prints what the page shows',
    (line, output) => {
      expect(regatta(words(line), root).stdout.trimEnd()).toBe(output);
    },
    60_000,
  );

  test('names every profile, policy, level and mode, and what a run adds to the causes of a step', () => {
    for (const name of [
      ...failureProfiles.map((profile) => profile.name),
      ...Object.keys(builtInRecovery),
      ...failureModes,
    ])
      expect(text).toContain(`\`${name}\``);
    for (const level of failureLevels) expect(text).toMatch(new RegExp(`\\b${level}\\b`));
    for (const cause of ['checkpoint', 'lostWork', 'restart', 'idle', 'degraded'])
      expect(text).toContain(`\`${cause}\``);
    expect(lossCauses).not.toContain('degraded');
  });
});
