import {
  fullestStage,
  type Job,
  type JobOptions,
  layerActivationBytes,
  type Parallel,
  type RecomputeModule,
  simulateStep,
  stageMemories,
  stepMemory,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testCluster, testDevice, testJob, testModel } from '../support/plans.js';

const withOptions = (job: Job, options: Partial<JobOptions>): Job => ({
  ...job,
  options: { ...job.options, ...options },
});
const stagesOf = (job: Job) => stageMemories(job, testCluster(64));
const peakOf = (job: Job): number => fullestStage(stagesOf(job)).peakBytes;

/** Eight micro-batches a replica of a model of 16 layers without biases, so that every layer is as the next. */
const pipelineJob = (parallel: Partial<Parallel>, overrides: Partial<Job> = {}): Job =>
  testJob(parallel, { model: { ...testModel, layers: 16 }, ...overrides });

const layer = (job: Job): number => layerActivationBytes(job, 'dense', job.recompute);
/** Final norm, head input and fp32 logits of the last stage (spec/model.md 3.2). */
const head = ({ model, sequenceLength, microBatch }: Job): number =>
  sequenceLength * microBatch * (4 * model.hidden + 4 * model.vocab);

describe('alive bytes against the closed forms of spec/model.md 3.3', () => {
  const pipeline = 4;

  test('1F1B: min(p - i, m) micro-batches on stage i; gpipe: all of them', () => {
    const oneByOne = pipelineJob({ pipeline });
    const perStage = layer(oneByOne) * 4;
    stagesOf(oneByOne).forEach(({ activationsBytes, inFlight }, i) => {
      expect(inFlight).toBe(pipeline - i);
      const edge = i === pipeline - 1 ? head(oneByOne) : 0;
      expect(activationsBytes).toBeCloseTo((pipeline - i) * perStage + edge, 3);
    });
    const all = pipelineJob({ pipeline }, { schedule: 'gpipe' });
    stagesOf(all).forEach(({ activationsBytes, inFlight }, i) => {
      expect(inFlight).toBe(8);
      expect(activationsBytes).toBeCloseTo(8 * perStage + (i === pipeline - 1 ? 8 * head(all) : 0), 3);
    });
  });

  test('interleaved: L (1 + (p-1)/(p v)) layers on stage 0', () => {
    fc.assert(
      fc.property(fc.constantFrom(2, 4), fc.constantFrom(2, 4), (p, virtualStages) => {
        const job = pipelineJob({ pipeline: p, virtualStages });
        const layers = 16 * (1 + (p - 1) / (p * virtualStages));
        expect(stagesOf(job)[0]?.activationsBytes).toBeCloseTo(layers * layer(job), 3);
      }),
    );
  });

  test('zero-bubble: p micro-batches until their weight gradients, on every rank; DualPipe: at most p + 1, of both directions', () => {
    for (const { inFlight } of stagesOf(pipelineJob({ pipeline }, { schedule: 'zb-h1' })))
      expect(inFlight).toBe(pipeline);
    for (const { inFlight, layers } of stagesOf(pipelineJob({ pipeline }, { schedule: 'dualpipe' }))) {
      expect(inFlight).toBeLessThanOrEqual(pipeline + 1);
      expect(layers).toBe(8);
    }
  });

  test('full recomputation: the inputs of all layers in flight, and one layer whole while its backward runs', () => {
    const job = pipelineJob({ pipeline }, { recompute: 'full' });
    const [first] = stagesOf(job);
    expect(first?.peakAt).toBe('B');
    expect(first?.activationsBytes).toBeCloseTo(16 * layer(job) + layerActivationBytes(job, 'dense', 'none'), 3);
  });
});

const parallelShape = fc.record({
  tensor: fc.constantFrom(1, 2, 4),
  pipeline: fc.constantFrom(2, 4),
  context: fc.constantFrom(1, 2),
  data: fc.constantFrom(1, 2, 4),
  zero: fc.constantFrom(0 as const, 1 as const, 2 as const),
});

describe('properties', () => {
  test('parts add up to the peak of every stage; the report is the fullest one', () => {
    fc.assert(
      fc.property(
        parallelShape,
        fc.constantFrom('none' as const, 'selective' as const, 'full' as const),
        fc.constantFrom('megatron' as const, 'deepspeed' as const, 'fsdp' as const),
        fc.constantFrom('1f1b' as const, 'gpipe' as const, 'zb-h1' as const, 'dualpipe' as const),
        fc.boolean(),
        (parallel, recompute, framework, schedule, sharded) => {
          const job = withOptions(
            pipelineJob({ ...parallel, ...(sharded ? { zero: 3 } : {}) }, { recompute, schedule }),
            { framework },
          );
          const stages = stagesOf(job);
          for (const s of stages) {
            const parts =
              s.weightsBytes +
              s.gradientsBytes +
              s.optimizerBytes +
              s.activationsBytes +
              s.gatheredBytes +
              s.temporaryBytes +
              s.fixedBytes;
            expect(parts / s.peakBytes).toBeCloseTo(1, 12);
            expect(s.marginBytes).toBeCloseTo(0.97 * testDevice.memoryBytes - s.peakBytes, 0);
            expect(s.fits).toBe(s.marginBytes >= 0);
          }
          const report = stepMemory(job, testCluster(64));
          expect(report.peakBytes).toBe(Math.max(...stages.map((s) => s.peakBytes)));
          const sum = ['weights', 'gradients', 'optimizer', 'activations', 'other'].reduce(
            (total, part) => total + report[`${part}Bytes` as keyof typeof report & `${string}Bytes`],
            0,
          );
          expect(sum / report.peakBytes).toBeCloseTo(1, 12);
        },
      ),
    );
  });

  test('longer sequences and larger micro-batches never need less; more of a cut never needs more', () => {
    fc.assert(
      fc.property(
        parallelShape,
        fc.constantFrom('none' as const, 'selective' as const, 'full' as const),
        fc.boolean(),
        (parallel, recompute, sequenceParallel) => {
          const job = pipelineJob({ ...parallel, sequenceParallel }, { recompute });
          const peak = peakOf(job);
          const wider = (dimension: 'tensor' | 'pipeline' | 'context'): number =>
            peakOf({ ...job, parallel: { ...job.parallel, [dimension]: 2 * job.parallel[dimension] } });
          expect(peakOf({ ...job, sequenceLength: 2 * job.sequenceLength })).toBeGreaterThanOrEqual(peak);
          expect(peakOf({ ...job, microBatch: 2 })).toBeGreaterThanOrEqual(peak);
          expect(wider('tensor')).toBeLessThanOrEqual(peak);
          expect(wider('pipeline')).toBeLessThanOrEqual(peak);
          for (const zero of [1, 2] as const) {
            const less = { ...job, parallel: { ...job.parallel, zero: (zero - 1) as 0 | 1 } };
            // A bucket on its way costs the same whatever the model: it is left out.
            const bucketless = (j: Job): number => peakOf(withOptions(j, { dataOverlap: false }));
            expect(bucketless({ ...job, parallel: { ...job.parallel, zero } })).toBeLessThanOrEqual(bucketless(less));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test('the more layers are recomputed or wait in host memory, the less is held', () => {
    const job = pipelineJob({ pipeline: 2 });
    const peaks = (of: (n: number) => Job): number[] => [1, 2, 4, 8].map((n) => peakOf(of(n)));
    for (const series of [
      peaks((n) => withOptions({ ...job, recompute: 'full' }, { recomputeLayers: n })),
      peaks((n) => withOptions(job, { offloadActivationLayers: n })),
    ]) {
      series.slice(1).forEach((peak, i) => {
        expect(peak).toBeLessThan(series[i] ?? 0);
      });
    }
  });
});

describe('modules that are computed again', () => {
  const dense = { ...testModel, biases: false, qkvBias: false, ffnKind: 'swiglu' as const };
  const routed = {
    ...dense,
    mla: { qRank: 256, kvRank: 128, nopeDim: 64, ropeDim: 32, vDim: 64 },
    experts: { count: 16, topK: 4, ffn: 512, shared: 1, sharedFfn: 512, everyNth: 1, firstDense: 0, routerBias: false },
  };
  const bytes = (model: Job['model'], kind: 'dense' | 'moe', recomputeModules: readonly RecomputeModule[]): number =>
    layerActivationBytes(
      withOptions(testJob({}, { model, recompute: 'selective' }), { recomputeModules }),
      kind,
      'selective',
    );

  test('each saves what it computes again', () => {
    const tokens = 1024;
    const none = bytes(routed, 'moe', []);
    expect(none - bytes(routed, 'moe', ['mla_up_proj'])).toBe(2 * tokens * 16 * (2 * (64 + 32) + 64));
    expect(none - bytes(routed, 'moe', ['layernorm'])).toBe(2 * 2 * tokens * 1024);
    expect(none - bytes(routed, 'moe', ['moe_act'])).toBe(2 * tokens * 4 * 512);
    expect(none - bytes(routed, 'moe', ['shared_experts'])).toBe(6 * tokens * 512);
    expect(bytes(dense, 'dense', []) - bytes(dense, 'dense', ['mlp'])).toBe(6 * tokens * 4096);
    // A module that a layer has not saves nothing.
    expect(bytes(dense, 'dense', ['moe', 'mla_up_proj'])).toBe(bytes(dense, 'dense', []));
  });

  test('and costs its time and FLOP, booked as recomputation', () => {
    const step = (model: Job['model'], recomputeModules: readonly RecomputeModule[]) =>
      simulateStep(
        withOptions(testJob({ data: 8 }, { model, recompute: 'selective' }), { recomputeModules }),
        testCluster(1),
      );
    const cases: readonly (readonly [Job['model'], RecomputeModule, number])[] = [
      [routed, 'mla_up_proj', 256 * 16 * 96 + 128 * 16 * 128],
      [routed, 'shared_experts', 3 * 1024 * 512],
      [routed, 'moe', 1024 * 16 + 3 * 1024 * 512 * 5],
      [routed, 'layernorm', 0],
      [routed, 'moe_act', 0],
      [dense, 'mlp', 3 * 1024 * 4096],
      [dense, 'alternate_matmuls', 2 * 1024 * 1024 + 1024 * 4096],
    ];
    for (const [model, module, weights] of cases) {
      const [none, again] = [step(model, []), step(model, [module])];
      expect(again.stepSeconds, module).toBeGreaterThan(none.stepSeconds);
      expect(again.gpuSeconds.recompute, module).toBeGreaterThan(0);
      expect(again.modelFlops, module).toBe(none.modelFlops);
      expect(again.hardwareFlops - none.hardwareFlops, module).toBeCloseTo(2 * 64 * 1024 * weights * 8, -6);
    }
  });

  test('every second matmul: q, v, gate and down are kept, and what attention returned', () => {
    const tokens = 1024;
    const kept = 2 * tokens * (1024 + 1024 + 1024 + 1024 + 4096 + 1024) + 4 * tokens * 16;
    expect(bytes(dense, 'dense', ['alternate_matmuls'])).toBe(kept);
  });
});

describe('narrow formats', () => {
  const stateOf = (precision: Job['precision'], narrowStorage: 'none' | 'copies' | 'primary'): number => {
    const job = withOptions(testJob({}, { precision, model: { ...testModel, vocab: 128 } }), { narrowStorage });
    return stepMemory(job, testCluster(1)).weightsBytes;
  };

  test('copies are kept beside 16-bit weights by rows and by columns; primary weights are these two alone', () => {
    const wide = stateOf('bf16', 'copies');
    expect(stateOf('fp8', 'none')).toBe(wide);
    expect(stateOf('fp8', 'copies') / wide).toBeCloseTo(2, 2);
    expect(stateOf('fp8', 'primary') / wide).toBeCloseTo(1, 2);
    expect(stateOf('mxfp8', 'primary') / wide).toBeCloseTo(1 + 1 / 32, 2);
    expect(stateOf('nvfp4', 'primary') / wide).toBeCloseTo(1 + 0.5 + 1 / 16, 2);
  });

  test('GEMM inputs are kept narrow, the output of attention in both', () => {
    const of = (narrowStorage: 'none' | 'copies'): number =>
      layerActivationBytes(withOptions(testJob({}, { precision: 'fp8' }), { narrowStorage }), 'dense', 'none');
    // 1 byte less for the inputs of QKV, FC1 (h) and FC2 (4 h), 1 more for that of the output projection.
    expect(of('none') - of('copies')).toBe(1024 * (1 + 1 + 4 - 1) * 1024);
  });
});

describe('frameworks', () => {
  const model = { ...testModel, layers: 16, tiedEmbeddings: false };

  test('FSDP: 16 bytes a parameter over the shard group, and two gathered layers beside embedding and head', () => {
    const job = withOptions(testJob({ data: 8, zero: 3 }, { model }), { framework: 'fsdp' });
    const [stage] = stagesOf(job);
    if (!stage) throw new Error('no stage');
    const state = stage.weightsBytes + stage.gradientsBytes + stage.optimizerBytes;
    expect(state).toBeCloseTo((16 * stage.parameters) / 8, 3);
    const edges = 2 * 32000 * 1024 + 2 * 1024;
    const perLayer = (stage.parameters - edges) / 16;
    expect(stage.gatheredBytes).toBeCloseTo(2 * (edges + 2 * perLayer), 3);
    const kept = withOptions(job, { reshardAfterForward: false });
    expect(stagesOf(kept)[0]?.gatheredBytes).toBeCloseTo(2 * stage.parameters, 3);
  });

  test('DeepSpeed: fp32 accumulators come on top of 16-bit gradients; stages keep what they sent', () => {
    const plain = testJob({ pipeline: 4, zero: 1, data: 2 }, { model });
    const deepSpeed = withOptions(plain, { framework: 'deepspeed' });
    const [a, b] = [stagesOf(plain)[0], stagesOf(deepSpeed)[0]];
    expect((b?.gradientsBytes ?? 0) / (a?.gradientsBytes ?? 1)).toBeCloseTo(6 / 4, 12);
    expect((b?.temporaryBytes ?? 0) - (a?.temporaryBytes ?? 0)).toBeCloseTo(4 * 2 * 1024 * 1024, 3);
  });

  test('an eager loss makes copies of the logits, on the last stage only', () => {
    const job = testJob({ pipeline: 2 }, { model });
    const eager = stagesOf(withOptions(job, { lossKernel: 'eager' }));
    const fused = stagesOf(job);
    expect(eager[0]).toEqual(fused[0]);
    expect((eager[1]?.peakBytes ?? 0) - (fused[1]?.peakBytes ?? 0)).toBeGreaterThan(5 * 1024 * 32000);
  });

  test('16-bit moments, segments that grow', () => {
    const job = testJob({}, { model });
    const [usual] = stagesOf(job);
    const [less] = stagesOf(withOptions(job, { momentBytes: 2, expandableSegments: true }));
    expect((less?.optimizerBytes ?? 0) / (usual?.optimizerBytes ?? 1)).toBeCloseTo(8 / 12, 12);
    const fixed = (1.8 * 2 ** 30) / (less?.fixedBytes ?? 1);
    expect(fixed).toBeCloseTo(1, 12);
  });
});
