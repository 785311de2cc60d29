import { type Cluster, fullestStage, type Job, type StageMemoryReport, stageMemories } from '@regatta/sim-core';
import { jobProblems } from '../schema/job-problems.js';

/** A change with which a job fits its devices, as the memory model finds it. */
export interface MemoryRemedy {
  /** Flags that make the change. */
  readonly flags: string;
  /** GPUs that it needs. */
  readonly gpus: number;
  readonly peakBytes: number;
}

interface Change {
  readonly flags: readonly string[];
  readonly job: Job;
}

type Kind = 'zero' | 'selective' | 'recompute' | 'microBatch' | 'tensor' | 'pipeline' | 'context';

const most = 3;

const worldOf = ({ parallel }: Job): number => parallel.tensor * parallel.pipeline * parallel.context * parallel.data;

/** n, 2n, 4n, ... beyond n, up to a limit. */
function doublings(from: number, limit: number): number[] {
  const values: number[] = [];
  for (let value = 2 * from; value <= limit; value *= 2) values.push(value);
  return values;
}

/** The same job cut into more parts along one dimension; as many replicas fewer, or, with `grows`, on more GPUs. */
function cut(
  job: Job,
  dimension: 'tensor' | 'pipeline' | 'context',
  value: number,
  grows: boolean,
  dataFixed: boolean,
): Change | undefined {
  const flag = { tensor: '--tp', pipeline: '--pp', context: '--cp' }[dimension];
  const data = grows ? job.parallel.data : (job.parallel.data * job.parallel[dimension]) / value;
  if (!Number.isInteger(data) || data < 1) return undefined;
  const parallel = { ...job.parallel, [dimension]: value, data };
  const changed = { ...job, parallel };
  return {
    flags: [
      `${flag} ${value}`,
      ...(dataFixed && !grows ? [`--dp ${data}`] : []),
      ...(grows ? [`--gpus ${worldOf(changed)}`] : []),
    ],
    job: changed,
  };
}

/** Full recomputation of ever more layers of a stage. */
function recomputeChanges(job: Job): Change[] {
  const { recompute, options, parallel, model } = job;
  const { recomputeLayers: now, ...rest } = options;
  const stages = parallel.pipeline * parallel.virtualStages;
  const perStage = Math.max(...(options.stageLayers ?? [Math.ceil(model.layers / stages)]));
  const first = recompute === 'full' ? (now ?? perStage) + 1 : 1;
  const flag = recompute === 'full' ? [] : ['--recompute full'];
  const partly = Array.from({ length: Math.max(0, perStage - first) }, (_, i): Change => {
    const recomputeLayers = first + i;
    return {
      flags: [...flag, `--set job.options.recomputeLayers=${recomputeLayers}`],
      job: { ...job, recompute: 'full', options: { ...options, recomputeLayers } },
    };
  });
  const whole: Change = {
    flags: now === undefined ? flag : [...flag, `--set job.options.recomputeLayers=${perStage}`],
    job: { ...job, recompute: 'full', options: now === undefined ? rest : { ...options, recomputeLayers: perStage } },
  };
  return [...partly, ...(first <= perStage ? [whole] : [])];
}

/** Changes of one kind, the least first. */
function changesOf(job: Job, cluster: Cluster, kind: Kind, dataFixed: boolean, grows = false): Change[] {
  const { parallel, model, microBatch } = job;
  const dimension = (name: 'tensor' | 'pipeline' | 'context', limit: number): Change[] =>
    doublings(parallel[name], limit).flatMap((value) => cut(job, name, value, grows, dataFixed) ?? []);
  switch (kind) {
    case 'zero':
      return ([1, 2, 3] as const)
        .filter((zero) => zero > parallel.zero)
        .map((zero) => ({ flags: [`--zero ${zero}`], job: { ...job, parallel: { ...parallel, zero } } }));
    case 'microBatch':
      return Array.from({ length: microBatch - 1 }, (_, i) => microBatch - 1 - i)
        .filter((size) => microBatch % size === 0)
        .map((size) => ({ flags: [`--micro-batch ${size}`], job: { ...job, microBatch: size } }));
    case 'selective':
      return job.recompute === 'none'
        ? [{ flags: ['--recompute selective'], job: { ...job, recompute: 'selective' } }]
        : [];
    case 'recompute':
      return recomputeChanges(job);
    case 'tensor':
      return dimension('tensor', Math.min(cluster.gpusPerNode, model.kvHeads));
    case 'pipeline':
      return dimension('pipeline', model.layers);
    case 'context':
      return dimension('context', job.sequenceLength / 1024);
  }
}

/** Order of the kinds of change by what they cost, those first that shrink the greatest part. */
function kindsFor(stage: StageMemoryReport): Kind[] {
  const state = stage.weightsBytes + stage.gradientsBytes + stage.optimizerBytes;
  return state > stage.activationsBytes + stage.temporaryBytes
    ? ['zero', 'tensor', 'pipeline', 'selective', 'recompute', 'microBatch', 'context']
    : ['selective', 'recompute', 'microBatch', 'tensor', 'context', 'pipeline', 'zero'];
}

/**
 * Changes of a job with which it fits, at most three: each the least of its kind that is enough by itself, else on top of full
 * recomputation and micro-batches of one sequence, else on more GPUs. Every one is checked by the memory model.
 * @param dataFixed The scenario fixes its data-parallel size, so that flags must change it too.
 */
export function memoryRemedies(job: Job, cluster: Cluster, dataFixed = false): MemoryRemedy[] {
  const peak = (candidate: Job): StageMemoryReport => {
    const nodes = Math.max(cluster.nodes, Math.ceil(worldOf(candidate) / cluster.gpusPerNode));
    return fullestStage(stageMemories(candidate, { ...cluster, nodes }));
  };
  const worst = peak(job);
  if (worst.fits) return [];
  const kinds = kindsFor(worst);
  const least = (changes: readonly Change[], before: readonly string[] = []): MemoryRemedy[] => {
    // Changes of a kind are in order of what they save: the first that fits is found by halving.
    const runs = changes.filter(({ job: candidate }) => jobProblems(candidate).length === 0);
    let low = 0;
    let high = runs.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const change = runs[middle];
      if (change && peak(change.job).fits) high = middle;
      else low = middle + 1;
    }
    const change = runs[low];
    const found = change && peak(change.job);
    if (!change || !found?.fits) return [];
    return [{ flags: [...before, ...change.flags].join(' '), gpus: worldOf(change.job), peakBytes: found.peakBytes }];
  };
  const single = kinds.flatMap((kind) => least(changesOf(job, cluster, kind, dataFixed)));
  if (single.length > 0) return single.slice(0, most);
  const all = recomputeChanges(job).at(-1) ?? { flags: [], job };
  const saving: Job = { ...all.job, microBatch: 1 };
  const said = [...all.flags, ...(job.microBatch === 1 ? [] : ['--micro-batch 1'])];
  const itself = least([{ flags: [], job: saving }], said);
  if (itself.length > 0) return itself;
  const combined = kinds.flatMap((kind) => least(changesOf(saving, cluster, kind, dataFixed), said));
  if (combined.length > 0) return combined.slice(0, most);
  const sharded: Job = { ...saving, parallel: { ...saving.parallel, zero: saving.parallel.zero === 3 ? 3 : 1 } };
  const saidSharded = job.parallel.zero === sharded.parallel.zero ? said : [...said, '--zero 1'];
  return (['pipeline', 'tensor'] as const)
    .flatMap((kind) => least(changesOf(sharded, cluster, kind, dataFixed, true), saidSharded))
    .slice(0, most);
}
