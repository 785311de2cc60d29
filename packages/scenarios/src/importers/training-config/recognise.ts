import { InputError } from '../../schema/input-error.js';
import { parseLocated } from '../../schema/located-text.js';
import { isTree } from '../../schema/paths.js';
import type { ConfigEntry, TrainingConfig, TrainingConfigHints } from './config-keys.js';
import { readDeepSpeed } from './deepspeed.js';
import { readGptNeoX } from './gpt-neox.js';
import { launchArguments } from './launch-script.js';
import { countsForMegatron, readMegatronArguments } from './megatron-arguments.js';
import { readNemo } from './nemo.js';
import { readTorchtitan } from './torchtitan.js';

/**
 * Reads the training configuration of another tool: a Megatron-LM launch script or argument YAML, a NeMo or GPT-NeoX YAML, a
 * DeepSpeed JSON, a torchtitan TOML. Undefined for text that is none of them.
 * @throws InputError as the readers do.
 */
export function readTrainingConfig(
  text: string,
  file: string,
  hints: TrainingConfigHints = {},
): TrainingConfig | undefined {
  if (/\.toml$/i.test(file)) return readTorchtitan(text, file, hints);
  if (/\.(sh|bash|slurm|sbatch)$/i.test(file) || text.startsWith('#!')) {
    const entries = launchArguments(text, file, countsForMegatron);
    if (entries.has('--num-layers')) return readMegatronArguments(entries, file, hints);
    const message = 'gives no --num-layers: it is no launch script of Megatron-LM';
    throw new InputError([
      {
        code: 'config',
        file,
        path: '',
        message,
        expected: 'arguments of pretrain_gpt.py and their like',
        received: '',
      },
    ]);
  }
  const tree = mapOf(text, file);
  if (!tree) return undefined;
  const names = new Set(Object.keys(tree).map((name) => name.replaceAll('-', '_')));
  if (isTree(tree.MODEL_ARGS)) return readMegatronArguments(argumentsOf(text, file), file, hints);
  if (isTree(tree.model) && (isTree(tree.trainer) || 'micro_batch_size' in tree.model))
    return readNemo(text, file, hints);
  if (
    names.has('num_layers') &&
    names.has('hidden_size') &&
    (names.has('pipe_parallel_size') || names.has('model_parallel_size'))
  )
    return readGptNeoX(text, file, hints);
  const deepspeed = ['train_batch_size', 'train_micro_batch_size_per_gpu', 'zero_optimization'];
  return deepspeed.some((name) => names.has(name)) ? readDeepSpeed(text, file, hints) : undefined;
}

/** The map that a YAML or JSON text holds; undefined for anything else, mistakes included: those are the scenario reader's. */
function mapOf(text: string, file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const { value } = parseLocated(text, file);
    return isTree(value) ? value : undefined;
  } catch {
    // A DeepSpeed file with comments is no YAML either.
    return /"(zero_optimization|train_micro_batch_size_per_gpu)"/.test(text) ? { zero_optimization: {} } : undefined;
  }
}

/** Flags of `MODEL_ARGS` and of `MODEL_ARGS_<n>`, later ones over earlier ones. */
function argumentsOf(text: string, file: string): Map<string, ConfigEntry> {
  const located = parseLocated(text, file);
  const entries = new Map<string, ConfigEntry>();
  if (!isTree(located.value)) return entries;
  for (const [section, flags] of Object.entries(located.value)) {
    if (!/^MODEL_ARGS(_\d+)?$/.test(section) || !isTree(flags)) continue;
    for (const [flag, value] of Object.entries(flags))
      entries.set(flag, { value, line: located.locate([section, flag]).line });
  }
  return entries;
}
