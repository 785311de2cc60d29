import type { LocatedText } from '../../schema/located-text.js';
import { isTree, type Tree } from '../../schema/paths.js';
import { megatronScenario } from './megatron-arguments.js';
import { type Setting, Settings } from './settings.js';
import type { TrainingConfig } from './types.js';

/** `--num_layers` and `num-layers` are the same argument. */
export const argumentKey = (name: string): string => name.replace(/^-+/, '').replaceAll('_', '-').toLowerCase();

const variable = /\$\{?([A-Za-z_]\w*)\}?/;

/** Maps of arguments inside one another (Megatron-LM `--yaml-cfg`: language_model, model_parallel) are laid flat. */
function flatten(tree: Tree, prefix: readonly string[], text: LocatedText, into: Map<string, Setting>): void {
  for (const [name, value] of Object.entries(tree)) {
    const path = [...prefix, name];
    if (isTree(value) && !name.startsWith('-')) {
      flatten(value, path, text, into);
      continue;
    }
    const unset = typeof value === 'string' ? variable.exec(value)?.[1] : undefined;
    const key = argumentKey(name);
    into.set(key, {
      name,
      value: withoutAbsence(value),
      ...text.locate(path),
      ...(unset === undefined ? {} : { unset }),
    });
  }
}

const withoutAbsence = (value: unknown): unknown => (value === 'None' || value === 'null' ? null : value);

/** Key of the arguments' map: `MODEL_ARGS`, else the first `MODEL_ARGS_<n>`; undefined when the whole file is the map. */
function argumentsMap(root: Tree): string | undefined {
  return (
    Object.keys(root).find((key) => key === 'MODEL_ARGS') ??
    Object.keys(root).find((key) => /^MODEL_ARGS_\d+$/.test(key))
  );
}

/** Arguments of Megatron-LM as a YAML map of flags, as its functional tests keep them. */
export function readMegatronYaml(text: LocatedText, root: Tree): TrainingConfig {
  const key = argumentsMap(root);
  const entries = new Map<string, Setting>();
  const map = key === undefined ? root : root[key];
  const at = key === undefined ? [] : [key];
  if (isTree(map)) flatten(map, at, text, entries);
  const settings = new Settings(text.file, entries, text.locate(at));
  const others = Object.keys(root).filter((name) => name !== key && /^MODEL_ARGS/.test(name));
  for (const name of others) settings.remarkAt(text.locate([name]).line, name, `is left out: ${key} is read`);
  return megatronScenario(settings, 'megatron');
}
