import { catalogueScenarios } from '../catalogue/scenarios.js';
import { completeConfig } from '../importers/training-config/complete.js';
import { readTrainingConfig } from '../importers/training-config/recognise.js';
import type { TrainingConfig } from '../importers/training-config/types.js';
import { didYouMean } from './did-you-mean.js';
import { type Expansion, expandNames } from './expand-names.js';
import { InputError, type InputIssue } from './input-error.js';
import { parseLocated } from './located-text.js';
import { isTree, type Tree, withPath } from './paths.js';
import type { Locate, Override, ScenarioInput } from './scenario-input.js';
import { scenarioSchema } from './scenario-schema.js';
import { keysAt } from './zod-issues.js';

const scenarioDefaults: Tree = { job: {} };

/** Where a scenario starts from, before flags. */
export interface Source {
  readonly tree: Tree;
  readonly place?: Locate;
  readonly warnings?: readonly string[];
  readonly gpus?: number;
}

/** What the command line names wrongly is told along with the mistakes of the file. */
function completedConfig(
  config: TrainingConfig,
  overrides: readonly Override[],
  input: ScenarioInput,
): ReturnType<typeof completeConfig> {
  try {
    return completeConfig(config, { overrides, ...(input.gpus === undefined ? {} : { gpus: input.gpus }) });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const found: Expansion = { issues: [], warnings: [], spoilt: new Set() };
    const named = overrides.reduce<Tree>((tree, { path, value }) => withPath(tree, path, value) ?? tree, {});
    expandNames(
      named,
      input.readText,
      { schedule: () => undefined, incidents: () => ({ rows: [], rejected: 0 }) },
      found,
    );
    throw new InputError([
      ...error.issues,
      ...found.issues.map((issue) => ({
        ...issue,
        path: overrides.findLast(({ path }) => path.join('.') === issue.path)?.flag ?? issue.path,
      })),
    ]);
  }
}

/** A training configuration of another tool, completed by what the command line says; undefined for any other text. */
function readForeign(
  text: string,
  file: string,
  input: ScenarioInput,
  overrides: readonly Override[],
): Source | undefined {
  const config = readTrainingConfig(text, file, input.readText);
  if (!config) return undefined;
  const completed = completedConfig(config, overrides, input);
  const place = (path: readonly string[]): Pick<InputIssue, 'file' | 'line' | 'column'> => {
    for (let length = path.length; length > 0; length--) {
      const found = config.origins.get(path.slice(0, length).join('.'));
      if (found) return { file, ...found };
    }
    return { file };
  };
  return { ...completed, place };
}

const noScenario = (): InputIssue => ({
  code: 'missing',
  path: 'scenario',
  message: 'is missing',
  expected: `a file, a name of the catalogue (${Object.keys(catalogueScenarios).join(', ')}), or --model, --device, --gpus, --global-batch and --seq-len; regatta init > scenario.yaml writes one to start from`,
  received: '',
});

/** What a scenario starts from: a file, a name of the catalogue, another tool's file, or flags alone. */
export function readSource(input: ScenarioInput, overrides: readonly Override[]): Source {
  if (input.base) return { tree: input.base };
  const { source } = input;
  const saysNothing = overrides.every(({ path }) => path.join('.') === 'seed') && source === undefined;
  if (saysNothing) throw new InputError([noScenario()]);
  if (source === undefined) return { tree: scenarioDefaults };
  const known = Object.hasOwn(catalogueScenarios, source) ? catalogueScenarios[source] : undefined;
  if (known) return { tree: JSON.parse(JSON.stringify(known.scenario)) };
  const text = input.readText(source);
  if (text === undefined) {
    throw new InputError([
      {
        code: 'unknown-name',
        path: '',
        message: `no scenario ${source}${didYouMean(source, Object.keys(catalogueScenarios))}`,
        expected: `a file, or one of ${Object.keys(catalogueScenarios).join(', ')}`,
        received: source,
      },
    ]);
  }
  const foreign = readForeign(text, source, input, overrides);
  if (foreign) return foreign;
  const located = parseLocated(text, source);
  const keys = keysAt(scenarioSchema, []);
  const tree = located.value;
  // Of a file of another kind every key would be unknown and every field missing: one line says so.
  const named = (key: string): boolean => key === 'name' || key === '$schema';
  const ofAnotherKind = (of: Tree): boolean =>
    Object.keys(of).some((key) => !keys.includes(key)) && !keys.some((key) => key in of && !named(key));
  if (!isTree(tree) || ofAnotherKind(tree)) {
    throw new InputError([
      {
        code: 'scenario',
        file: source,
        ...located.locate([]),
        path: '',
        message: isTree(tree) ? 'holds no scenario' : 'is no map of fields',
        expected: keys.join(', '),
        received: '',
      },
    ]);
  }
  return { tree, place: (path) => ({ file: located.file, ...located.locate(path) }) };
}
