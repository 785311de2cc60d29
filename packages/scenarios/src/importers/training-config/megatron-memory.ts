import type { Tree } from '../../schema/paths.js';
import type { Settings } from './settings.js';

const isNarrow = (precision: string): boolean => !['fp32', 'fp16', 'bf16'].includes(precision);

/** Bytes of Adam's moments, which only the precision-aware optimizer keeps in fewer than 32 bits. */
function momentBytes(settings: Settings): Tree {
  const field = 'job.options.momentBytes';
  const aware = settings.flag('use-precision-aware-optimizer', field) === true;
  const keys = ['exp-avg-dtype', 'exp-avg-sq-dtype'].filter((key) => {
    const kind = settings.text(key, field);
    return kind !== undefined && !/fp32|float32/.test(kind);
  });
  if (!aware || keys.length === 0) return {};
  if (keys.length === 1) {
    settings.warn(keys, 'alone is not modelled: both moments have 32 bits', field);
    return {};
  }
  for (const key of keys.filter((name) => !/16/.test(settings.text(name, field) ?? '')))
    settings.warn(key, 'is taken as 16 bits', field);
  return { momentBytes: 2 };
}

/** Layers of each stage whose activations wait in host memory. */
function offloadedActivations(settings: Settings): Tree {
  const key = 'cpu-offloading-num-layers';
  const field = 'job.options.offloadActivationLayers';
  const layers = settings.count(key, field);
  if (layers === undefined || layers === 0) return {};
  settings.warn(key, 'counts in memory; the time of its transfers does not', field);
  return { offloadActivationLayers: layers };
}

/** What a Megatron-LM argument set says of the memory of weights, optimizer states and activations. */
export function megatronMemory(
  settings: Settings,
  at: { precision: string; framework: 'megatron' | 'deepspeed' | 'fsdp' },
): Tree {
  const gathered = ['fp8-param-gather', 'fp8-param', 'fp4-param-gather'].map(
    (key) => settings.flag(key, 'job.options.narrowStorage') === true,
  );
  return {
    framework: at.framework,
    ...(isNarrow(at.precision) ? { narrowStorage: gathered.includes(true) ? 'primary' : 'copies' } : {}),
    ...momentBytes(settings),
    ...offloadedActivations(settings),
  };
}
