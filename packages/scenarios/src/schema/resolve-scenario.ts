import { usualCluster } from '../catalogue/usual-cluster.js';
import { readIncidentLog } from '../importers/incident-log.js';
import { parseScheduleFile } from '../importers/schedule-file.js';
import { isIssue, parseAssignment } from './assignment.js';
import { completeRecovery } from './complete-recovery.js';
import { type Expansion, expandNames, type FileReaders } from './expand-names.js';

import { InputError, type InputIssue } from './input-error.js';
import { getPath, isTree, type Tree, withPath } from './paths.js';
import type { Locate, Override, ScenarioInput } from './scenario-input.js';
import { type ResolvedScenario, scenarioSchema } from './scenario-schema.js';
import { readSource } from './scenario-source.js';
import { describeIssues } from './zod-issues.js';

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
  readonly locate: Locate;
}

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

/**
 * Makes a complete scenario of a file, flags and --set: catalogue names are expanded, then flags and --set are laid over,
 * in order, then everything is checked in one pass (contract: flags).
 * @throws InputError with every mistake found, each at its file, line and column, or at its flag.
 */
export function resolveScenario(input: ScenarioInput): Resolution {
  const found: Expansion = { issues: [], warnings: [], spoilt: new Set() };
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
  const locate: Locate = (path) => {
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
  const follows = (path: string): boolean =>
    unknown.has(path) ||
    [...found.spoilt].some((spoilt) => path === spoilt || path.startsWith(`${spoilt}.`)) ||
    (found.spoilt.has('cluster.device') && device !== undefined && path.startsWith('cluster.'));
  const issues: InputIssue[] = found.issues.map((issue) => {
    const flag = flagOf.get(issue.path);
    if (flag !== undefined) return { ...issue, path: flag };
    return issue.path.startsWith('--') ? issue : { ...locate(issue.path.split('.')), ...issue };
  });
  if (!parsed.success) {
    for (const { at, ...issue } of describeIssues(parsed.error, tree, scenarioSchema)) {
      if (follows(issue.path)) continue;
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

/** The value of a field of a resolved scenario by its dotted path. */
export function fieldOf(scenario: ResolvedScenario, path: string): unknown {
  return getPath(scenario, path.split('.'));
}
