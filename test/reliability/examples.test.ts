import { execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { main as howManySpares } from '../../examples/how-many-spares.js';
import { main as howOften } from '../../examples/how-often-to-checkpoint.js';
import { main as whatDaysGive } from '../../examples/what-54-days-give.js';
import { main as whichPolicy } from '../../examples/which-recovery-policy.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('examples about long runs', () => {
  test('what 54 days give: less on more GPUs, since everything but the work grows with the failures', async () => {
    const rows = await whatDaysGive();
    rows.slice(1).forEach((row, i) => {
      const before = rows[i];
      for (const cause of ['interruptions', 'checkpoint', 'lostWork', 'restart'] as const)
        expect(row[cause]).toBeGreaterThan(before?.[cause] ?? 0);
      expect(row.goodputPercent).toBeLessThan(before?.goodputPercent ?? 0);
    });
    expect(rows[2]?.goodputPercent).toBeGreaterThan(90);
  });

  test('which recovery policy: with few spares, going on with fewer nodes beats waiting', async () => {
    const [spares, ...others] = await whichPolicy();
    expect(spares?.goodputPercent).toBeLessThan(70);
    for (const { verdict } of others) expect(verdict).toBe('better');
  });

  test('how often to checkpoint: the interval that the tool finds is the best of those that stall; writing beside the training is better', async () => {
    const rows = await howOften();
    const stalls = rows.filter(({ kind }) => kind === 'synchronous');
    const best = Math.max(...stalls.map(({ goodputPercent }) => goodputPercent));
    expect(stalls.find(({ interval }) => interval === 'optimal')?.goodputPercent).toBe(best);
    for (const { kind, goodputPercent } of rows)
      if (kind !== 'synchronous') expect(goodputPercent).toBeGreaterThan(best + 1);
  });

  test('how many spares: each gives less than the one before', async () => {
    const [, ...rows] = await howManySpares();
    rows.slice(1).forEach((row, i) => {
      expect(row.pointsPerNode).toBeLessThan(rows[i]?.pointsPerNode ?? 0);
    });
    expect(rows.at(-1)?.pointsPerNode).toBeLessThan(0.01);
  });

  test('each says how it is run, and that prints its table', () => {
    for (const name of ['what-54-days-give', 'which-recovery-policy', 'how-often-to-checkpoint', 'how-many-spares'])
      expect(readFileSync(`${root}/examples/${name}.ts`, 'utf8')).toMatch(/^ \* Run: npx esbuild examples\/.*/m);
    const [, line = ''] = /Run: (.*)/.exec(readFileSync(`${root}/examples/how-many-spares.ts`, 'utf8')) ?? [];
    expect(execSync(line, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })).toContain(
      'pointsPerNode',
    );
  }, 30_000);
});
