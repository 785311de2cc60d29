import { InputError } from '../../schema/input-error.js';
import { parseLocated } from '../../schema/located-text.js';
import { getPath, isTree } from '../../schema/paths.js';
import { withoutComments } from './deepspeed.js';
import { numberOf, type Setting } from './settings.js';

/** A DeepSpeed configuration that a launch script names: its text, and where it stands. */
export interface NamedConfig {
  readonly file: string;
  readonly text: string;
  /** Line of `file` at which it begins. */
  readonly line: number;
}

/** Fields of the configuration that are an argument of Megatron-LM under another name. */
const fields: readonly (readonly [string, string])[] = [
  ['zero_optimization.stage', 'zero-stage'],
  ['train_batch_size', 'global-batch-size'],
  ['train_micro_batch_size_per_gpu', 'micro-batch-size'],
  ['bf16.enabled', 'bf16'],
  ['fp16.enabled', 'fp16'],
  ['zero_optimization.overlap_comm', 'overlap-grad-reduce'],
  ['zero_optimization.reduce_bucket_size', 'ddp-bucket-size'],
  ['zero_optimization.cpu_offload', 'optimizer-cpu-offload'],
];

const same = (a: unknown, b: unknown): boolean =>
  a === b || (numberOf(a) !== undefined && numberOf(a) === numberOf(b)) || String(a) === String(b);

export interface Contradiction {
  readonly setting: Setting;
  readonly message: string;
}

/**
 * Adds what a DeepSpeed configuration says to the arguments of the script that names it; where both say something, they must agree.
 * Returns undefined when the configuration cannot be read: a template with placeholders, say.
 */
export function addDeepspeed(config: NamedConfig, entries: Map<string, Setting>): readonly Contradiction[] | undefined {
  let located: ReturnType<typeof parseLocated>;
  try {
    located = parseLocated(withoutComments(config.text), config.file);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
  const root = located.value;
  if (!isTree(root)) return undefined;
  const at = (path: string): Pick<Setting, 'line' | 'column' | 'file'> => {
    const { line, column } = located.locate(path.split('.'));
    return { line: line + config.line - 1, column, file: config.file };
  };
  const found: Contradiction[] = [];
  const put = (key: string, path: string, value: unknown): void => {
    const known = entries.get(key);
    if (!known) entries.set(key, { name: path, value, ...at(path) });
    else if (key !== 'bf16' && key !== 'fp16' && key !== 'zero-stage' && !same(known.value, value))
      found.push({
        setting: { name: path, value, ...at(path) },
        message: `is ${String(value)}, but ${known.name} is ${String(known.value)}`,
      });
    // What DeepSpeed runs is what its own configuration says.
    else if (key === 'zero-stage') entries.set(key, { name: path, value, ...at(path) });
  };
  for (const [path, key] of fields) {
    const value = getPath(root, path.split('.'));
    if (value !== undefined && value !== null && value !== 'auto' && value !== false) put(key, path, value);
  }
  const device = getPath(root, ['zero_optimization', 'offload_optimizer', 'device']);
  if (device === 'cpu' || device === 'nvme')
    put('optimizer-cpu-offload', 'zero_optimization.offload_optimizer.device', true);
  return found;
}
