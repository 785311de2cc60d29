import {
  type Job,
  layerForward,
  lossCauses,
  type ModelShape,
  modelStateBytes,
  parameterCount,
  predictionParameterCount,
  type RecomputeModule,
  recomputeModules,
  scheduleOrder,
  simulateStep,
  stageMemory,
  stepFlops,
  windowOf,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testCluster, testDevice, testJob, testModel } from '../support/plans.js';

const llama: ModelShape = {
  ...testModel,
  hidden: 2048,
  heads: 16,
  kvHeads: 4,
  headDim: 128,
  ffn: 5632,
  ffnKind: 'swiglu',
  norm: 'rms',
  biases: false,
  qkvBias: false,
};
const withModel = (model: Partial<ModelShape>, job: Partial<Job> = {}): Job => ({
  ...testJob({}),
  sequenceLength: 4096,
  ...job,
  model: { ...llama, ...model },
});
const seconds = (job: Job): number => simulateStep(job, testCluster(1)).stepSeconds;
const core = (job: Job): number => stepFlops(job.model, job).forwardAttentionCore;
const idealShare = (job: Job): number => {
  const step = simulateStep(job, testCluster(1));
  return step.gpuSeconds.ideal / (step.gpus * step.stepSeconds) / step.mfu;
};

describe('sliding windows', () => {
  test('which layers see everything: every n-th, also where n is not whole', () => {
    const full = (layers: number, fullEvery: number): number[] =>
      Array.from({ length: layers }, (_, i) => i).filter(
        (i) => windowOf({ ...llama, slidingWindow: { window: 128, fullEvery } }, i) === undefined,
      );
    expect(full(6, 2)).toEqual([1, 3, 5]);
    expect(full(12, 6)).toEqual([5, 11]);
    expect(full(12, 0)).toEqual([]);
    expect(full(62, 6.2)).toHaveLength(10);
    expect(full(4, 1)).toEqual([0, 1, 2, 3]);
  });

  test('the narrower the window, the fewer FLOP and the less time, under both conventions', () => {
    for (const flopConvention of ['full', 'causal'] as const) {
      const windows = [64, 512, 2048, 4096, 8192].map((window) =>
        withModel({ slidingWindow: { window, fullEvery: 0 } }, { flopConvention }),
      );
      const flops = windows.map(core);
      const times = windows.map(seconds);
      for (let i = 1; i < windows.length; i++) {
        expect(flops[i]).toBeGreaterThanOrEqual(flops[i - 1] ?? 0);
        expect(times[i]).toBeGreaterThanOrEqual(times[i - 1] ?? 0);
      }
      expect(flops[1]).toBeLessThan(flops[2] ?? 0);
      // A window as long as the sequence is none.
      expect(flops[3]).toBe(core(withModel({}, { flopConvention })));
      expect(times[3]).toBe(seconds(withModel({}, { flopConvention })));
    }
  });

  test('full convention: s x window; causal: the band below the diagonal', () => {
    const s = 4096;
    const square = (job: Job): number => core(job) / (job.globalBatch * 4 * s * s * 2048 * llama.layers);
    expect(square(withModel({ slidingWindow: { window: 1024, fullEvery: 0 } }))).toBeCloseTo(0.25, 12);
    const causal = withModel({ slidingWindow: { window: 1024, fullEvery: 0 } }, { flopConvention: 'causal' });
    expect(square(causal)).toBeCloseTo(0.25 * (1 - 0.125), 12);
    const mixed = withModel({ slidingWindow: { window: 1024, fullEvery: 2 } }, { flopConvention: 'causal' });
    expect(square(mixed)).toBeCloseTo((0.25 * (1 - 0.125) + 0.5) / 2, 12);
  });

  test('the ideal share of the books is the MFU, whatever the layers see', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 2, 3, 2.5),
        fc.constantFrom(100, 1000, 5000),
        fc.constantFrom('full' as const, 'causal' as const),
        fc.boolean(),
        fc.nat(2),
        (fullEvery, window, flopConvention, causal, mtpLayers) => {
          const model = { slidingWindow: { window, fullEvery }, causal, mtpLayers };
          expect(idealShare(withModel(model, { flopConvention }))).toBeCloseTo(1, 9);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('encoders', () => {
  test('no causal mask: twice the work of the core, under the causal convention twice the FLOP', () => {
    const attention = (causal: boolean): number =>
      layerForward(withModel({ causal }), testDevice, 'dense').reduce(
        (sum, o) => sum + (o.kind === 'attention' ? o.seconds - testDevice.opOverheadSeconds : 0),
        0,
      );
    expect(attention(false) / attention(true)).toBeCloseTo(2 / (1 + 128 / 4096), 9);
    const flops = (causal: boolean): number => core(withModel({ causal }, { flopConvention: 'causal' }));
    expect(flops(false)).toBe(2 * flops(true));
  });
});

describe('head size', () => {
  test('half of the head size takes longer for the same FLOP, the more the dearer exponentials are', () => {
    const core64 = (exponentialsPerSecond: number | undefined, headDim: number): number =>
      layerForward(
        withModel({ headDim, heads: 2048 / headDim, kvHeads: 2048 / headDim }),
        { ...testDevice, ...(exponentialsPerSecond ? { exponentialsPerSecond } : {}) },
        'dense',
      ).reduce((sum, o) => sum + (o.kind === 'attention' ? o.seconds : 0), 0);
    expect(core64(undefined, 64)).toBe(core64(undefined, 128));
    expect(core64(2.4e12, 128)).toBe(core64(undefined, 128));
    expect(core64(2.4e12, 64)).toBeGreaterThan(1.1 * core64(2.4e12, 128));
    expect(core64(1.2e12, 64)).toBeGreaterThan(core64(2.4e12, 64));
    expect(core64(2.4e12, 256)).toBeLessThan(core64(2.4e12, 128));
  });
});

describe('multi-token prediction', () => {
  const experts = {
    count: 8,
    topK: 2,
    ffn: 1408,
    shared: 1,
    sharedFfn: 1408,
    everyNth: 1,
    firstDense: 1,
    routerBias: false,
  };

  test('a module costs a layer, a projection and a head: FLOP, time, parameters and memory of the last stage', () => {
    const none = withModel({ experts });
    const one = withModel({ experts, mtpLayers: 1 });
    const flops = (job: Job): number => stepFlops(job.model, job).model;
    const tokens = none.globalBatch * none.sequenceLength;
    const h = llama.hidden;
    const weights = h * 128 * (16 + 8) + 128 * 16 * h + h * 8 + 3 * h * 1408 * 3;
    const module = 2 * tokens * (weights + 2 * h * h + llama.vocab * h) + 4 * tokens * 4096 * 128 * 16;
    expect(flops(one) - flops(none)).toBeCloseTo(3 * module, -9);
    expect(seconds(one)).toBeGreaterThan(seconds(none));
    expect(parameterCount(one.model).total).toBe(parameterCount(none.model).total);
    expect(predictionParameterCount(one.model)).toBe(parameterCount(none.model).perMoeLayer + 2 * h * h + 3 * h);
    expect(modelStateBytes(one)).toBeGreaterThan(modelStateBytes(none));
  });

  test('in a pipeline the module and a copy of the embedding are the last stage’s', () => {
    const of = (mtpLayers: number, rank: number): number => {
      const job: Job = { ...testJob({ pipeline: 4 }), model: { ...llama, mtpLayers }, globalBatch: 16 };
      const schedule = scheduleOrder('1f1b', { pipeline: 4, virtualStages: 1, microBatches: 16 });
      return stageMemory(job, schedule, rank).parameters;
    };
    expect(of(1, 0)).toBe(of(0, 0));
    const h = llama.hidden;
    const layer = parameterCount(llama).perDenseLayer;
    expect(of(1, 3) - of(0, 3)).toBe(layer + 2 * h * h + 3 * h + llama.vocab * h);
  });

  test('books stay exact', () => {
    const job: Job = { ...testJob({ pipeline: 4, data: 2 }), model: { ...llama, mtpLayers: 1 }, globalBatch: 32 };
    const step = simulateStep(job, testCluster(1));
    const total = lossCauses.reduce((sum, cause) => sum + step.gpuSeconds[cause], 0);
    expect(total / (step.gpus * step.stepSeconds)).toBeCloseTo(1, 9);
  });
});

describe('experts', () => {
  const moe = (rest: Partial<NonNullable<ModelShape['experts']>> = {}): ModelShape => ({
    ...llama,
    experts: {
      count: 16,
      topK: 2,
      ffn: 1408,
      shared: 0,
      sharedFfn: 1408,
      everyNth: 1,
      firstDense: 0,
      routerBias: false,
      ...rest,
    },
  });

  test('biases of experts count as parameters and cost kernels of their own where layouts are copied', () => {
    const plain = parameterCount(moe());
    const biased = parameterCount(moe({ biases: true }));
    expect(biased.total - plain.total).toBe(llama.layers * 16 * (2 * 1408 + 2048));
    const step = (biases: boolean, expertLayout: 'copied' | 'fused'): number => {
      const job = withModel(moe({ biases }), {});
      return seconds({ ...job, options: { ...job.options, expertLayout } });
    };
    expect(step(true, 'copied')).toBeGreaterThan(1.02 * step(false, 'copied'));
    expect(step(true, 'fused')).toBeLessThan(1.02 * step(false, 'fused'));
  });

  test('every n-th layer: stages hold what their layers are', () => {
    const job: Job = { ...testJob({ pipeline: 4 }), model: moe({ everyNth: 4 }), globalBatch: 16 };
    const schedule = scheduleOrder('1f1b', { pipeline: 4, virtualStages: 1, microBatches: 16 });
    const counts = [0, 1, 2, 3].map((rank) => stageMemory(job, schedule, rank).parameters);
    const { perDenseLayer, perMoeLayer } = parameterCount(job.model);
    expect(counts[1]).toBe(perDenseLayer + perMoeLayer);
    expect(counts[2]).toBe(2 * perDenseLayer);
  });
});

describe('tied embeddings', () => {
  test('stages on one rank share the table: a V holds it once, a line twice', () => {
    const parameters = (schedule: 'zb-v' | '1f1b'): number => {
      const job: Job = {
        ...testJob({ pipeline: 4 }),
        model: { ...llama, tiedEmbeddings: true },
        schedule,
        globalBatch: 16,
      };
      const order = scheduleOrder(schedule, { pipeline: 4, virtualStages: 1, microBatches: 16 });
      return [0, 1, 2, 3].reduce((sum, rank) => sum + stageMemory(job, order, rank).parameters, 0);
    };
    const total = parameterCount({ ...llama, tiedEmbeddings: true }).total;
    expect(parameters('zb-v')).toBe(total);
    expect(parameters('1f1b')).toBe(total + llama.vocab * llama.hidden);
  });
});

describe('recomputed modules', () => {
  const mla = { qRank: 512, kvRank: 256, nopeDim: 64, ropeDim: 32, vDim: 64 };
  const model: ModelShape = {
    ...llama,
    mla,
    experts: {
      count: 8,
      topK: 2,
      ffn: 1408,
      shared: 1,
      sharedFfn: 1408,
      everyNth: 1,
      firstDense: 3,
      routerBias: false,
    },
  };
  const job = (modules?: readonly RecomputeModule[]): Job => {
    const base = { ...testJob({ expert: 4, data: 8 }), model, globalBatch: 8, sequenceLength: 4096 };
    if (!modules) return base;
    return { ...base, recompute: 'selective', options: { ...base.options, recomputeModules: modules } };
  };

  test('each costs time and saves memory, and several more of both than one', () => {
    const none = simulateStep(job(), testCluster(1));
    for (const module of recomputeModules) {
      if (module === 'core_attn') continue;
      const one = simulateStep(job([module]), testCluster(1));
      expect(one.stepSeconds, module).toBeGreaterThan(none.stepSeconds);
      expect(one.memory.activationsBytes, module).toBeLessThan(none.memory.activationsBytes);
      expect(one.gpuSeconds.recompute, module).toBeGreaterThan(0);
      const other = module === 'layernorm' ? 'moe_act' : 'layernorm';
      const both = simulateStep(job([module, other]), testCluster(1));
      expect(both.stepSeconds).toBeGreaterThan(one.stepSeconds);
      expect(both.memory.activationsBytes).toBeLessThan(one.memory.activationsBytes);
    }
  });

  test('all of them cost less than full recomputation, and keep more', () => {
    const all = simulateStep(job(['layernorm', 'mla_up_proj', 'moe_act', 'shared_experts']), testCluster(1));
    const full = simulateStep({ ...job(), recompute: 'full' }, testCluster(1));
    expect(all.stepSeconds).toBeLessThan(full.stepSeconds);
    expect(all.memory.activationsBytes).toBeGreaterThan(full.memory.activationsBytes);
  });

  test('none named is core attention, which a fused kernel computes again by itself', () => {
    const plain = { ...job(), recompute: 'selective' as const };
    expect(simulateStep(plain, testCluster(1)).stepSeconds).toBe(simulateStep(job(), testCluster(1)).stepSeconds);
  });
});
