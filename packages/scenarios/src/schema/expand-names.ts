import type { Device, ModelShape } from '@regatta/sim-core';
import { catalogueClusters } from '../catalogue/clusters.js';
import { deviceHardware } from '../catalogue/devices.js';
import { catalogueDevice, stacksOf } from '../catalogue/lookup.js';
import { catalogueModels } from '../catalogue/models.js';
import { readHfConfig } from '../importers/hf-config/index.js';
import { didYouMean } from './did-you-mean.js';
import type { InputIssue } from './input-error.js';
import { type LocatedText, parseLocated } from './located-text.js';
import { isTree, type Tree } from './paths.js';
import { clusterSchema, deviceSchema, scheduleNames } from './scenario-schema.js';
import { describeIssues, keysAt } from './zod-issues.js';

/** Reads a file that a scenario names; undefined when there is none. */
export type ReadText = (path: string) => string | undefined;

/** What expanding found: mistakes by path, and remarks for the person. */
export interface Expansion {
  readonly issues: InputIssue[];
  readonly warnings: string[];
  /** Fields whose name or file is wrong: what else is said of them would only follow from it. */
  readonly spoilt: Set<string>;
  /** The file that holds the cluster, and where in it. */
  clusterFile?: { readonly text: LocatedText; readonly at: readonly string[] };
}

const orPath: Readonly<Record<string, string>> = {
  model: ', or the path of a config.json',
  cluster: ', or the path of a file that holds one',
  device: ', or the path of a device file',
};

/** Whether a word that no catalogue knows was meant as a path. */
export const looksLikeFile = (word: string): boolean => /[\\/]|\.(ya?ml|json|txt|csv)$/i.test(word);

/** What a file holds that was read for a field, if it has any key that the field knows beside `name`. */
function treeOfKind(located: LocatedText, schema: unknown, also?: string): Tree | undefined {
  const { value } = located;
  if (!isTree(value)) return undefined;
  const known = [...keysAt(schema, []).filter((key) => key !== 'name'), ...(also === undefined ? [] : [also])];
  return known.some((key) => key in value) ? value : undefined;
}

/** A file of another kind than the field at `path` takes. */
function wrongKind(located: LocatedText, kind: 'cluster' | 'device', path: string, found: Expansion): void {
  found.spoilt.add(path);
  found.issues.push({
    code: kind,
    file: located.file,
    ...located.locate([]),
    path: '',
    message: `holds no ${kind}`,
    expected: kind === 'cluster' ? 'a cluster or a scenario' : 'a map of the fields of a device',
    received: '',
  });
}

const unknownName = (path: string, kind: string, name: string, candidates: readonly string[]): InputIssue => ({
  code: 'unknown-name',
  path,
  message: looksLikeFile(name) ? `no such file ${name}` : `unknown ${kind} ${name}${didYouMean(name, candidates)}`,
  expected: `a name of regatta catalogue ${kind}s${orPath[kind] ?? ''}`,
  received: name,
});

/** A model of the catalogue in the form of the scenario file. */
export function inlineModel(shape: ModelShape): Tree {
  return JSON.parse(JSON.stringify(shape));
}

export const inlineDevice = (device: Device): Tree => JSON.parse(JSON.stringify(device));

function expandModel(value: unknown, read: ReadText, found: Expansion): unknown {
  if (typeof value !== 'string') return value;
  const known = catalogueModels.find((model) => model.shape.name === value);
  if (known) return inlineModel(known.shape);
  const text = read(value);
  if (text !== undefined) {
    const { model, warnings } = readHfConfig(text, value);
    found.warnings.push(...warnings.map((warning) => `${value}: ${warning}`));
    return inlineModel(model);
  }
  found.spoilt.add('job.model');
  found.issues.push(
    unknownName(
      'job.model',
      'model',
      value,
      catalogueModels.map((model) => model.shape.name),
    ),
  );
  return undefined;
}

/** A device file, such as `regatta calibrate` writes: its fields are checked with the rest of the scenario. */
function deviceFile(text: string, file: string, path: string, found: Expansion): unknown {
  const located = parseLocated(text, file);
  if (!treeOfKind(located, deviceSchema)) {
    wrongKind(located, 'device', path, found);
    return undefined;
  }
  const parsed = deviceSchema.safeParse(located.value);
  if (!parsed.success) {
    found.spoilt.add(path);
    found.issues.push(
      ...describeIssues(parsed.error, located.value, deviceSchema).map(({ at, ...issue }) => ({
        file,
        ...located.locate(at.map(String)),
        ...issue,
      })),
    );
  }
  return parsed.success ? located.value : undefined;
}

function expandDevice(value: unknown, stack: unknown, path: string, read: ReadText, found: Expansion): unknown {
  if (typeof value !== 'string') return value;
  const device = catalogueDevice(value, typeof stack === 'string' ? stack : undefined);
  if (device) return inlineDevice(device);
  if (deviceHardware.some((hardware) => hardware.name === value)) {
    const names = [...stacksOf(value).map((s) => s.name), 'default'];
    found.issues.push({
      code: 'unknown-name',
      path: 'job.stack',
      message: `unknown stack ${String(stack)} of ${value}${didYouMean(String(stack), names)}`,
      expected: names.join(' | '),
      received: String(stack),
    });
    return inlineDevice(catalogueDevice(value) ?? ({} as Device));
  }
  const text = read(value);
  if (text !== undefined) return deviceFile(text, value, path, found);
  found.spoilt.add(path);
  found.issues.push(
    unknownName(
      path,
      'device',
      value,
      deviceHardware.map((hardware) => hardware.name),
    ),
  );
  return undefined;
}

/** A cluster by its name in the catalogue. Its constants go over those of its device. */
function namedCluster(name: string): { readonly tree: Tree; readonly constants: Tree } | undefined {
  const known = catalogueClusters.find((cluster) => cluster.name === name);
  if (!known) return undefined;
  const { constants = {}, ...cluster } = known.cluster;
  return { tree: { name: known.name, ...JSON.parse(JSON.stringify(cluster)) }, constants };
}

/** A cluster that a file holds: alone, or as the cluster of a scenario. */
function clusterOfFile(text: string, path: string, found: Expansion): unknown {
  const located = parseLocated(text, path);
  const value = treeOfKind(located, clusterSchema, 'cluster');
  if (!value) {
    wrongKind(located, 'cluster', 'cluster', found);
    return undefined;
  }
  const at = 'cluster' in value ? ['cluster'] : [];
  found.clusterFile = { text: located, at };
  return 'cluster' in value ? value.cluster : value;
}

function expandCluster(value: unknown, stack: unknown, read: ReadText, found: Expansion): unknown {
  let tree = value;
  let constants: Tree = {};
  const text = typeof tree === 'string' && !namedCluster(tree) ? read(tree) : undefined;
  if (typeof tree === 'string' && text !== undefined) {
    tree = clusterOfFile(text, tree, found);
    if (tree === undefined) return undefined;
  }
  if (typeof tree === 'string') {
    const known = namedCluster(tree);
    if (!known) {
      const names = catalogueClusters.map((cluster) => cluster.name);
      found.spoilt.add('cluster');
      found.issues.push(unknownName('cluster', 'cluster', tree, names));
      return undefined;
    }
    tree = known.tree;
    constants = known.constants;
  }
  if (!isTree(tree)) return tree;
  const device = expandDevice(tree.device, stack, 'cluster.device', read, found);
  const ranges = expandRanges(tree.deviceRanges, stack, read, found);
  return {
    ...tree,
    device: isTree(device) ? { ...device, ...constants } : device,
    ...(ranges === undefined ? {} : { deviceRanges: ranges }),
  };
}

/** Devices of runs of nodes, under the job's stack where they have it, else under their own newest. */
function expandRanges(value: unknown, stack: unknown, read: ReadText, found: Expansion): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((range: unknown, i) => {
    if (!isTree(range) || typeof range.device !== 'string') return range;
    const has = stacksOf(range.device).some(({ name }) => name === stack);
    const path = `cluster.deviceRanges.${i}.device`;
    return { ...range, device: expandDevice(range.device, has ? stack : undefined, path, read, found) };
  });
}

/** Files that a scenario names, as what they hold. */
export interface FileReaders {
  readonly schedule: (text: string, path: string) => unknown;
  readonly incidents: (text: string, path: string) => { readonly rows: unknown; readonly rejected: number };
}

/** `incidents: log.csv` or `incidents: { file: log.csv, … }`. */
function expandIncidents(value: unknown, read: ReadText, readers: FileReaders, found: Expansion): unknown {
  const named = typeof value === 'string' ? { file: value } : value;
  if (!isTree(named) || typeof named.file !== 'string') return value;
  const { file, ...rest } = named;
  const text = read(file);
  if (text !== undefined) return { ...rest, ...readers.incidents(text, file) };
  found.issues.push({
    code: 'file',
    path: 'failures.incidents',
    message: `no file ${file}`,
    expected: 'the path of a CSV of incidents',
    received: file,
  });
  return undefined;
}

/**
 * Replaces catalogue names by what they stand for. Called before flags and --set are laid over a scenario, so that those reach
 * into what a name stood for, and again after, for names that they brought.
 */
export function expandNames(root: Tree, read: ReadText, readers: FileReaders, found: Expansion): Tree {
  const result: Tree = { ...root };
  const job = isTree(root.job) ? { ...root.job } : root.job;
  if (isTree(job)) {
    if ('model' in job) job.model = expandModel(job.model, read, found);
    const { schedule } = job;
    if (typeof schedule === 'string' && !scheduleNames.some((name) => name === schedule)) {
      const text = read(schedule);
      if (text !== undefined) job.schedule = readers.schedule(text, schedule);
      else if (looksLikeFile(schedule)) {
        found.spoilt.add('job.schedule');
        const expected = `${scheduleNames.join(' | ')} | path of a per-rank order file`;
        const message = `no such file ${schedule}`;
        found.issues.push({ code: 'file', path: 'job.schedule', message, expected, received: schedule });
        job.schedule = undefined;
      }
    }
    result.job = job;
  }
  if (isTree(root.failures) && 'incidents' in root.failures) {
    const incidents = expandIncidents(root.failures.incidents, read, readers, found);
    result.failures = { ...root.failures, incidents };
  }
  if ('cluster' in root) result.cluster = expandCluster(root.cluster, isTree(job) ? job.stack : undefined, read, found);
  return result;
}
