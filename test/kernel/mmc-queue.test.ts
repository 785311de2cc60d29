import { expect, test } from 'vitest';
import { erlangWait, main } from '../../examples/mmc-queue.js';
import { readReference } from '../support/reference.js';

test('the example queue waits as long as Erlang C says', () => {
  for (const { simulated, exact } of main()) expect(Math.abs(simulated / exact - 1)).toBeLessThan(0.08);
});

test('Erlang C agrees with the reference values', () => {
  const content = readReference('schedules', 'queueing.json');
  const rows: { servers: number; arrivalRate: number; meanWait: number }[] =
    typeof content === 'object' && content !== null && 'mmc' in content && Array.isArray(content.mmc)
      ? content.mmc
      : [];
  expect(rows.length).toBeGreaterThan(0);
  for (const { servers, arrivalRate, meanWait } of rows) {
    expect(Math.abs(erlangWait(servers, arrivalRate) / meanWait - 1)).toBeLessThan(1e-9);
  }
});
