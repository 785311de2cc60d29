import type { ModelShape } from '@regatta/sim-core';
import { catalogueModels } from '../../catalogue/models.js';
import type { LocatedText } from '../../schema/located-text.js';
import { getPath, isTree, type Tree } from '../../schema/paths.js';
import { interpolated } from './interpolation.js';
import { megatronScenario } from './megatron-arguments.js';
import { changesNoStep, unmodelledArguments } from './megatron-flags.js';
import { precisionFlags, renamed, sections, silent, silentModel, silentRest, translated } from './nemo-keys.js';
import { numberOf, type Setting, Settings, type Style } from './settings.js';
import type { TrainingConfig } from './types.js';

function leaves(tree: Tree, prefix: readonly string[], into: [string[], unknown][] = []): [string[], unknown][] {
  for (const [key, value] of Object.entries(tree)) {
    const path = [...prefix, key];
    if (isTree(value)) leaves(value, path, into);
    else if (Array.isArray(value) && key === 'callbacks')
      value.forEach((one, i) => {
        if (isTree(one)) leaves(one, [...path, String(i)], into);
      });
    else into.push([path, value]);
  }
  return into;
}

function styleOf(spelled: ReadonlyMap<string, string>): Style {
  const names = new Map(Object.entries(renamed).map(([name, key]) => [key, name]));
  return { tool: 'NeMo', spell: (key) => spelled.get(key) ?? names.get(key) ?? key.replaceAll('-', '_') };
}

/** Class of the model's layers that a NeMo 2 export or a Megatron-Bridge provider names; empty when it names none. */
function classOf(root: Tree): string {
  const model = isTree(root.model) ? root.model : {};
  const target = (isTree(model.config) ? model.config._target_ : undefined) ?? model._target_;
  return typeof target === 'string' ? (/([A-Za-z0-9_]+)$/.exec(target)?.[1] ?? '') : '';
}

/** Catalogue model of a configuration class, such as `Llama31Config405B` or `Llama3ModelProvider8B`. */
function modelOfClass(name: string): ModelShape | undefined {
  const bare = (text: string): string => text.toLowerCase().replace(/config|modelprovider|provider|[^a-z0-9]/g, '');
  // Llama 3 and 3.1 have the same layers.
  const wanted = bare(name.replace(/^Llama3(?=Config|Model)/, 'Llama31').replace(/^GPTConfig/, 'GPT3Config'));
  return catalogueModels.find(({ shape }) => bare(shape.name) === wanted)?.shape;
}

/** A NeMo recipe: the YAML of NeMo 1 (Hydra) or the YAML export of a NeMo 2 recipe. */
export function readNemo(text: LocatedText, root: Tree): TrainingConfig {
  const entries = new Map<string, Setting>();
  const spelled = new Map<string, string>();
  const optimizers: string[] = [];
  for (const [path, raw] of leaves(root, [])) {
    const name = path.join('.');
    const last = path.at(-1) ?? '';
    // A callback that overlaps communication is a section of its own; others do not change a step.
    const callback = /^(trainer\.)?callbacks\.\d+$/.exec(path.slice(0, -1).join('.'));
    if (callback && !/CommOverlap/.test(String(getPath(root, [...path.slice(0, -1), '_target_'])))) continue;
    const section = callback ? 'comm_overlap' : path.slice(0, -1).join('.');
    const value = interpolated(raw, root, path);
    const put = (key: string, meant: unknown): void => {
      if (meant === null && entries.has(key)) return;
      entries.set(key, { name, value: meant, ...text.locate(path) });
      spelled.set(key, name);
    };
    if (name === 'model.optim.name') optimizers.push(String(value));
    if (/^(trainer\.plugins|mixed_precision)\._target_$/.test(name) || name === 'mixed_precision')
      for (const [target, meant] of precisionFlags(String(value).split('.').at(-1))) put(target, meant);
    if (/^model\.tokenizer\.(type|model)$/.test(name) && value !== null)
      put(entries.has('tokenizer-model') ? 'tokenizer-type' : 'tokenizer-model', value);
    if (!sections.includes(section)) {
      if (!silent.test(name) && name !== 'mixed_precision') put(name, value);
      continue;
    }
    const key = renamed[last];
    const translate = translated[last];
    const dashed = last.replaceAll('_', '-');
    if (section === 'model.optim' && !/sync|bucket/.test(last)) continue;
    if ((section === 'data' || section === 'dataset') && !/batch_size$|^seq(uence)?_length$/.test(last)) continue;
    if (last === 'bucket_cap_mb') put('bucket-cap-mb', value);
    else if (value !== null && translate) for (const [target, meant] of translate(value)) put(target, meant);
    else if (key !== undefined) put(key, value);
    else if (dashed in unmodelledArguments) put(dashed, value);
    else if (section !== 'trainer' && (changesNoStep(dashed) || (section !== 'model' && silentRest.test(last))))
      continue;
    else if (!(section.startsWith('model') && silentModel.test(last)) && !silent.test(name)) put(name, value);
  }
  if (entries.get('num-query-groups')?.value) {
    const groups = entries.get('num-query-groups');
    if (groups) entries.set('group-query-attention', { ...groups, value: true });
  }
  for (const [key, setting] of entries) if (setting.value === null) entries.delete(key);
  // NeMo 1 keeps a strategy in its files whether or not FSDP is on.
  if (entries.get('data-parallel-sharding-strategy')?.name === 'model.fsdp_sharding_strategy')
    if (entries.get('use-torch-fsdp2')?.value !== true) entries.delete('data-parallel-sharding-strategy');
  const settings = new Settings(text.file, entries, text.locate(isTree(root.model) ? ['model'] : []), styleOf(spelled));
  if (optimizers.some((name) => /distributed/.test(name)))
    settings.add('use-distributed-optimizer', {
      name: 'model.optim.name',
      value: true,
      ...text.locate(['model', 'optim', 'name']),
    });
  const named = classOf(root);
  const known = modelOfClass(named);
  const refused = /mamba|nemotronh|ssm|hyena|t5|whisper|qwen3next/i.test(named);
  if (refused) {
    const path =
      isTree(root.model) && isTree(root.model.config) ? ['model', 'config', '_target_'] : ['model', '_target_'];
    settings.issue(
      { name: path.join('.'), value: named, ...text.locate(path) },
      `layers of ${named} are not supported`,
      'a decoder of attention and MLP layers',
      'job.model',
    );
  }
  const config = withClass(megatronScenario(settings, 'nemo'), known, entries);
  const sized = ['num-layers', 'hidden-size', 'num-attention-heads'].some((key) => entries.has(key));
  if (known || (sized && !refused)) return config;
  const others = config.issues.filter(({ field, message }) => !ofModel(field) || message.endsWith('not supported'));
  if (refused) return { ...config, issues: others };
  settings.missing(
    isTree(root.model) ? 'model' : 'job.model',
    '--model NAME, a catalogue name or the path of a config.json',
    'job.model',
    named === '' ? 'holds no sizes of a model' : `the sizes of ${named} are not known here`,
  );
  return { ...config, issues: [...others, ...settings.issues.slice(-1)] };
}

const ofModel = (field: string | undefined): boolean => field?.startsWith('job.model') === true;

/** Sizes of a model that a class may change. */
const sizes: readonly (readonly [string, keyof ModelShape])[] = [
  ['num-layers', 'layers'],
  ['hidden-size', 'hidden'],
  ['num-attention-heads', 'heads'],
  ['num-query-groups', 'kvHeads'],
  ['kv-channels', 'headDim'],
  ['ffn-hidden-size', 'ffn'],
  ['vocab-size', 'vocab'],
];

/** The model of a NeMo 2 export stands in its class, changed by the numbers beside it. */
function withClass(
  config: TrainingConfig,
  shape: ModelShape | undefined,
  entries: ReadonlyMap<string, Setting>,
): TrainingConfig {
  const { job } = config.scenario;
  const given = sizes.flatMap(([key, name]) =>
    entries.has(key) ? [[name, numberOf(entries.get(key)?.value)] as const] : [],
  );
  if (!shape || !isTree(job) || given.length === sizes.length) return config;
  return {
    ...config,
    scenario: {
      ...config.scenario,
      job: { ...job, model: given.length === 0 ? shape.name : { ...shape, ...Object.fromEntries(given) } },
    },
    issues: config.issues.filter(({ field }) => !ofModel(field)),
    warnings: config.warnings.filter(({ field }) => !ofModel(field)),
  };
}
