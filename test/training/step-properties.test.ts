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

  test('less latency is never slower, more GPUs for the same batch are never slower where compute is what binds', () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom(2, 4), (shape, times) => {
        const job = withoutOverlap(testJob({ ...shape, pipeline: 1 }));
        const latency = (seconds: number): number =>
          simulateStep(job, {
            ...clusterOf(job, { ...testDevice, scaleUp: { ...testDevice.scaleUp, latencySeconds: seconds } }),
            fabric: {
              kind: 'clos',
              tiers: 2,
              rails: 8,
              nicGbps: 200,
              oversubscription: 1,
              routing: 'spray',
              switchLatencySeconds: seconds,
              nicLatencySeconds: seconds,
            },
          }).stepSeconds;
        expect(latency(1e-6)).toBeLessThanOrEqual(latency(2e-5) * (1 + 1e-12));
        const data = shape.data * times;
        const more = { ...job, parallel: { ...job.parallel, data }, globalBatch: 16 * data, sequenceLength: 4096 };
        const fewer = { ...more, parallel: { ...job.parallel, data: shape.data } };
        expect(simulateStep(more, clusterOf(more, testDevice)).stepSeconds).toBeLessThanOrEqual(
          simulateStep(fewer, clusterOf(fewer, testDevice)).stepSeconds,
        );
      }),
      { numRuns: 40 },
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

  test('jitter: each distribution has mean 1 and the deviation that it is given', () => {
    const job = testJob({ data: 1 });
    const cluster = clusterOf(job, testDevice);
    const calm = simulateStep(job, cluster).stepSeconds - testDevice.stepOverheadSeconds;
    for (const distribution of ['lognormal', 'exponential', 'uniform'] as const) {
      const jitter = { sigma: 0.2, distribution };
      const draws = jitteredStepSeconds(job, cluster, { ...noPerturbation, jitter }, 400);
      const factors = draws.map((seconds) => (seconds - testDevice.stepOverheadSeconds) / calm);
      const mean = factors.reduce((a, b) => a + b, 0) / factors.length;
      const deviation = Math.sqrt(factors.reduce((a, b) => a + (b - mean) ** 2, 0) / factors.length);
      expect(Math.abs(mean - 1), distribution).toBeLessThan(0.03);
      // Three classes of operation draw for themselves, so that their sum varies less than each.
      expect(deviation, distribution).toBeGreaterThan(0.08);
      expect(deviation, distribution).toBeLessThan(0.25);
      if (distribution === 'exponential') expect(Math.min(...factors)).toBeGreaterThan(0.75);
    }
  });

  test('slow bin: more of it is never faster, the same ranks are slow at any size, folded as every rank', () => {
    const job = withoutOverlap(testJob({ tensor: 2, data: 8 }));
    const cluster = clusterOf(job, testDevice);
    const step = (fraction: number, fold = true): number =>
      simulateStep(job, cluster, { ...noPerturbation, slowFraction: { fraction, meanExcess: 0.1 } }, { fold })
        .stepSeconds;
    expect(step(0)).toBe(simulateStep(job, cluster).stepSeconds);
    expect(step(0.3)).toBeGreaterThanOrEqual(step(0.1));
    expect(step(1)).toBeGreaterThan(step(0));
    expect(step(0.3, false) / step(0.3)).toBeCloseTo(1, 9);
  });

  test('pauses: one host that stands still holds up everybody; the books name it', () => {
    const job = testJob({ tensor: 8, data: 4 });
    const cluster = clusterOf(job, testDevice);
    const calm = simulateStep(job, cluster);
    const pauses = { perHostHour: 3600 / calm.stepSeconds, medianSeconds: 0.5, sigma: 0 };
    const perturbation = { ...noPerturbation, pauses };
    const steps = jitteredStepSeconds(job, cluster, perturbation, 20);
    // With four hosts of one pause a step each, hardly any step is free of them, and each adds a multiple of half a second.
    expect(Math.max(...steps)).toBeGreaterThan(calm.stepSeconds + 0.4);
    for (const seconds of steps) expect(seconds).toBeGreaterThanOrEqual(calm.stepSeconds * (1 - 1e-9));
    const step = simulateStep(job, cluster, perturbation);
    expect(step.stepSeconds).toBe(steps[0]);
    expect(step.gpuSeconds.stragglers).toBeGreaterThan(0);
    const total = Object.values(step.gpuSeconds).reduce((a, b) => a + b, 0);
    expect(total / (step.gpus * step.stepSeconds)).toBeCloseTo(1, 9);
  });
});
