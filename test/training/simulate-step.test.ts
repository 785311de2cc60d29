import { lossCauses, noPerturbation, simulateStep } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testCluster, testJob } from '../support/plans.js';

const jobs = fc
  .record({
    tensor: fc.constantFrom(1, 2, 4, 8),
    pipeline: fc.constantFrom(1, 2, 4),
    data: fc.constantFrom(1, 2, 3, 4),
    zero: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
    virtual: fc.constantFrom(1, 2),
    sequenceParallel: fc.boolean(),
    recompute: fc.constantFrom('none' as const, 'full' as const),
    schedule: fc.constantFrom('1f1b' as const, 'gpipe' as const, 'zb-h1' as const),
    overlap: fc.boolean(),
    blocking: fc.boolean(),
    microBatches: fc.constantFrom(4, 8),
    oversubscription: fc.constantFrom(1, 1, 3, 8),
    nodesPerLeaf: fc.constantFrom(2, 4, 32),
    slow: fc.array(fc.tuple(fc.nat(127), fc.constantFrom(1.05, 1.3)), { maxLength: 2 }),
  })
  .map((r) => {
    const virtualStages = r.pipeline > 1 ? r.virtual : 1;
    const base = testJob({
      tensor: r.tensor,
      pipeline: r.pipeline,
      data: r.data,
      zero: r.zero,
      virtualStages,
      sequenceParallel: r.sequenceParallel && r.tensor > 1,
    });
    const job = {
      ...base,
      globalBatch: r.data * r.microBatches,
      recompute: r.recompute,
      schedule: virtualStages > 1 ? ('interleaved' as const) : r.schedule,
      options: {
        ...base.options,
        dataOverlap: r.overlap,
        p2p: r.blocking ? ('blocking' as const) : ('async' as const),
        bucketBytes: 2e7,
      },
    };
    const ranks = r.tensor * r.pipeline * r.data;
    const slow = new Map(r.slow.map(([rank, factor]) => [rank % ranks, factor]));
    const cluster = testCluster(Math.ceil(ranks / 8), {
      fabric: {
        kind: 'clos',
        tiers: 2,
        rails: 8,
        nicGbps: 200,
        oversubscription: r.oversubscription,
        routing: 'spray',
        nodesPerLeaf: r.nodesPerLeaf,
      },
    });
    return {
      job,
      ranks,
      cluster,
      perturbation: { ...noPerturbation, slowRanks: [...slow].map(([rank, factor]) => ({ rank, factor })) },
    };
  });

describe('simulateStep', () => {
  test('folded, unfolded, and unfolded operator by operator agree in every figure', () => {
    fc.assert(
      fc.property(jobs, ({ job, ranks, cluster, perturbation }) => {
        const folded = simulateStep(job, cluster, perturbation);
        for (const options of [{ fold: false }, { fold: false, coalesce: false }]) {
          const other = simulateStep(job, cluster, perturbation, options);
          expect(Math.abs(other.stepSeconds / folded.stepSeconds - 1)).toBeLessThanOrEqual(1e-9);
          for (const cause of lossCauses) {
            expect(Math.abs(other.gpuSeconds[cause] - folded.gpuSeconds[cause]), cause).toBeLessThanOrEqual(
              1e-9 * ranks * folded.stepSeconds,
            );
          }
        }
        expect(Math.abs(folded.gpuSeconds.ideal / (folded.mfu * ranks * folded.stepSeconds) - 1)).toBeLessThanOrEqual(
          1e-9,
        );
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});
