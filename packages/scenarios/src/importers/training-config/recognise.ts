import { InputError } from '../../schema/input-error.js';
import { type LocatedText, parseLocated } from '../../schema/located-text.js';
import { isTree, type Tree } from '../../schema/paths.js';
import { readDeepspeed, withoutComments } from './deepspeed.js';
import { readGptNeox } from './gpt-neox.js';
import { type ReadBeside, readLaunchScript } from './launch-script.js';
import { readMegatronYaml } from './megatron-yaml.js';
import { readNemo } from './nemo.js';
import { readTorchtitan } from './torchtitan.js';
import type { TrainingConfig } from './types.js';

const isScript = (text: string, file: string): boolean =>
  /\.(sh|bash|slurm|sbatch|sub|args)$/i.test(file) ||
  /^#!.*\b(ba|z|da)?sh\b/.test(text) ||
  /^#SBATCH\b/m.test(text) ||
  /^\s*(#[^\n]*\n\s*)*--[A-Za-z][\w-]*([= \t\r\n\\]|$)/.test(text);

const hasKey = (tree: Tree, ...names: readonly string[]): boolean =>
  Object.keys(tree).some((key) => names.includes(key.replaceAll('-', '_')));

/** Reader of a YAML or JSON map of another tool; undefined for a map that is none (a scenario has `job`). */
function readerOf(root: Tree): ((text: LocatedText, root: Tree) => TrainingConfig) | undefined {
  const keys = Object.keys(root);
  if (hasKey(root, 'job', '$schema')) return undefined;
  if (keys.some((key) => /^MODEL_ARGS(_\d+)?$/.test(key)) || keys.some((key) => /^--[a-z]/.test(key)))
    return readMegatronYaml;
  if (isTree(root.language_model) || isTree(root.model_parallel)) return readMegatronYaml;
  if (
    isTree(root.model) &&
    (isTree(root.trainer) ||
      isTree(root.train) ||
      isTree(root.ddp) ||
      isTree(root.comm_overlap) ||
      hasKey(root.model, 'tensor_model_parallel_size', 'config'))
  )
    return readNemo;
  if (hasKey(root, 'hidden_size') && hasKey(root, 'num_layers'))
    return hasKey(root, 'tensor_model_parallel_size', 'micro_batch_size') ? readMegatronYaml : readGptNeox;
  if (hasKey(root, 'pipe_parallel_size')) return readGptNeox;
  if (hasKey(root, 'zero_optimization', 'train_batch_size', 'train_micro_batch_size_per_gpu')) return readDeepspeed;
  return undefined;
}

/**
 * Reads a training configuration of another tool, whichever its text shows it to be (spec/input-formats.md 2 to 6); undefined for
 * text that is none of them, such as a scenario.
 * @param read Reads a file that a launch script names.
 * @throws InputError for text of such a tool that is not well-formed.
 */
export function readTrainingConfig(text: string, file: string, read?: ReadBeside): TrainingConfig | undefined {
  if (/\.py$/i.test(file)) {
    throw new InputError([
      {
        code: 'training-config',
        file,
        path: '',
        message: 'is a Python program, which is not run',
        expected: 'its YAML: NeMo 2 writes a recipe with --to-yaml FILE',
        received: '',
      },
    ]);
  }
  if (/\.toml$/i.test(file) || /^\s*\[(job|training|parallelism|model)\]\s*$/m.test(text))
    return readTorchtitan(text, file);
  if (isScript(text, file)) return readLaunchScript(text, file, read);
  let located: LocatedText;
  try {
    located = parseLocated(/^\s*(\/\/|\/\*|\{)/.test(text) ? withoutComments(text) : text, file);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
  const root = located.value;
  return isTree(root) ? readerOf(root)?.(located, root) : undefined;
}
