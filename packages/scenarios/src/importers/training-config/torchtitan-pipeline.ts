import { didYouMean } from '../../schema/did-you-mean.js';
import type { Settings } from './settings.js';
import { spellings } from './torchtitan-keys.js';

export interface TorchtitanPipeline {
  readonly schedule: string;
  readonly virtualStages: number;
  /** Layers of each stage; absent: as many to each. */
  readonly stageLayers?: readonly number[];
}

interface Known {
  readonly schedule: string;
  /** Stages of a rank, where the layers of a stage are not given. */
  readonly chunks: 1 | 2;
  readonly instead?: string;
}

/** Schedules of torch.distributed.pipelining by name, without case. */
const schedules: Readonly<Record<string, Known>> = {
  gpipe: { schedule: 'gpipe', chunks: 1 },
  '1f1b': { schedule: '1f1b', chunks: 1 },
  interleaved1f1b: { schedule: 'interleaved', chunks: 2 },
  interleavedzerobubble: {
    schedule: 'interleaved',
    chunks: 2,
    instead: 'is not modelled: interleaved 1F1B is taken, whose bubble is larger',
  },
  loopedbfs: { schedule: 'interleaved', chunks: 2, instead: 'is not modelled: interleaved 1F1B is taken' },
  zbvzerobubble: { schedule: 'zb-v', chunks: 2 },
  dualpipev: {
    schedule: 'zb-v',
    chunks: 2,
    instead: 'is not modelled: ZB-V is taken, the same placement without overlapped pairs',
  },
};
const names = ['GPipe', '1F1B', 'Interleaved1F1B', 'InterleavedZeroBubble', 'LoopedBFS', 'ZBVZeroBubble', 'DualPipeV'];

/** Layers of each stage as torchtitan deals them: the first and the last count as some layers more, the rest go to the first stages. */
function dealt(layers: number, stages: number, first: number, last: number): number[] | undefined {
  const slots = layers + first + last;
  const held = Array.from({ length: stages }, (_, i) => Math.floor(slots / stages) + (i < slots % stages ? 1 : 0));
  held[0] = (held[0] ?? 0) - first;
  held[stages - 1] = (held[stages - 1] ?? 0) - last;
  return held.every((count) => count >= 0) ? held : undefined;
}

/** Schedule, chunks of a rank and layers of each stage (pytorch/torchtitan torchtitan/distributed/pipeline_parallel.py). */
export function torchtitanPipeline(
  settings: Settings,
  pipeline: number,
  layers: number | undefined,
): TorchtitanPipeline {
  const keys = spellings('pipeline_parallel_schedule');
  const field = 'job.schedule';
  const at = 'job.options.stageLayers';
  const perStage = settings.count(spellings('pipeline_parallel_layers_per_stage'), 'job.parallel.virtualStages');
  const less = ['first', 'last'].map((end) => {
    const key = spellings(`pipeline_parallel_${end}_stage_less_layers`);
    return { given: settings.has(key), count: settings.count(key, at, 0) ?? 1 };
  });
  const name = settings.text(keys, field);
  if (settings.find(spellings('pipeline_parallel_schedule_csv'))?.value)
    settings.warn(
      spellings('pipeline_parallel_schedule_csv'),
      'is not read: --schedule FILE takes an order of each rank',
      field,
    );
  const points = settings.find(spellings('pipeline_parallel_split_points'));
  const parts = settings.find(spellings('module_fqns_per_model_part'));
  if (pipeline === 1) return { schedule: '1f1b', virtualStages: 1 };
  if (name === undefined)
    settings.assume('parallelism.pipeline_parallel_schedule', 'not given: 1F1B, the default of torchtitan', field);
  const known = schedules[(name ?? '1F1B').toLowerCase()];
  if (!known) {
    const setting = settings.find(keys);
    if (setting)
      settings.issue(setting, `unknown schedule ${name}${didYouMean(name ?? '', names)}`, names.join(' | '), field);
    return { schedule: '1f1b', virtualStages: 1 };
  }
  if (known.instead !== undefined) settings.warn(keys, known.instead, field);
  const [first = 1, last = 1] = less.map(({ count }) => count);
  const own = Array.isArray(parts?.value) ? parts.value : undefined;
  const cuts = Array.isArray(points?.value) && points.value.length > 0 ? points.value : undefined;
  const stages =
    own?.length ??
    (cuts === undefined ? undefined : cuts.length + 1) ??
    (perStage !== undefined && layers !== undefined
      ? Math.ceil((layers + first + last) / perStage)
      : known.chunks * pipeline);
  const chunks = stages / pipeline;
  const setting = own
    ? parts
    : cuts
      ? points
      : settings.find(perStage === undefined ? keys : spellings('pipeline_parallel_layers_per_stage'));
  if (!Number.isInteger(chunks) || (known.chunks === 1) !== (chunks === 1)) {
    if (setting)
      settings.issue(
        setting,
        `makes ${stages} stages on ${pipeline} ranks with ${name ?? '1F1B'}`,
        known.chunks === 1 ? `${pipeline} stages` : `a multiple of ${pipeline}, two or more to a rank`,
        at,
      );
    return { schedule: known.schedule, virtualStages: 1 };
  }
  const virtualStages = known.schedule === 'zb-v' ? 1 : chunks;
  if (layers === undefined) return { schedule: known.schedule, virtualStages };
  const stageLayers = own
    ? own.map((part) => (Array.isArray(part) ? part.filter((one) => /^layers\./.test(String(one))).length : 0))
    : cuts
      ? ofCuts(cuts.map(String), layers)
      : dealt(layers, stages, first, last);
  if (!own && !cuts && !less.some(({ given }) => given))
    settings.assume(
      'parallelism.pipeline_parallel_first_stage_less_layers, parallelism.pipeline_parallel_last_stage_less_layers',
      'not given: 1, the default of torchtitan (older versions: 0)',
      at,
    );
  return { schedule: known.schedule, virtualStages, ...(stageLayers ? { stageLayers } : {}) };
}

/** Layers of the stages that begin at `layers.8`, `layers.16`, …; undefined when the points are no layers in order. */
function ofCuts(cuts: readonly string[], layers: number): number[] | undefined {
  const begins = cuts.map((cut) => Number(/^layers\.(\d+)$/.exec(cut)?.[1] ?? (cut === 'norm' ? layers : Number.NaN)));
  const edges = [0, ...begins, layers];
  const held = edges.slice(1).map((edge, i) => edge - (edges[i] ?? 0));
  return held.every((count) => count >= 0) ? held : undefined;
}
