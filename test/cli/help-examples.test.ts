import { describe, expect, test } from 'vitest';
import { commands } from '../../packages/cli/src/commands/index.js';
import { helpFolder } from '../support/help-folder.js';
import { typedLine } from '../support/typed-line.js';

const examples = await Promise.all(
  Object.entries(commands).map(async ([name, { load }]) => {
    const { examples: list } = await load();
    return { name, lines: list.map(([line]) => line) };
  }),
);

describe('examples of --help', () => {
  const folder = helpFolder();

  test.each(examples)(
    '$name: each line runs',
    ({ lines }) => {
      expect(lines.length).toBeGreaterThanOrEqual(3);
      for (const line of lines) {
        const { code, stderr } = typedLine(line, folder);
        // 1 is what a check says that it was made to find; no line is wrong input.
        expect(code, `${line}\n${stderr}`).toBeLessThanOrEqual(/ (?:validate|check)(?: |$)/.test(line) ? 1 : 0);
        expect(stderr).not.toMatch(/^error: /m);
      }
    },
    240_000,
  );
});
