import { resolveScenario, scalingPoints } from '@regatta/scenarios';
import { simulateStep } from '@regatta/sim-core';
import { type Fields, runsOf } from './records.js';

/** The scenario of one evaluation: its model, execution and system in our terms. Calculon leaves out embedding and head. */
function scenarioOf(run: Fields): { readonly text: string; readonly gpus: number } {
  const model = run.fields('model');
  const execution = run.fields('execution');
  const interleaved = execution.number('pipeline_interleaving');
  const recompute = { full: 'full', attn_only: 'selective', none: 'none' }[execution.text('activation_recompute')];
  const scenario = {
    name: run.text('name'),
    job: {
      model: {
        layers: model.number('num_blocks'),
        hidden: model.number('hidden'),
        heads: model.number('attn_heads'),
        headDim: model.number('attn_size'),
        ffn: model.number('feedforward'),
        ffnKind: 'gelu',
        vocab: 1024,
        positions: 'rope',
        tiedEmbeddings: false,
        norm: 'layernorm',
        biases: true,
        dropout: true,
        attention: 'unfused',
      },
      sequenceLength: model.number('seq_size'),
      globalBatch: execution.number('batch_size'),
      microBatch: execution.number('microbatch_size'),
      precision: 'fp16',
      parallel: {
        tensor: execution.number('tensor_par'),
        pipeline: execution.number('pipeline_par'),
        data: execution.number('data_par'),
        virtualStages: interleaved,
        sequenceParallel: execution.text('tensor_par_comm_type') === 'rs_ag',
        zero: execution.flag('optimizer_sharding') ? 1 : 0,
      },
      schedule: interleaved > 1 ? 'interleaved' : '1f1b',
      recompute,
      options: {
        dataOverlap: execution.flag('data_par_overlap'),
        tensorOverlap: execution.text('tensor_par_overlap') === 'ring' ? 1 : 0,
      },
    },
    cluster: {
      device: run.text('system_file').includes('h100') ? 'h100-sxm-80gb' : 'a100-sxm-80gb',
      nodes: Math.ceil(execution.number('num_procs') / 8),
      gpusPerNode: 8,
      fabric: {
        kind: 'clos',
        tiers: 3,
        rails: 8,
        nicGbps: run.text('system_file').includes('h100') ? 400 : 200,
        oversubscription: 1,
        routing: 'spray',
      },
    },
  };
  return { text: JSON.stringify(scenario), gpus: execution.number('num_procs') };
}

const milliseconds = (seconds: number): string => (seconds * 1000).toFixed(1);

/** Calculon's evaluations and the same configurations as simulated steps: step times and the time that each answer takes. */
export function printCalculon(): void {
  console.log(
    '\n| configuration | GPUs | Calculon, s a step | Regatta, s | ratio | Calculon, ms | Regatta first, user ms | warm, user ms | events |',
  );
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|---:|');
  for (const run of runsOf('calculon-runs.json')) {
    const { text, gpus } = scenarioOf(run);
    const resolution = resolveScenario({ source: 'run.json', readText: () => text });
    const [point] = scalingPoints(resolution, { gpus: [gpus], scaling: 'strong' }).points;
    if (!point) throw new Error(`${run.path}: no scaling point`);
    const times = Array.from({ length: 5 }, () => {
      const start = process.cpuUsage();
      const report = simulateStep(point.job, point.cluster);
      return { report, seconds: process.cpuUsage(start).user / 1e6 };
    });
    const [first] = times;
    if (!first) throw new Error('no run');
    const warm = Math.min(...times.map(({ seconds }) => seconds));
    const theirs = run.fields('output').number('total_time');
    const { stepSeconds, folding } = first.report;
    const cells = [
      run.text('name'),
      gpus,
      theirs.toFixed(2),
      stepSeconds.toFixed(2),
      (stepSeconds / theirs).toFixed(2),
    ];
    const costs = [milliseconds(run.number('eval_s_mean_of_20')), milliseconds(first.seconds), milliseconds(warm)];
    console.log(`| ${[...cells, ...costs, folding.events].join(' | ')} |`);
  }
}
