import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jobFields, traceFormats } from '@regatta/scenarios';
import { placementNames, policyNames } from '@regatta/sim-core';
import { invariants } from '@regatta/sim-core/testing';
import { describe, expect, test } from 'vitest';
import { regatta } from '../support/run-cli.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(`${root}/docs/scheduling.md`, 'utf8');
const shown = [...text.matchAll(/```\nregatta (.*)\n```\n\n```text\n([\s\S]*?)\n```/g)];

describe('docs/scheduling.md', () => {
  test('has commands with their output', () => expect(shown.length).toBeGreaterThanOrEqual(2));

  test.each(shown.map(([, line = '', output = '']) => [line, output]))(
    'regatta %s prints what the page shows',
    (line, output) => {
      expect(regatta(line.split(' '), root).stdout.trimEnd()).toBe(output);
    },
  );

  test('names every policy, placement, format, job field and invariant', () => {
    for (const name of [...policyNames, ...placementNames, ...traceFormats, ...Object.keys(jobFields)])
      expect(text).toContain(`\`${name}\``);
    for (const { id } of invariants) expect(text).toContain(`| ${id} |`);
  });
});
