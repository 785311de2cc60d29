import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { regatta } from '../support/run-cli.js';

const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');

test('the output in the README is the output of the command that npm start runs', () => {
  const shown = /```text\n([\s\S]*?)\n```/.exec(readme)?.[1];
  const scripts: { scripts: { demo: string } } = JSON.parse(
    readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8'),
  );
  const line = scripts.scripts.demo.split('regatta.js ')[1]?.split(' ') ?? [];
  expect(regatta(line).stdout.trimEnd()).toBe(shown);
});

test('every command of the README exists', () => {
  const overview = regatta(['--help']).stdout;
  for (const [, name] of readme.matchAll(/`regatta ([a-z]+)/g)) expect(overview).toContain(`  ${name} `);
});
