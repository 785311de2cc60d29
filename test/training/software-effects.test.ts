import { expectedStep, practiceOf } from '@regatta/scenarios';
import {
  type Device,
  type Job,
  type JobOptions,
  type ModelShape,
  noPerturbation,
  parameterCount,
  type StepReport,
  simulateStep,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testCluster, testDevice, testJob, testModel } from '../support/plans.js';

const moeModel: ModelShape = {
  ...testModel,
  biases: false,
  qkvBias: false,
  ffnKind: 'swiglu',
  experts: {
    count: 16,
    topK: 4,
    ffn: 1024,
    shared: 0,
    sharedFfn: 1024,
    everyNth: 1,
    firstDense: 0,
    routerBias: false,
  },
};

const moeJob = (options: Partial<JobOptions> = {}, overrides: Partial<Job> = {}): Job => {
  const job = testJob({ data: 16, expert: 16 }, { model: moeModel, ...overrides });
  return { ...job, options: { ...job.options, ...options } };
};
const denseJob = (options: Partial<JobOptions> = {}, overrides: Partial<Job> = {}): Job => {
  const job = testJob({ tensor: 2, pipeline: 2, data: 2 }, overrides);
  return { ...job, options: { ...job.options, ...options } };
};
const secondsOf = (job: Job, device: Device = testDevice): number =>
  simulateStep(job, testCluster(2, { device })).stepSeconds;

describe('experts', () => {
  test('their all-to-all hides the more, the greater the overlap; no further than their compute', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        expect(secondsOf(moeJob({ expertOverlap: more }))).toBeLessThanOrEqual(
          secondsOf(moeJob({ expertOverlap: less })) * (1 + 1e-12),
        );
      }),
      { numRuns: 20 },
    );
    expect(secondsOf(moeJob({ expertOverlap: 1 }))).toBeLessThan(secondsOf(moeJob()));
  });

  test('copies into their order cost time, and more of it where narrow rows are padded too', () => {
    const extra = (precision: Job['precision']): number =>
      secondsOf(moeJob({ expertLayout: 'copied' }, { precision })) - secondsOf(moeJob({}, { precision }));
    expect(extra('bf16')).toBeGreaterThan(0);
    expect(extra('fp8')).toBeGreaterThan(1.5 * extra('bf16'));
  });

  test('a MoE layer takes at least what the host needs to issue it, and a dense one does not wait', () => {
    const host = { ...testDevice, moeHostSeconds: 0.02 };
    const job = moeJob();
    const microBatches = job.globalBatch / 16;
    expect(secondsOf(job, host)).toBeGreaterThan(0.02 * job.model.layers * microBatches);
    expect(secondsOf(denseJob(), host)).toBe(secondsOf(denseJob()));
  });

  test('no kernel of a step that is replayed from CUDA graphs waits for the host', () => {
    const host = { ...testDevice, moeHostSeconds: 0.02, hostIssueSeconds: 1e-4 };
    expect(secondsOf(moeJob({ cudaGraphs: true }), host)).toBe(secondsOf(moeJob()));
  });
});

describe('recomputation', () => {
  test('that stops early lies between none and all, and saves the last projection in every layer', () => {
    const none = secondsOf(denseJob());
    const early = secondsOf(denseJob({ recomputeStopsEarly: true }, { recompute: 'full' }));
    const whole = secondsOf(denseJob({}, { recompute: 'full' }));
    expect(none).toBeLessThan(early);
    expect(early).toBeLessThan(whole);
  });

  test('of a MoE layer reads the outputs of the experts, and stops no earlier', () => {
    const full = { recompute: 'full' } as const;
    expect(secondsOf(moeJob({ recomputeStopsEarly: true }, full))).toBe(secondsOf(moeJob({}, full)));
  });
});

test('eager elementwise kernels move 2.6 times the bytes of fused ones', () => {
  const slow = { ...testDevice, memHalfBytes: 0, opOverheadSeconds: 0 };
  const options = { fusedElementwise: false };
  const extra = secondsOf(denseJob(options), slow) - secondsOf(denseJob(), slow);
  const twice = { ...slow, memoryBandwidthBytesPerSecond: slow.memoryBandwidthBytesPerSecond / 2 };
  const extraAtHalf = secondsOf(denseJob(options), twice) - secondsOf(denseJob(), twice);
  expect(extra).toBeGreaterThan(0);
  expect(extraAtHalf / extra).toBeCloseTo(2, 1);
});

test('quantising: nvfp4 reads its inputs twice, so half of the bits is less than twice as fast', () => {
  const device = { ...testDevice, peakFlops: { bf16: 300e12, fp8: 600e12, fp4: 1200e12 } };
  const [fp8, fp4] = (['fp8', 'nvfp4'] as const).map((precision) => secondsOf(denseJob({}, { precision }), device));
  expect((fp8 ?? 0) / (fp4 ?? 1)).toBeLessThan(2);
});

describe('slow hosts', () => {
  const job = testJob({ tensor: 8, data: 8 });
  const cluster = testCluster(8);
  const row = { id: 'row', job, cluster, stack: 'test', measured: [1], assumed: [] };
  const slowed = simulateStep(job, cluster, {
    ...noPerturbation,
    slowRanks: Array.from({ length: 8 }, (_, rank) => ({ rank, factor: 1.1 })),
  }).stepSeconds;

  test('the expected step runs from none slow to one surely slow', () => {
    const at = (share: number): number => expectedStep({ ...row, slowHosts: { share, factor: 1.1 } }).seconds;
    expect(expectedStep(row).seconds).toBe(simulateStep(job, cluster).stepSeconds);
    expect(at(0)).toBe(expectedStep(row).seconds);
    expect(at(1)).toBe(slowed);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.5, noNaN: true }), (share) => {
        const healthy = (1 - share) ** 8;
        expect(at(share)).toBeCloseTo(healthy * at(0) + (1 - healthy) * slowed, 12);
      }),
      { numRuns: 5 },
    );
  });

  test('only a source that counted its slow hosts has them', () => {
    expect(practiceOf('MegaScale, NSDI 2024', '', '').slowHosts).toEqual({ share: 0.005, factor: 1.1 });
    expect(practiceOf('TorchTitan benchmarks', '', '').slowHosts).toBeUndefined();
  });
});

describe('optimizer states on the host', () => {
  const step = (device: Partial<typeof testDevice>, offloadOptimizer: boolean, zero: 0 | 2 = 2): StepReport => {
    const job = testJob({ data: 8, zero });
    return simulateStep(
      { ...job, options: { ...job.options, offloadOptimizer } },
      testCluster(1, { device: { ...testDevice, ...device } }),
    );
  };

  test('leave the device, and cost Adam on the host and the way there and back', () => {
    const on = step({}, false);
    const off = step({}, true);
    expect(off.memory.optimizerBytes).toBe(0);
    expect(off.memory.peakBytes).toBeLessThan(on.memory.peakBytes);
    expect(off.stepSeconds).toBeGreaterThan(on.stepSeconds);
    expect(off.gpuSeconds.optimizer).toBeGreaterThan(on.gpuSeconds.optimizer);
    const updated = parameterCount(testModel).total / 8;
    expect(off.gpuSeconds.optimizer / 8).toBeGreaterThanOrEqual((28 * updated) / testDevice.hostMemoryBytesPerSecond);
  });

  test('a faster host link, faster host memory and sharding are never slower', () => {
    const base = step({}, true).stepSeconds;
    expect(step({ hostMemoryBytesPerSecond: 100e9 }, true).stepSeconds).toBeLessThan(base);
    expect(step({ hostLinkBytesPerSecond: 5e9 }, true).stepSeconds).toBeGreaterThan(base);
    expect(step({}, true, 0).stepSeconds).toBeGreaterThan(base);
  });
});

describe('context ranks', () => {
  test('that exchange repeated keys send more, and wait longer, the fewer key/value heads there are', () => {
    const step = (kvHeads: number, contextRepeatsHeads: boolean, contextKind: JobOptions['contextKind']): number => {
      const job = testJob({ context: 8 });
      const model = { ...testModel, kvHeads };
      const options = { ...job.options, contextRepeatsHeads, contextKind };
      return simulateStep({ ...job, model, options, sequenceLength: 8192 }, testCluster(1)).stepSeconds;
    };
    for (const kind of ['allgather', 'ulysses'] as const) {
      expect(step(2, true, kind)).toBeGreaterThan(step(2, false, kind));
      expect(step(16, true, kind)).toBe(step(16, false, kind));
    }
    expect(step(2, true, 'ring')).toBeGreaterThanOrEqual(step(2, false, 'ring'));
  });
});

test('fp8 by rows costs kernels that fp8 by tensors does not; 16 bit has neither', () => {
  const step = (precision: Job['precision'], fp8Scaling: JobOptions['fp8Scaling']): number => {
    const job = testJob({});
    return simulateStep({ ...job, precision, options: { ...job.options, fp8Scaling } }, testCluster(1)).stepSeconds;
  };
  expect(step('fp8', 'row')).toBeGreaterThan(1.05 * step('fp8', 'tensor'));
  expect(step('bf16', 'row')).toBe(step('bf16', 'tensor'));
});
