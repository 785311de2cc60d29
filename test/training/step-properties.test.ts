import {
  type Cluster,
  type Device,
  type Job,
  jitteredStepSeconds,
  noPerturbation,
  simulateStep,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testCluster, testDevice, testJob } from '../support/plans.js';

const shapes = fc
  .record({
    tensor: fc.constantFrom(1, 2, 4, 8),
    pipeline: fc.constantFrom(1, 2, 4),
    data: fc.constantFrom(1, 2, 4),
    sequenceParallel: fc.boolean(),
    zero: fc.constantFrom(0 as const, 1 as const),
  })
  .map((shape) => ({ ...shape, sequenceParallel: shape.sequenceParallel && shape.tensor > 1 }));

/**
 * Without overlap nothing races for a link, so the step is a longest path: no anomaly can make faster parts slower. Scale-up
 * bandwidth is left out: with more of it NCCL's tuner may pick another protocol, whose chunks take longer to fill than it reckons.
 */
const withoutOverlap = (job: Job): Job => ({ ...job, options: { ...job.options, dataOverlap: false } });
const clusterOf = (job: Job, device: Device, nicGbps = 200): Cluster =>
  testCluster(Math.ceil((job.parallel.tensor * job.parallel.pipeline * job.parallel.data) / 8), {
    device,
    fabric: { kind: 'clos', tiers: 2, rails: 8, nicGbps, oversubscription: 1, routing: 'spray' },
  });

describe('one step', () => {
  test('more bandwidth is never slower, more overhead never faster (no overlap of gradients: see the helper)', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const job = withoutOverlap(testJob(shape));
        const base = simulateStep(job, clusterOf(job, testDevice)).stepSeconds;
        const faster: [Device, number][] = [
          [testDevice, 400],
          [{ ...testDevice, memoryBandwidthBytesPerSecond: 4e12 }, 200],
          [{ ...testDevice, peakFlops: { bf16: 600e12 } }, 200],
        ];
        for (const [device, nic] of faster) {
          expect(simulateStep(job, clusterOf(job, device, nic)).stepSeconds).toBeLessThanOrEqual(base * (1 + 1e-12));
        }
        const slower = { ...testDevice, opOverheadSeconds: 2 * testDevice.opOverheadSeconds };
        expect(simulateStep(job, clusterOf(job, slower)).stepSeconds).toBeGreaterThan(base);
      }),
      { numRuns: 60 },
    );
  });

  test('twice the micro-batches of compute-bound steps take twice the time, less the pipeline fill', () => {
    const job = testJob({ tensor: 2, pipeline: 1, data: 1 });
    const one = simulateStep(job, clusterOf(job, testDevice)).stepSeconds;
    const two = simulateStep({ ...job, globalBatch: 2 * job.globalBatch }, clusterOf(job, testDevice)).stepSeconds;
    const fixed = 2 * one - two;
    expect(fixed).toBeGreaterThan(testDevice.stepOverheadSeconds);
    expect(fixed).toBeLessThan(0.5 * one);
  });

  test('which node is slow does not matter on a symmetric fabric', () => {
    fc.assert(
      fc.property(fc.nat(7), fc.nat(7), fc.nat(7), (nodeA, nodeB, local) => {
        const job = testJob({ tensor: 8, data: 8 });
        const cluster = clusterOf(job, testDevice);
        const step = (node: number): number =>
          simulateStep(job, cluster, { ...noPerturbation, slowRanks: [{ rank: node * 8 + local, factor: 1.2 }] })
            .stepSeconds;
        expect(step(nodeA)).toBe(step(nodeB));
      }),
      { numRuns: 20 },
    );
  });

  test('a straggler and a slow NIC cost time, and the books say so', () => {
    const job = testJob({ tensor: 8, pipeline: 2, data: 4 });
    const cluster = clusterOf(job, testDevice);
    const calm = simulateStep(job, cluster);
    const slow = simulateStep(job, cluster, { ...noPerturbation, slowRanks: [{ rank: 5, factor: 1.3 }] });
    expect(slow.stepSeconds).toBeGreaterThan(calm.stepSeconds * 1.1);
    expect(slow.gpuSeconds.stragglers).toBeGreaterThan(0);
    expect(calm.gpuSeconds.stragglers).toBe(0);
    expect(slow.folding.classes).toBe(8);
    const blocking = withoutOverlap(job);
    const nic = { ...noPerturbation, links: [{ link: 'node3.nic2', capacityFactor: 0.25 }] };
    expect(simulateStep(blocking, cluster, nic).stepSeconds).toBeGreaterThan(
      simulateStep(blocking, cluster).stepSeconds,
    );
  });

  test('jitter: step times over several draws spread, more with more of it, and the first is that of one step', () => {
    const job = testJob({ tensor: 2, data: 8 });
    const cluster = clusterOf(job, testDevice);
    const spread = (sigma: number): number => {
      const perturbation = { ...noPerturbation, jitter: { sigma } };
      const seconds = jitteredStepSeconds(job, cluster, perturbation, 30);
      expect(seconds[0]).toBe(simulateStep(job, cluster, perturbation).stepSeconds);
      return Math.max(...seconds) - Math.min(...seconds);
    };
    expect(spread(0)).toBe(0);
    expect(spread(0.1)).toBeGreaterThan(spread(0.01));
    expect(spread(0.01)).toBeGreaterThan(0);
  });

  test('jitter: the same seed gives the same step, another seed another', () => {
    const job = testJob({ tensor: 2, data: 4 });
    const cluster = clusterOf(job, testDevice);
    const step = (seed: number): string =>
      JSON.stringify(simulateStep(job, cluster, { ...noPerturbation, jitter: { sigma: 0.05 }, seed }));
    expect(step(1)).toBe(step(1));
    expect(step(1)).not.toBe(step(2));
  });
});
