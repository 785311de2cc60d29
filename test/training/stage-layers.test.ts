import {
  type Cluster,
  type Job,
  layersBySpeed,
  layersOfStages,
  simulateStep,
  stageLayersOf,
  stepMemory,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testCluster, testDevice, testJob, testModel } from '../support/plans.js';

const withOptions = (job: Job, options: Partial<Job['options']>): Job => ({
  ...job,
  options: { ...job.options, ...options },
});

/** Second half of the nodes three times as fast. */
const half = (nodes: number): Cluster =>
  testCluster(nodes, {
    deviceRanges: [
      {
        first: nodes / 2,
        count: nodes / 2,
        device: {
          ...testDevice,
          name: 'fast',
          peakFlops: { bf16: 900e12 },
          memoryBandwidthBytesPerSecond: 6e12,
          memoryBytes: 40 * 2 ** 30,
        },
      },
    ],
  });

const deep = (layers: number): Job['model'] => ({
  ...testModel,
  layers,
  hidden: 2048,
  ffn: 8192,
  heads: 16,
  headDim: 128,
  vocab: 1024,
});

describe('layers of pipeline stages', () => {
  test('by speed on equal devices is the even split', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(70),
        fc.double({ min: 1e-4, max: 1, noNaN: true }),
        (p, v, more, seconds) => {
          const layers = p * v + more;
          const ranks = Array.from({ length: p * v }, (_, stage) => stage % p);
          expect(layersBySpeed(layers, ranks, new Array<number>(p).fill(seconds))).toEqual(
            layersOfStages(layers, p, v),
          );
        },
      ),
    );
  });

  test('by speed no move of a layer makes the slowest rank faster', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 2, maxLength: 8 }),
        fc.nat(60),
        (seconds, more) => {
          const layers = seconds.length + more;
          const counts = layersBySpeed(
            layers,
            seconds.map((_, i) => i),
            seconds,
          );
          expect(counts.reduce((a, b) => a + b)).toBe(layers);
          const done = counts.map((count, i) => count * (seconds[i] ?? 1));
          const slowest = done.indexOf(Math.max(...done));
          if ((counts[slowest] ?? 0) === 1) return;
          for (let to = 0; to < counts.length; to++) {
            if (to === slowest) continue;
            expect(((counts[to] ?? 0) + 1) * (seconds[to] ?? 1)).toBeGreaterThanOrEqual(
              (done[slowest] ?? 0) * (1 - 1e-4),
            );
          }
        },
      ),
    );
  });

  test('a list that is the even split gives the same step to the last bit', () => {
    for (const virtualStages of [1, 2]) {
      const job = { ...testJob({ pipeline: 4, data: 2, virtualStages }), model: deep(11), globalBatch: 16 };
      const listed = withOptions(job, { stageLayers: layersOfStages(11, 4, virtualStages) });
      const even = simulateStep(job, testCluster(1));
      expect(simulateStep(listed, testCluster(1))).toEqual(even);
    }
  });

  test('the stage that a list makes heavier is what the step waits for', () => {
    const job = { ...testJob({ pipeline: 4 }), model: deep(12), globalBatch: 32 };
    const seconds = (stageLayers: number[]): number =>
      simulateStep(withOptions(job, { stageLayers }), testCluster(1)).stepSeconds;
    const even = seconds([3, 3, 3, 3]);
    for (const at of [0, 1, 2, 3]) {
      const uneven = [2, 2, 2, 2].map((count, i) => (i === at ? 6 : count));
      expect(seconds(uneven)).toBeGreaterThan(1.4 * even);
    }
  });

  test('a stage may hold the head alone, and its memory and parameters follow', () => {
    const job = withOptions(
      { ...testJob({ pipeline: 4 }), model: deep(12), globalBatch: 32 },
      { stageLayers: [4, 4, 4, 0] },
    );
    const step = simulateStep(job, testCluster(1));
    expect(step.memory.worstRank).toBe(0);
    const total = Object.values(step.gpuSeconds).reduce((a, b) => a + b, 0);
    expect(total / (step.gpus * step.stepSeconds)).toBeCloseTo(1, 9);
  });

  test('a list of the wrong length or sum is refused', () => {
    const job = { ...testJob({ pipeline: 4 }), model: deep(12) };
    expect(() => stageLayersOf(withOptions(job, { stageLayers: [6, 6] }), 4)).toThrow(/2 stages/);
    expect(() => stageLayersOf(withOptions(job, { stageLayers: [3, 3, 3, 4] }), 4)).toThrow(/13 layers/);
  });

  test('split by speed beats the even split where half of the pipeline is faster', () => {
    for (const schedule of ['1f1b', 'interleaved', 'zb-v', 'dualpipe'] as const) {
      const job: Job = {
        ...testJob({ pipeline: 4, data: 8, virtualStages: schedule === 'interleaved' ? 2 : 1 }),
        schedule,
        model: deep(32),
        globalBatch: 256,
      };
      const even = simulateStep(job, half(4));
      const bySpeed = simulateStep(withOptions(job, { stageSplit: 'speed' }), half(4));
      // DualPipe holds every stage on a rank of either half.
      if (schedule === 'dualpipe') expect(bySpeed.stepSeconds).toBeLessThanOrEqual(even.stepSeconds * (1 + 1e-9));
      else if (schedule === 'zb-v') expect(bySpeed.stepSeconds).toBeLessThan(even.stepSeconds);
      else expect(bySpeed.stepSeconds).toBeLessThan(0.85 * even.stepSeconds);
    }
  });

  test('on equal devices the split by speed changes nothing', () => {
    const job: Job = { ...testJob({ pipeline: 4, tensor: 8 }), model: deep(30), globalBatch: 32 };
    const cluster = testCluster(4, { deviceRanges: [{ first: 2, count: 2, device: { ...testDevice, name: 'twin' } }] });
    expect(simulateStep(withOptions(job, { stageSplit: 'speed' }), cluster).stepSeconds).toBe(
      simulateStep(job, cluster).stepSeconds,
    );
  });

  test('MFU is the ideal share of the books, each FLOP at the peak of its device', () => {
    const job: Job = { ...testJob({ pipeline: 4, data: 8 }), model: deep(32), globalBatch: 256 };
    for (const stageSplit of ['even', 'speed'] as const) {
      const step = simulateStep(withOptions(job, { stageSplit }), half(4));
      expect(step.mfu).toBeCloseTo(step.gpuSeconds.ideal / (step.gpus * step.stepSeconds), 12);
      expect(step.mfu).toBeLessThan(1);
      expect(step.hfu / step.mfu).toBeCloseTo(step.hardwareFlops / step.modelFlops, 12);
    }
  });

  test('memory is held against the device that is filled most', () => {
    const job: Job = { ...testJob({ pipeline: 4, tensor: 8 }), model: deep(32), globalBatch: 32 };
    const memory = stepMemory(job, half(4));
    expect(memory.deviceBytes).toBe(40 * 2 ** 30);
    expect(memory.worstRank).toBeGreaterThanOrEqual(16);
  });
});
