import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { busbwFileSchema, busbwScoreTable, scoreBusbwSets } from '@regatta/scenarios';
import { expect, it } from 'vitest';
import { collective } from '../../packages/cli/src/commands/collective.js';
import type { Io } from '../../packages/cli/src/conduct/io.js';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const docs = readFileSync(at('docs/network.md'), 'utf8');
const shown = [...docs.matchAll(/```text\n([\s\S]*?)```/g)].map((match) => match[1]);

it('docs/network.md shows what the command prints', () => {
  let out = '';
  const io: Io = {
    print: (text) => {
      out += text;
    },
    remark: () => {},
    commandLine: 'regatta',
    progress: () => undefined,
    readText: () => '',
    writeFile: () => {},
    exists: () => false,
    color: false,
    width: 100,
    interactive: false,
  };
  const [, line = ''] = /\nregatta collective (.*)\n/.exec(docs) ?? [];
  const words = line.split(' ');
  const args = Object.fromEntries(
    words.flatMap((word, i) => (word.startsWith('--') ? [[word.slice(2), words[i + 1]]] : [])),
  );
  collective.run(args, io);
  expect(shown[0]).toBe(out);
});

it('docs/network.md shows the scores of the published sets', () => {
  const file = JSON.parse(readFileSync(at('test/fixtures/reference/published/nccl-busbw.json'), 'utf8'));
  expect(shown[1]).toBe(busbwScoreTable(scoreBusbwSets(busbwFileSchema.parse(file).sets)));
});
