import type { ModelShape } from '@regatta/sim-core';
import { didYouMean } from '../../schema/did-you-mean.js';
import { InputError } from '../../schema/input-error.js';
import { type LocatedText, parseLocated } from '../../schema/located-text.js';
import { isTree, type Tree } from '../../schema/paths.js';
import { gptLike, llamaLike, otherLayers } from './families.js';
import { Fields } from './fields.js';
import { gptModel } from './gpt-like.js';
import { llamaModel } from './llama-like.js';

export interface HfModel {
  readonly model: ModelShape;
  /** Defaults that were filled in, and what was left out. */
  readonly warnings: readonly string[];
}

const supported: readonly string[] = [...Object.keys(llamaLike), ...Object.keys(gptLike)].sort();

/**
 * Reads a Hugging Face `config.json` (spec/input-formats.md 1).
 * @throws InputError when it is no such file, when a size is missing or no number, and for architectures whose layers the model
 * does not have (state-space and hybrid layers, encoder-decoders), by name.
 */
export function readHfConfig(text: string, file: string): HfModel {
  const located = parseLocated(text, file);
  const root = located.value;
  if (!isTree(root)) throw failure(located, '', 'is not a map of fields', 'the JSON object of a config.json');
  const nested = isTree(root.text_config) ? root.text_config : undefined;
  const tree = nested ?? root;
  const prefix = nested ? ['text_config'] : [];
  const type = tree.model_type ?? root.model_type;
  if (typeof type !== 'string') throw failure(located, 'model_type', 'is missing', `one of ${supported.join(', ')}`);
  const layers = layersNotSupported(type, tree);
  if (layers !== undefined)
    throw failure(
      located,
      [...prefix, 'model_type'].join('.'),
      `architecture ${type} is not supported: it has ${layers}`,
      `one of ${supported.join(', ')}`,
    );
  const fields = new Fields(located, { ...tree, model_type: type }, prefix);
  const llama = Object.hasOwn(llamaLike, type) ? llamaLike[type] : undefined;
  const gpt = Object.hasOwn(gptLike, type) ? gptLike[type] : undefined;
  if (!llama && !gpt)
    throw failure(
      located,
      [...prefix, 'model_type'].join('.'),
      `architecture ${type} is not supported${didYouMean(type, supported)}`,
      `one of ${supported.join(', ')}`,
    );
  if (root.quantization_config !== undefined)
    fields.warnings.push('quantization_config is ignored: it is not the training precision');
  if (nested || root.vision_config !== undefined)
    fields.warnings.push('multimodal config: only the language model is read');
  const name = nameOf(root, file, type);
  const model = llama ? llamaModel(name, fields, llama) : gpt ? gptModel(name, fields, gpt) : undefined;
  if (fields.issues.length > 0 || !model) throw new InputError(fields.issues);
  return { model, warnings: fields.warnings };
}

/** What layers a file describes that are not supported, in words; undefined when there are none. */
function layersNotSupported(type: string, tree: Tree): string | undefined {
  if (Object.hasOwn(otherLayers, type.toLowerCase())) return otherLayers[type.toLowerCase()];
  if (tree.hybrid_override_pattern !== undefined) return 'attention and state-space layers';
  if (tree.block_configs !== undefined) return 'layers of different shapes';
  return tree.is_encoder_decoder === true ? 'an encoder with a decoder' : undefined;
}

function nameOf(root: Tree, file: string, type: string): string {
  const named = root._name_or_path;
  const base = file.split('/').at(-1) ?? '';
  const bare = base.replace(/(\.|^)config\.json$|\.json$/, '');
  return typeof named === 'string' && named !== '' ? named : bare || (file.split('/').at(-2) ?? type);
}

function failure(located: LocatedText, path: string, message: string, expected: string): InputError {
  const { line, column } = located.locate(path === '' ? [] : path.split('.'));
  return new InputError([{ code: 'config', file: located.file, line, column, path, message, expected, received: '' }]);
}
