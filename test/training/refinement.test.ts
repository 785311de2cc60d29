import {
  buildPlan,
  colouringOf,
  isEquitable,
  noPerturbation,
  RankGrid,
  RankPlaces,
  refine,
  singleRankBlocks,
  startingBlocks,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testCluster, testJob } from '../support/plans.js';

const shapes = fc
  .record({
    tensor: fc.constantFrom(1, 2, 4, 8),
    context: fc.constantFrom(1, 2),
    data: fc.integer({ min: 1, max: 6 }),
    pipeline: fc.integer({ min: 1, max: 4 }),
    slow: fc.array(fc.nat(200), { maxLength: 4 }),
  })
  .map(({ slow, ...parallel }) => {
    const ranks = parallel.tensor * parallel.context * parallel.data * parallel.pipeline;
    const factors = new Map(slow.map((rank, i) => [rank % ranks, 1.1 + (i % 2) / 10]));
    return { parallel, ranks, slowRanks: [...factors].map(([rank, factor]) => ({ rank, factor })) };
  });

const setting = ({
  parallel,
  ranks,
  slowRanks,
}: {
  parallel: object;
  ranks: number;
  slowRanks: { rank: number; factor: number }[];
}) => {
  const job = testJob(parallel);
  const cluster = testCluster(Math.ceil(ranks / 8));
  const perturbation = { ...noPerturbation, slowRanks };
  return { job, cluster, perturbation };
};

describe('folding', () => {
  test('classes are an equitable partition of the single ranks, with multiplicities that add up', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { job, cluster, perturbation } = setting(shape);
        const plan = buildPlan(job, cluster, perturbation, { fold: true });
        const grid = new RankGrid(job.parallel);
        const places = new RankPlaces(cluster, perturbation, shape.ranks);
        const single = singleRankBlocks(grid, places, ['tensor', 'context', 'data']);
        const keys = Array.from({ length: shape.ranks }, (_, rank) => String(plan.classOfRank(rank)));
        expect(isEquitable(single, colouringOf(keys))).toBe(true);
        const total = plan.classes.reduce((sum, rankClass) => sum + rankClass.multiplicity, 0);
        expect(total).toBe(shape.ranks);
      }),
    );
  });

  test('merging coordinates first gives the same classes as starting from single ranks', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { job, cluster, perturbation } = setting(shape);
        const grid = new RankGrid(job.parallel);
        const places = new RankPlaces(cluster, perturbation, shape.ranks);
        const single = singleRankBlocks(grid, places, ['tensor', 'context', 'data']);
        const merged = startingBlocks(grid, places, ['tensor', 'context', 'data'], true);
        const initial = (rank: number): string => `${grid.stageOf(rank)}|${places.slowFactorOf(rank)}`;
        const fine = refine(single, colouringOf(Array.from({ length: shape.ranks }, (_, rank) => initial(rank))));
        const coarse = refine(merged, colouringOf(Array.from(merged.representative, initial)));
        expect(coarse.colours).toBe(fine.colours);
        const pairs = new Set<string>();
        for (let rank = 0; rank < shape.ranks; rank++) {
          pairs.add(`${fine.colourOf[rank]}:${coarse.colourOf[merged.blockOf(rank)]}`);
        }
        expect(pairs.size).toBe(fine.colours);
      }),
    );
  });

  test('a partition that hides a straggler is caught', () => {
    const job = testJob({ tensor: 8, data: 4, pipeline: 2 });
    const grid = new RankGrid(job.parallel);
    const perturbation = { ...noPerturbation, slowRanks: [{ rank: 5, factor: 1.1 }] };
    const places = new RankPlaces(testCluster(8), perturbation, 64);
    const blocks = singleRankBlocks(grid, places, ['tensor', 'data']);
    const right = refine(
      blocks,
      colouringOf(Array.from({ length: 64 }, (_, r) => `${grid.stageOf(r)}|${places.slowFactorOf(r)}`)),
    );
    expect(isEquitable(blocks, right)).toBe(true);
    expect(right.colours).toBe(8);
    const wrong = colouringOf(Array.from({ length: 64 }, (_, r) => (r === 5 ? 'slow' : String(grid.stageOf(r)))));
    expect(isEquitable(blocks, wrong)).toBe(false);
  });

  test('a million symmetric ranks fold to one class a stage without listing them', () => {
    const job = testJob({ tensor: 8, data: 8192, pipeline: 16 });
    const plan = buildPlan(job, testCluster(131072), noPerturbation, { fold: true });
    expect(plan.classes).toHaveLength(16);
    expect(plan.classes[0]?.multiplicity).toBe(65536);
  });
});
