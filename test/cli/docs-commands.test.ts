import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { helpFolder } from '../support/help-folder.js';
import { typedLine } from '../support/typed-line.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = ['README.md', ...readdirSync(`${root}/docs`).map((name) => `docs/${name}`)].filter((path) =>
  path.endsWith('.md'),
);

/** Blocks of command lines of a page, each with the output that is shown right after it, if any. */
function commandBlocks(page: string): { readonly lines: string[]; readonly shown?: string }[] {
  const text = readFileSync(`${root}/${page}`, 'utf8');
  return [...text.matchAll(/```(?:sh|bash)?\n(regatta [\s\S]*?)\n```(?:\n\n```text\n([\s\S]*?)\n```)?/g)].map(
    ([, block = '', shown]) => ({
      lines: block
        .split('\n')
        .map((line) => line.replace(/ {2,}#.*$/, '').trim())
        .filter((line) => line.startsWith('regatta ')),
      ...(shown === undefined ? {} : { shown }),
    }),
  );
}

/** Pages whose own test compares every command with its output. */
const compared = ['docs/reliability.md', 'docs/scheduling.md', 'docs/network.md', 'docs/training-files.md'];

/** Every published row is predicted; the examples of --help run that. */
const whole = /^regatta validate(?! --data)/;

describe('commands of README and docs', () => {
  const folder = helpFolder();

  for (const page of pages.filter((path) => !compared.includes(path))) {
    for (const { lines, shown } of commandBlocks(page)) {
      for (const line of lines.filter((one) => !whole.test(one))) {
        test(`${page}: ${line}`, () => {
          const { code, stdout, stderr } = typedLine(line, folder);
          expect(stderr).not.toMatch(/^error: /m);
          expect(code, stderr).toBeLessThanOrEqual(/ check /.test(line) ? 1 : 0);
          if (shown !== undefined && lines.length === 1) expect(stdout.trimEnd()).toBe(shown);
        }, 240_000);
      }
    }
  }

  const readme = readFileSync(`${root}/README.md`, 'utf8');
  const inline = [...readme.matchAll(/`(regatta [a-z]+ [^`]+)`/g)].map(([, line = '']) => line);
  // `regatta COMMAND --help` and the like name no command.
  for (const line of inline.filter((one) => !/ [A-Z]{3,}/.test(one))) {
    test(`README.md: ${line}`, () => {
      const { code, stderr } = typedLine(line, folder);
      expect(code, stderr).toBe(0);
    }, 240_000);
  }

  test('lines inside of text name commands that exist', () => {
    const overview = typedLine('regatta --help', folder).stdout;
    for (const page of pages)
      for (const [, name] of readFileSync(`${root}/${page}`, 'utf8').matchAll(/`regatta ([a-z]+)/g))
        expect(overview, page).toContain(`  ${name} `);
  });
});
