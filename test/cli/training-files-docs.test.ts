import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configFormats } from '@regatta/scenarios';
import { describe, expect, test } from 'vitest';
import { regatta } from '../support/run-cli.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(`${root}/docs/training-files.md`, 'utf8');
const shown = [...text.matchAll(/```\nregatta (.*)\n```\n\nsays.*:\n\n```text\n([\s\S]*?)\n```/g)];

describe('docs/training-files.md', () => {
  test('has commands with what they say', () => expect(shown.length).toBeGreaterThanOrEqual(2));

  test.each(shown.map(([, line = '', said = '']) => [line, said]))(
    'regatta %s says what the page shows',
    (line, said) => {
      const { stderr, stdout, code } = regatta(line.split(' '), root);
      expect(stderr.trimEnd()).toBe(said);
      expect(code).toBe(said.startsWith('error') ? 2 : 0);
      expect(stdout === '').toBe(code === 2);
    },
  );

  test('names every format', () => {
    for (const name of Object.values(configFormats)) expect(text).toContain(name.split(' ')[0]);
  });

  test('every option of the scenario that the page names exists', () => {
    const schema = regatta(['schema']).stdout;
    for (const [, field] of text.matchAll(/`job\.(?:options|model|parallel)\.(\w+)`/g))
      expect(schema).toContain(`"${field}"`);
  });
});
