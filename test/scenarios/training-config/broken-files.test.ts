import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InputError } from '@regatta/scenarios';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixtureText, mistakesOf, resolved } from './read.js';

const names = readdirSync(fileURLToPath(new URL('../../fixtures/training-config/', import.meta.url)));
const sets = ['job.sequenceLength=4096'];

/** Every mistake has its file and, but for a whole file, its line and column; any other error is a crash. */
function holds(text: string, file: string): void {
  try {
    resolved(text, file, { gpus: 32, sets });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.issues.length).toBeGreaterThan(0);
    for (const issue of error.issues) {
      expect(issue.message).not.toBe('');
      expect(issue.message).not.toMatch(/undefined|\[object|NaN/);
      if (issue.line !== undefined) expect(issue.line).toBeLessThanOrEqual(text.split('\n').length + 1);
    }
  }
}

describe.each(names)('%s, broken', (name) => {
  const text = fixtureText(name);

  test('cut at any place', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length }), (at) => holds(text.slice(0, at), name)),
      {
        numRuns: 80,
      },
    );
  });

  test('with a value that is no such value, lines twice, lines missing', () => {
    const lines = text.split('\n');
    const strange = fc.constantFrom(
      'twelve',
      '-3',
      '1.5',
      '[]',
      '{}',
      'null',
      '"',
      "'",
      '$X',
      '$(date)',
      '1e999',
      '0x10',
    );
    const change = fc.oneof(
      fc.tuple(fc.nat(lines.length - 1), strange).map(([at, value]) => (now: string[]) => {
        now[at] = (now[at] ?? '').replace(/([=: ]\s*)("?)[\w.+-]+("?,?)\s*$/, `$1${value}$3`);
      }),
      fc.nat(lines.length - 1).map((at) => (now: string[]) => void now.splice(at, 1)),
      fc.nat(lines.length - 1).map((at) => (now: string[]) => void now.splice(at, 0, now[at] ?? '')),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const now = [...lines];
        for (const one of changes) one(now);
        holds(now.join('\n'), name);
      }),
      { numRuns: 150 },
    );
  });

  test('with line ends of Windows it says the same', () => {
    const plain = resolved(text, name, { gpus: 32, sets: [...sets, 'job.model=llama-3.1-8b'] }).scenario;
    const windows = resolved(text.replaceAll('\n', '\r\n'), name, {
      gpus: 32,
      sets: [...sets, 'job.model=llama-3.1-8b'],
    }).scenario;
    expect(windows).toEqual(plain);
  });
});

describe('files that are none', () => {
  test.each(['a.sh', 'a.yaml', 'a.json', 'a.toml'])('an empty %s', (file) => {
    expect(mistakesOf('', file)).toHaveLength(1);
    expect(mistakesOf('\n\n# nothing\n', file).length).toBeGreaterThan(0);
  });

  test.each(['a.yaml', 'a.json', 'a.toml', 'a.sh'])('a binary %s', (file) => {
    const [first = ''] = mistakesOf('\u0000\u0001\u0002ELF', file);
    expect(first).toMatch(new RegExp(`^${file}`));
  });

  test('a list, a text, a number', () => {
    for (const text of ['- 1\n- 2\n', 'just words\n', '42\n'])
      expect(mistakesOf(text, 'a.yaml')[0]).toMatch(/is no map of fields/);
  });
});
