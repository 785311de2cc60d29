import { parse as parseYaml } from 'yaml';
import { catalogueScenarios } from '../catalogue/scenarios.js';
import { usualCluster } from '../catalogue/usual-cluster.js';
import { readIncidentLog } from '../importers/incident-log.js';
import { parseScheduleFile } from '../importers/schedule-file.js';
import { completeConfig } from '../importers/training-config/complete.js';
import { readTrainingConfig } from '../importers/training-config/recognise.js';
import type { TrainingConfig } from '../importers/training-config/types.js';
import { completeRecovery } from './complete-recovery.js';
import { didYouMean } from './did-you-mean.js';
import { type Expansion, expandNames, type FileReaders, type ReadText } from './expand-names.js';
import { InputError, type InputIssue } from './input-error.js';
import { parseLocated } from './located-text.js';
import { getPath, isTree, type Tree, withPath } from './paths.js';
import { inUnitOf } from './quantities.js';
import { type ResolvedScenario, scenarioSchema } from './scenario-schema.js';
import { describeIssues, keysAt } from './zod-issues.js';

/** A value that a flag lays over the file, with the flag's name for messages. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly flag: string;
}

export interface ScenarioInput {
  /** Path of a scenario file, or a name of the catalogue; absent: from flags alone. */
  readonly source?: string;
  readonly overrides?: readonly Override[];
  /** `path=value` texts of --set, in order. */
  readonly sets?: readonly string[];
  /** Laid over the sets. */
  readonly last?: readonly Override[];
  readonly readText: ReadText;
  /** The first bad row of a log is wrong input. */
  readonly strict?: boolean;
  /** The caller's own idea of what to start from (a reader of another tool's file made it). */
  readonly base?: Tree;
  /** GPU count that the command line asks for, where another tool's file leaves sizes to it. */
  readonly gpus?: number;
}

export interface Resolution {
  readonly scenario: ResolvedScenario;
  readonly warnings: readonly string[];
  /** The scenario's own text or --set says how many nodes there are: then no GPU count may ask for more. */
  readonly nodesFixed: boolean;
  /** Name of the catalogue's cluster, when it is one. */
  readonly clusterName?: string;
  /** The cluster is what the device usually stands in, of the size that is asked for. */
  readonly usualCluster?: true;
  /** GPUs that a training configuration of another tool asks for. */
  readonly gpus?: number;
  /** Where a field stood, for messages about what comes after. */
  locate(path: readonly string[]): Pick<InputIssue, 'file' | 'line' | 'column'>;
}

const scenarioDefaults: Tree = { job: {} };

/** Fields whose names are expanded as soon as a flag sets them, so that the flags after it reach into what they stand for. */
const namedFields: readonly string[] = ['cluster', 'cluster.device', 'job.model'];

/** The device of a scenario that says nothing else of its cluster; undefined when it says more. */
function loneDevice(start: Tree, overrides: readonly Override[]): string | undefined {
  const at = (path: string): unknown => overrides.filter((o) => o.path.join('.') === path).at(-1)?.value;
  const { cluster = {} } = start;
  if (at('cluster') !== undefined || !isTree(cluster)) return undefined;
  if (Object.keys(cluster).some((key) => key !== 'device')) return undefined;
  const device = at('cluster.device') ?? cluster.device;
  return typeof device === 'string' ? device : undefined;
}

/** GPUs that a tree's parallel sizes ask for. */
function gpusOf(tree: Tree): number {
  const size = (name: string): number => {
    const value = getPath(tree, ['job', 'parallel', name]);
    return typeof value === 'number' && value > 0 ? value : 1;
  };
  return size('tensor') * size('pipeline') * size('context') * size('data');
}

/** Splits `path=value` of a flag and reads the value as YAML. */
export function parseAssignment(text: string, flag: string): Override | InputIssue {
  const at = text.indexOf('=');
  const wrong = (message: string): InputIssue => ({
    code: 'set',
    path: flag,
    message,
    expected: 'path.to.field=value',
    received: text,
  });
  if (at <= 0) return wrong(`${text} is no assignment`);
  const path = text.slice(0, at).trim().split('.');
  try {
    const value: unknown = parseYaml(text.slice(at + 1));
    return { path, value: inUnitOf(path.at(-1) ?? '', value), flag: `${flag} ${text.slice(0, at).trim()}` };
  } catch {
    return wrong(`the value of ${text} cannot be read`);
  }
}

export const isIssue = (value: Override | InputIssue): value is InputIssue => 'code' in value;

/**
 * Makes a complete scenario of a file, flags and --set: catalogue names are expanded, then flags and --set are laid over,
 * in order, then everything is checked in one pass (contract: flags).
 * @throws InputError with every mistake found, each at its file, line and column, or at its flag.
 */
export function resolveScenario(input: ScenarioInput): Resolution {
  const found: Expansion = { issues: [], warnings: [] };
  const overrides = [...(input.overrides ?? [])];
  for (const text of input.sets ?? []) {
    const set = parseAssignment(text, '--set');
    if (isIssue(set)) found.issues.push(set);
    else overrides.push(set);
  }
  overrides.push(...(input.last ?? []));
  const { tree: start, place, ...source } = readSource(input, overrides);
  const device = loneDevice(start, overrides);
  found.warnings.push(...(source.warnings ?? []));
  const named = start.cluster;
  // A stack that a flag names must be known before the device's name is expanded, since it chooses the constants.
  const stack = overrides.filter((o) => o.path.join('.') === 'job.stack').at(-1);
  const withStack = stack && isTree(start.job) ? { ...start, job: { ...start.job, stack: stack.value } } : start;
  const readers: FileReaders = {
    schedule: parseScheduleFile,
    incidents: (text, file) => {
      const { incidents, rejected, warnings } = readIncidentLog(text, { file, strict: input.strict ?? false });
      found.warnings.push(...warnings.map((warning) => `${file}: ${warning}`));
      found.warnings.push(...rejected.map(({ line, reason }) => `${file}:${line}: left out: ${reason}`));
      return { rows: incidents, rejected: rejected.length };
    },
  };
  let tree = expandNames(withStack, input.readText, readers, found);
  const flagOf = new Map<string, string>();
  for (const { path, value, flag } of overrides) {
    const next = withPath(tree, path, value);
    if (!next) {
      found.issues.push({
        code: 'set',
        path: flag,
        message: 'is no path of the scenario',
        expected: 'a field of regatta schema',
        received: path.join('.'),
      });
      continue;
    }
    const field = path.join('.');
    tree = namedFields.includes(field) ? expandNames(next, input.readText, readers, found) : next;
    flagOf.set(field, flag);
  }
  tree = expandNames(tree, input.readText, readers, found);
  const usual = device === undefined ? undefined : withUsualCluster(tree, device, input.gpus ?? source.gpus);
  if (usual) {
    tree = usual.tree;
    found.warnings.push(usual.about);
  }
  tree = completeRecovery(tree, found.warnings);
  const parsed = scenarioSchema.safeParse(tree);
  const locate = (path: readonly string[]): Pick<InputIssue, 'file' | 'line' | 'column'> => {
    const [root, ...inCluster] = path;
    const { clusterFile } = found;
    if (root === 'cluster' && clusterFile && !flagOf.has(path.join('.'))) {
      return { file: clusterFile.text.file, ...clusterFile.text.locate([...clusterFile.at, ...inCluster]) };
    }
    if (!place) return input.source === undefined ? {} : { file: input.source };
    return place(path);
  };
  /** A file that holds a cluster alone does not say `cluster.` */
  const inItsFile = (path: string): string =>
    found.clusterFile?.at.length === 0 ? path.replace(/^cluster\./, '') : path;
  /** The flag that set a field or part of it: what it says wrong stands on the command line, unless it named a file. */
  const overrideOf = (path: string, code: string): readonly [string, string] | undefined =>
    [...flagOf].find(([field]) => {
      if (field === 'cluster' && path !== field && found.clusterFile) return false;
      return path === field || path.startsWith(`${field}.`) || (code === 'unknown-key' && field.startsWith(`${path}.`));
    });
  const unknown = new Set(found.issues.map((issue) => issue.path));
  const issues: InputIssue[] = found.issues.map((issue) => {
    const flag = flagOf.get(issue.path);
    if (flag !== undefined) return { ...issue, path: flag };
    return issue.path.startsWith('--') ? issue : { ...locate(issue.path.split('.')), ...issue };
  });
  if (!parsed.success) {
    for (const { at, ...issue } of describeIssues(parsed.error, tree, scenarioSchema)) {
      if (unknown.has(issue.path) || (unknown.has('cluster.device') && device && issue.path.startsWith('cluster.')))
        continue;
      const override = overrideOf(issue.path, issue.code);
      if (override) {
        const [path, flag] = override;
        const key = issue.path.split('.').at(-1);
        if (path.length > issue.path.length)
          issues.push({ ...issue, path: flag, message: issue.message.replace('unknown key', `unknown key ${key}`) });
        else issues.push({ ...issue, path: flag + issue.path.slice(path.length) });
      } else issues.push({ ...locate(at.map(String)), ...issue, path: inItsFile(issue.path) });
    }
  }
  if (issues.length > 0 || !parsed.success) throw new InputError(issues);
  const inline = (isTree(named) && 'nodes' in named) || found.clusterFile !== undefined;
  return {
    scenario: parsed.data,
    warnings: found.warnings,
    nodesFixed: inline || flagOf.has('cluster.nodes'),
    ...(typeof named === 'string' && !found.clusterFile ? { clusterName: named } : {}),
    ...(usual ? { usualCluster: true } : {}),
    ...(source.gpus === undefined ? {} : { gpus: source.gpus }),
    locate,
  };
}

/** The tree with the usual cluster of its device around what is known of it. */
function withUsualCluster(
  tree: Tree,
  device: string,
  gpus: number | undefined,
): { readonly tree: Tree; readonly about: string } | undefined {
  const given = isTree(tree.cluster) ? tree.cluster : {};
  const usual = usualCluster(device, given, gpus ?? gpusOf(tree));
  return usual && { tree: { ...tree, cluster: usual.cluster }, about: usual.about };
}

/** Where a scenario starts from, before flags. */
interface Source {
  readonly tree: Tree;
  readonly place?: Resolution['locate'];
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
    const found: Expansion = { issues: [], warnings: [] };
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

function readSource(input: ScenarioInput, overrides: readonly Override[]): Source {
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
  if (!isTree(located.value)) {
    throw new InputError([
      {
        code: 'scenario',
        file: source,
        ...located.locate([]),
        path: '',
        message: 'is no map of fields',
        expected: keysAt(scenarioSchema, []).join(', '),
        received: '',
      },
    ]);
  }
  return { tree: located.value, place: (path) => ({ file: located.file, ...located.locate(path) }) };
}

/** The value of a field of a resolved scenario by its dotted path. */
export function fieldOf(scenario: ResolvedScenario, path: string): unknown {
  return getPath(scenario, path.split('.'));
}
