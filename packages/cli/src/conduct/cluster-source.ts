import {
  catalogueClusters,
  catalogueScenarios,
  InputError,
  type InputIssue,
  type Override,
  parseLocated,
  type Resolution,
  resolveScenario,
} from '@regatta/scenarios';
import { type Cluster, clusterProblems } from '@regatta/sim-core';
import { type Arguments, listArgument, stringArgument } from './command.js';
import type { Io } from './io.js';

/** The cluster that a command is about, and how a mistake in it is said. */
export interface ClusterSource extends Resolution {
  /** A mistake in a field of the scenario, at its place in the file that says it. */
  issueAt(path: string, message: string, expected: string, received?: string): InputIssue;
}

interface Settings {
  readonly overrides: readonly Override[];
  readonly sets: readonly string[];
  readonly readText: (path: string) => string | undefined;
}

/**
 * The cluster of a catalogue name, of a scenario file, or of a file that holds a cluster alone, changed by --device and --set.
 * @param instead Catalogue name or file of a cluster that takes the place of the file's own.
 * @throws InputError with every mistake of the file and of the flags.
 */
export function clusterResolution(named: string, args: Arguments, io: Io, instead?: string): ClusterSource {
  const alone = catalogueClusters.some(({ name }) => name === named) || !io.exists(named);
  const value = alone ? undefined : parsedOrNot(named, io, instead);
  if (instead !== undefined && !isMap(value)) return scenarioResolution(named, args, io, instead);
  if (instead !== undefined && isMap(value) && 'fabric' in value && !('cluster' in value)) {
    const [message, expected] = ['holds a cluster itself', 'either the file or --cluster'];
    throw new InputError([{ code: 'usage', file: named, path: '', message, expected, received: instead }]);
  }
  const settings = settingsOf(args, io, instead);
  if (!isMap(value) || (instead === undefined && !('cluster' in value))) {
    const base = { ...anyScenario(), cluster: named };
    return said(
      ofFlag(() => resolveScenario({ base, ...settings })),
      value !== undefined,
    );
  }
  const job = { path: ['job'], value: anyScenario().job, flag: '--cluster' };
  const overrides = 'job' in value ? settings.overrides : [job, ...settings.overrides];
  return said(resolveScenario({ source: named, ...settings, overrides }), false);
}

/** The cluster of a scenario of the catalogue, or of a file of another tool. */
export function scenarioResolution(source: string, args: Arguments, io: Io, instead?: string): ClusterSource {
  return said(resolveScenario({ source, ...settingsOf(args, io, instead) }), false);
}

/** What is wrong with the name itself stands on the command line: no file says it. */
function ofFlag(resolve: () => Resolution): Resolution {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      error.issues.map((issue) =>
        issue.path === 'cluster' && issue.file === undefined ? { ...issue, path: '--cluster' } : issue,
      ),
    );
  }
}

/** The job is not looked at; a cluster alone borrows one. */
const anyScenario = (): Readonly<Record<string, unknown>> => Object.values(catalogueScenarios)[0]?.scenario ?? {};

const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

function settingsOf(args: Arguments, io: Io, instead: string | undefined): Settings {
  const device = stringArgument(args, 'device');
  return {
    overrides: [
      ...(instead === undefined ? [] : [{ path: ['cluster'], value: instead, flag: '--cluster' }]),
      ...(device === undefined ? [] : [{ path: ['cluster', 'device'], value: device, flag: '--device' }]),
    ],
    sets: listArgument(args, 'set'),
    readText: (path) => (io.exists(path) ? io.readText(path) : undefined),
  };
}

/** What a file holds; with a cluster from elsewhere it may be one that only another reader knows. */
function parsedOrNot(file: string, io: Io, instead: string | undefined): unknown {
  try {
    const { value, locate } = parseLocated(io.readText(file), file);
    if (isMap(value) || instead !== undefined) return value;
    const issue = { code: 'type', path: '', message: 'holds no cluster', expected: 'a cluster or a scenario' };
    throw new InputError([{ ...issue, received: '', file, ...locate([]) }]);
  } catch (error) {
    if (instead !== undefined && error instanceof InputError) return undefined;
    throw error;
  }
}

/** What is wrong with the fabric or the nodes of a cluster that its text alone does not show. */
export function clusterIssues(cluster: Cluster, source: ClusterSource): InputIssue[] {
  return clusterProblems(cluster).map(({ path, message, allowed }) =>
    source.issueAt(`cluster.${path}`, message, allowed),
  );
}

/** @param alone The file holds a cluster alone, so that its fields do not begin with `cluster.` */
function said(resolution: Resolution, alone: boolean): ClusterSource {
  return {
    ...resolution,
    issueAt: (path, message, expected, received = '') => {
      const place = resolution.locate(path.split('.'));
      const inFile = alone && place.file !== undefined ? path.replace(/^cluster\./, '') : path;
      return { code: 'cluster', ...place, path: inFile, message, expected, received };
    },
  };
}
