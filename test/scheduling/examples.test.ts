import { schedulerInvariants } from '@regatta/sim-core/testing';
import { expect, test } from 'vitest';
import smallestFirst from '../../examples/my-scheduling-policy/smallest-first.js';
import { main as whichQueue } from '../../examples/which-queue.js';

test('examples/my-scheduling-policy keeps what it claims', () => schedulerInvariants(smallestFirst, { runs: 300 }));

test('examples/which-queue: backfill lets users wait less than FIFO', () => {
  const rows = new Map(whichQueue().map((row) => [row.policy, row]));
  expect(rows.get('easy')?.waitMinutes).toBeLessThan(rows.get('fifo')?.waitMinutes ?? 0);
  expect(rows.get('conservative')?.waitMinutes).toBeLessThan(rows.get('fifo')?.waitMinutes ?? 0);
});
