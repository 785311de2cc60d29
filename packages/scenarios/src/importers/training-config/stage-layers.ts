import type { Setting, Settings } from './settings.js';

/** How a model is cut over pipeline ranks. */
export interface PipelineSplit {
  /** Chunks of a rank. */
  readonly virtual: number;
  /** Layers of each global stage (chunk c of rank i is stage c p + i); absent: as many to each. */
  readonly stageLayers?: readonly number[];
}

const field = 'job.options.stageLayers';
const virtualField = 'job.parallel.virtualStages';

/**
 * Stages of `--pipeline-model-parallel-layout`, as letters: E embedding, t layer, m multi-token prediction, L loss; `|` ends a
 * stage, `*n` repeats a letter or a group (Megatron-LM, pipeline_parallel_layer_layout.py). Undefined for any other text.
 */
export function layoutStages(layout: string): string[] | undefined {
  let text = layout.replaceAll(/[\s,"'[\]]/g, '');
  for (let groups = 0; /\(/.test(text) && groups < 100; groups++)
    text = text.replace(/\(([^()]*)\)(?:\*(\d+))?/, (_, inner: string, times = '1') =>
      inner.repeat(Math.min(Number(times), 10_000)),
    );
  text = text.replaceAll(/([EtmL|])\*(\d+)/g, (_, letter: string, times: string) =>
    letter.repeat(Math.min(Number(times), 10_000)),
  );
  return /^[EtmL|]+$/.test(text) ? text.split('|') : undefined;
}

const lettersOf = (stage: unknown): string =>
  Array.isArray(stage)
    ? stage.map((part) => ({ embedding: 'E', decoder: 't', mtp: 'm', loss: 'L' })[String(part)] ?? '').join('')
    : String(stage);

function ofLayout(settings: Settings, setting: Setting, pipeline: number, layers: number | undefined): PipelineSplit {
  const { value } = setting;
  const stages = Array.isArray(value) ? value.map(lettersOf) : layoutStages(String(value));
  const wrong = (message: string, expected: string): PipelineSplit => {
    settings.issue(setting, message, expected, field);
    return { virtual: 1 };
  };
  if (!stages)
    return wrong(`is ${String(value)}`, 'stages such as Et*2|(tt|)*5tmL: E embedding, t layer, m prediction, L loss');
  if (stages.length % pipeline !== 0)
    return wrong(`has ${stages.length} stages`, `a multiple of the ${pipeline} pipeline ranks`);
  const stageLayers = stages.map((stage) => [...stage].filter((letter) => letter === 't').length);
  const total = stageLayers.reduce((sum, count) => sum + count, 0);
  if (layers !== undefined && total !== layers)
    return wrong(`holds ${total} layers, the model has ${layers}`, `${layers} letters t`);
  return { virtual: stages.length / pipeline, stageLayers };
}

/** A rank's layers dealt to its chunks; undefined when they do not divide. */
const dealt = (ranks: readonly number[], virtual: number): number[] | undefined =>
  ranks.every((layers) => layers % virtual === 0)
    ? Array.from({ length: virtual }, () => ranks.map((layers) => layers / virtual)).flat()
    : undefined;

/** Layers of ranks whose first or last holds a number of its own; undefined when the rest cannot be dealt. */
function firstAndLast(
  layers: number,
  pipeline: number,
  first: number | undefined,
  last: number | undefined,
): number[] | undefined {
  const between = pipeline - (first === undefined ? 0 : 1) - (last === undefined ? 0 : 1);
  const left = layers - (first ?? 0) - (last ?? 0);
  if (left < 0 || (between > 0 ? left % between !== 0 : left !== 0)) return undefined;
  const ranks = Array.from({ length: pipeline }, () => (between > 0 ? left / between : 0));
  if (first !== undefined) ranks[0] = first;
  if (last !== undefined) ranks[pipeline - 1] = last;
  return ranks;
}

/** Chunks of a pipeline rank and layers of each (Megatron-LM, get_num_layers_to_build of transformer_block.py). */
export function pipelineSplit(settings: Settings, pipeline: number, layers: number | undefined): PipelineSplit {
  const layout = settings.find('pipeline-model-parallel-layout');
  const chunks = settings.count('num-virtual-stages-per-pipeline-rank', virtualField);
  const perChunk = settings.count('num-layers-per-virtual-pipeline-stage', virtualField);
  const first = settings.count('decoder-first-pipeline-num-layers', field);
  const last = settings.count('decoder-last-pipeline-num-layers', field);
  const embedding = settings.flag('account-for-embedding-in-pipeline-split', field) === true ? 1 : 0;
  const loss = settings.flag('account-for-loss-in-pipeline-split', field) === true ? 1 : 0;
  if (settings.find('pipeline-model-parallel-split-rank'))
    settings.warn('pipeline-model-parallel-split-rank', 'is left out: it belongs to encoders with a decoder');
  if (layout) return pipeline === 1 ? { virtual: 1 } : ofLayout(settings, layout, pipeline, layers);
  if (layers === undefined || pipeline === 1) return { virtual: chunks ?? 1 };
  const slots = layers + embedding + loss;
  const virtual = chunks ?? (perChunk === undefined ? 1 : slots / pipeline / perChunk);
  if (!Number.isInteger(virtual)) {
    const setting = settings.find('num-layers-per-virtual-pipeline-stage');
    if (setting)
      settings.issue(
        setting,
        `${slots} layers / ${pipeline} stages / ${perChunk} is not whole`,
        'a divisor of the layers of a stage',
        virtualField,
      );
    return { virtual: 1 };
  }
  if (first === undefined && last === undefined && embedding + loss === 0) return { virtual };
  const uneven = first !== undefined || last !== undefined;
  const ranks = uneven
    ? firstAndLast(layers, pipeline, first, last)
    : slots % pipeline === 0
      ? Array.from({ length: pipeline }, () => slots / pipeline)
      : undefined;
  const stageLayers = ranks && dealt(ranks, virtual);
  if (!stageLayers) {
    const setting = settings.find([
      'decoder-first-pipeline-num-layers',
      'decoder-last-pipeline-num-layers',
      'account-for-embedding-in-pipeline-split',
      'account-for-loss-in-pipeline-split',
    ]);
    if (setting)
      settings.issue(
        setting,
        uneven
          ? `leaves ${layers - (first ?? 0) - (last ?? 0)} of ${layers} layers, which the other ranks' chunks do not divide`
          : `makes ${slots} layers, which ${pipeline} ranks of ${virtual} chunks do not divide`,
        'layers that divide',
        field,
      );
    return { virtual };
  }
  const held = [...stageLayers];
  if (!uneven) {
    held[0] = (held[0] ?? 0) - embedding;
    held[held.length - 1] = (held.at(-1) ?? 0) - loss;
  }
  return { virtual, stageLayers: held };
}
