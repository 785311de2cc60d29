import type { JobView } from '@regatta/sim-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BucketQueue } from '../../packages/sim-core/src/scheduling/job-queue.js';
import { OrderForest } from '../../packages/sim-core/src/scheduling/order-forest.js';

const size = 40;
const step = fc.record({
  item: fc.integer({ min: 0, max: size - 1 }),
  key: fc.integer({ min: 0, max: 5 }),
  weight: fc.integer({ min: 0, max: 9 }),
  gpus: fc.integer({ min: 1, max: 4 }),
});

test('a bucket queue finds what a scan of a sorted list finds, whatever came and went', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const views = Array.from({ length: size }, (_, rank) => ({ rank, queueKey: 0 }));
      const queue = new BucketQueue(new OrderForest(size), views as unknown as JobView[]);
      const model = new Map<number, { key: number; weight: number; gpus: number }>();
      for (const { item, key, weight, gpus } of steps) {
        const present = model.get(item);
        if (present === undefined) {
          model.set(item, { key, weight, gpus });
          const view = views[item];
          if (view !== undefined) view.queueKey = key;
          queue.add(item, gpus, key, weight);
        } else {
          model.delete(item);
          queue.remove(item, present.gpus);
        }
        const sorted = [...model].sort(([a, x], [b, y]) => x.key - y.key || a - b);
        expect([...queue].map((job) => job.rank)).toEqual(sorted.map(([rank]) => rank));
        expect(queue.size).toBe(model.size);
        const limits = { maxGpus: gpus, maxEstimateSeconds: weight };
        const fits = sorted.filter(([, entry]) => entry.gpus <= gpus && entry.weight <= weight);
        expect(queue.first(limits)?.rank).toBe(fits[0]?.[0]);
        const after = views[item];
        const behind = fits.find(
          ([rank, entry]) => entry.key > (after?.queueKey ?? 0) || (entry.key === after?.queueKey && rank > item),
        );
        expect(queue.next(after as unknown as JobView, limits)?.rank).toBe(behind?.[0]);
      }
    }),
    { numRuns: 200 },
  );
});
