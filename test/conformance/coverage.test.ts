import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { referenceFolder } from '../support/reference.js';

/** Read for orientation or scored by `validate`; not cases. */
const notCases = ['published', 'performance', 'README.md', 'models.json'];

test('files of the reference folder that no suite reads are named', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const suites = readdirSync(folder)
    .filter((file) => file.endsWith('.test.ts') && file !== 'coverage.test.ts')
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
  expect(existsSync(referenceFolder)).toBe(true);
  const unread: string[] = [];
  for (const kind of readdirSync(referenceFolder)) {
    if (notCases.includes(kind)) continue;
    // A suite that walks a whole folder reads every file in it.
    if (suites.includes(`referenceFiles('${kind}')`)) continue;
    for (const file of readdirSync(join(referenceFolder, kind))) {
      if (notCases.includes(file) || suites.includes(`'${file}'`)) continue;
      unread.push(`${kind}/${file}`);
    }
  }
  if (unread.length > 0) console.log(`read by no suite yet: ${unread.join(', ')}`);
});
