import { recomputeModules } from '@regatta/sim-core';
import type { Settings } from './settings.js';

export interface Batch {
  readonly microBatch: number | undefined;
  readonly globalBatch?: number;
  readonly batchPerReplica?: number;
  readonly steps?: number;
}

/** The last batch of `"0:384 200B:768"`, that of most of the run. */
function lastOfSchedule(text: string): number | undefined {
  const size = Number(text.trim().split(/\s+/).at(-1)?.split(':').at(-1));
  return Number.isSafeInteger(size) && size > 0 ? size : undefined;
}

/** Batch sizes and the length of the job. Without a global batch it is micro-batch x data, as Megatron-LM has it. */
export function megatronBatch(settings: Settings): Batch {
  const field = 'job.globalBatch';
  const microBatch = settings.count(['micro-batch-size', 'batch-size'], 'job.microBatch');
  if (microBatch === undefined && !settings.has(['micro-batch-size', 'batch-size']))
    settings.missing(settings.spell('micro-batch-size'), 'a positive whole number', 'job.microBatch');
  let globalBatch = settings.count('global-batch-size', field);
  const stepwise = settings.text('step-batch-size-schedule', field);
  if (stepwise !== undefined) {
    const last = lastOfSchedule(stepwise);
    const setting = settings.find('step-batch-size-schedule');
    if (last === undefined && setting) settings.issue(setting, `is ${stepwise}`, 'START:SIZE START:SIZE …', field);
    if (last !== undefined) {
      settings.warn('step-batch-size-schedule', `changes the batch during the run: its last, ${last}, is taken`, field);
      globalBatch = last;
    }
  }
  if (settings.has('rampup-batch-size'))
    settings.warn('rampup-batch-size', 'is left out: the step is that of the full global batch', field);
  const iterations = settings.count('train-iters', 'job.steps');
  const samples = settings.count('train-samples', 'job.steps');
  const steps =
    iterations ?? (samples === undefined || globalBatch === undefined ? undefined : Math.ceil(samples / globalBatch));
  const length = steps === undefined ? {} : { steps };
  if (globalBatch !== undefined) return { microBatch, globalBatch, ...length };
  if (settings.has('global-batch-size') || stepwise !== undefined || microBatch === undefined)
    return { microBatch, ...length };
  const accumulation = settings.count('gradient-accumulation-steps', field);
  if (accumulation !== undefined) return { microBatch, batchPerReplica: microBatch * accumulation, ...length };
  settings.assume(
    settings.spell('global-batch-size'),
    `not given: micro-batch x data-parallel size, ${settings.byDefault}`,
    field,
  );
  return { microBatch, batchPerReplica: microBatch, ...length };
}

/** What is recomputed: which modules of a layer, or how many whole layers of a stage. */
export interface MegatronRecompute {
  readonly kind: 'none' | 'selective' | 'full';
  readonly layers?: number;
  readonly modules?: readonly string[];
}

/** Modules of --recompute-modules; those that are unknown are named and left out. */
function selectedModules(settings: Settings, field: string): MegatronRecompute {
  const key = 'recompute-modules';
  const named =
    settings
      .text(key, field)
      ?.split(/[\s,]+/)
      .filter((name) => name !== '') ?? [];
  const known: readonly string[] = recomputeModules;
  const modules = named.filter((name) => known.includes(name));
  const other = named.filter((name) => !known.includes(name));
  if (other.length > 0)
    settings.warn(key, `${other.join(' ')} ${other.length > 1 ? 'are' : 'is'} not modelled: kept`, field);
  return modules.length > 0 ? { kind: 'selective', modules } : { kind: 'selective' };
}

export function megatronRecompute(settings: Settings): MegatronRecompute {
  const field = 'job.recompute';
  const layers = settings.count('recompute-num-layers', 'job.options.recomputeLayers');
  const method = settings.choice('recompute-method', ['uniform', 'block'], field);
  if (settings.flag('recompute-activations', field) === true) return { kind: 'selective' };
  const older = ['checkpoint-activations', 'checkpoint-num-layers'].find((key) => settings.has(key));
  if (older !== undefined)
    settings.warn(older, 'is an argument of older versions, taken as --recompute-granularity full', field);
  const granularity = settings.choice('recompute-granularity', ['full', 'selective'], field);
  if (granularity === 'selective') return selectedModules(settings, field);
  if (granularity === undefined && older === undefined) return { kind: 'none' };
  if (method === 'block' && layers !== undefined) return { kind: 'full', layers };
  if (layers !== undefined && layers > 1)
    settings.warn(
      'recompute-num-layers',
      `groups of ${layers} layers are taken as layers one by one: the same time, more stored inputs`,
      field,
    );
  return { kind: 'full' };
}
