import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPublished, scoreFile, summarise } from '@regatta/scenarios';
import { expect, test } from 'vitest';
import { referenceFolder } from '../support/reference.js';

const rowsOf = (name: string) =>
  scoreFile(name, readPublished(readFileSync(join(referenceFolder, 'published', `${name}.json`), 'utf8'), name)).scored;

test("SC'21 Table 1: mean error within 5 %, each row's printed", () => {
  const rows = rowsOf('megatron-lm').filter((row) => row.section.startsWith('SC21 Table 1'));
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) console.log(`${row.id} ${row.model} on ${row.gpus}: ${(100 * row.signedError).toFixed(1)} %`);
  expect(summarise('SC21', rows).meanAbsoluteError).toBeLessThan(0.05);
});

test('Korthikanti 2022, Table 5: mean error within 5 %', () => {
  expect(summarise('K22', rowsOf('korthikanti-2022')).meanAbsoluteError).toBeLessThan(0.05);
});
