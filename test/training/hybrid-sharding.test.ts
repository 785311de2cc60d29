import { lossCauses, noPerturbation, simulateStep } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testCluster, testJob } from '../support/plans.js';

const jobWith = (data: number, shardGroup: number, tensor = 1) => {
  const base = testJob({ data, tensor, zero: 3, sequenceParallel: tensor > 1 });
  return { ...base, globalBatch: 2 * data, options: { ...base.options, shardGroup } };
};

describe('hybrid sharding', () => {
  test('a shard group of all data ranks is plain FSDP', () => {
    const cluster = testCluster(4);
    const { folding: _, ...plain } = simulateStep(jobWith(32, 0), cluster);
    const { folding: __, ...whole } = simulateStep(jobWith(32, 32), cluster);
    expect(whole).toEqual(plain);
  });

  test('shards in a node keep the gathers off the network: faster on slow NICs, for more memory', () => {
    const slow = testCluster(8, {
      fabric: { kind: 'clos', tiers: 2, rails: 8, nicGbps: 25, oversubscription: 1, routing: 'spray' },
    });
    const steps = [64, 32, 8].map((shardGroup) => simulateStep(jobWith(64, shardGroup), slow));
    expect(steps[2]?.stepSeconds).toBeLessThan(0.95 * (steps[0]?.stepSeconds ?? 0));
    expect(steps[2]?.memory.weightsBytes).toBeCloseTo(8 * (steps[0]?.memory.weightsBytes ?? 0), 3);
    expect(steps[1]?.memory.weightsBytes).toBeCloseTo(2 * (steps[0]?.memory.weightsBytes ?? 0), 3);
  });

  test('folded and unfolded agree, stragglers and slow NICs included', () => {
    const shapes = fc.record({
      data: fc.constantFrom(4, 8, 16),
      group: fc.constantFrom(1, 2, 4),
      tensor: fc.constantFrom(1, 2),
      slow: fc.array(fc.nat(31), { maxLength: 1 }),
      nic: fc.array(fc.nat(3), { maxLength: 1 }),
    });
    fc.assert(
      fc.property(shapes, ({ data, group, tensor, slow, nic }) => {
        const job = jobWith(data, group, tensor);
        const ranks = data * tensor;
        const nodes = Math.ceil(ranks / 4);
        const cluster = testCluster(nodes, {
          gpusPerNode: 4,
          fabric: { kind: 'clos', tiers: 2, rails: 4, nicGbps: 100, oversubscription: 1, routing: 'spray' },
        });
        const perturbation = {
          ...noPerturbation,
          slowRanks: slow.map((rank) => ({ rank: rank % ranks, factor: 1.2 })),
          links: nic.map((n) => ({ link: `node${n % nodes}.nic1`, capacityFactor: 0.5 })),
        };
        const one = simulateStep(job, cluster, perturbation);
        const other = simulateStep(job, cluster, perturbation, { fold: false });
        expect(Math.abs(other.stepSeconds / one.stepSeconds - 1)).toBeLessThanOrEqual(1e-9);
        for (const cause of lossCauses) {
          expect(Math.abs(other.gpuSeconds[cause] - one.gpuSeconds[cause]), cause).toBeLessThanOrEqual(
            1e-9 * ranks * one.stepSeconds,
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  test('thousands of ranks fold as those of plain FSDP do', () => {
    expect(simulateStep(jobWith(4096, 8), testCluster(512)).folding.classes).toBe(1);
  });
});
