import {
  type ApplicationLength,
  clusterOf,
  didYouMean,
  InputError,
  type InputIssue,
  type JobTrace,
  parseCount,
  parseTime,
  type ResolvedScenario,
  readTrace,
  type TraceFormat,
  traceFormats,
  windowed,
} from '@regatta/scenarios';
import {
  type ClusterShape,
  gpuPool,
  type NodeEvent,
  nodeCluster,
  placementNames,
  policyNames,
  RandomStreams,
  type RunTerms,
  randomNodeEvents,
} from '@regatta/sim-core';
import { type Arguments, flag, type OptionSpec, stringArgument } from '../conduct/command.js';
import type { Io } from '../conduct/io.js';
import { scenarioOf, scenarioOptions } from '../conduct/scenario-options.js';
import { type ClusterTask, isPolicyFile } from '../workers/cluster-task.js';

const text = (describe: string): OptionSpec => ({ type: 'string', describe });

/** Options of `cluster`. */
export const clusterOptions: Readonly<Record<string, OptionSpec>> = {
  cluster: text('cluster of the catalogue'),
  device: text('device of its nodes'),
  set: { type: 'array', describe: 'path=value: any field of the scenario, repeatable' },
  jobs: text('job trace or job file (docs/scheduling.md lists the formats)'),
  format: { ...text('format of the trace (default: by its content)'), choices: traceFormats },
  lengths: text('JSON file with the length of each application, for traces without run times'),
  strict: { type: 'boolean', describe: 'exit 2 at the first bad row' },
  'scale-load': text('jobs arrive so many times as fast'),
  from: text('leave out jobs submitted before this time of the trace'),
  until: text('leave out jobs submitted from this time on, and stop there'),
  policy: text(`scheduling policies, separated by commas: ${policyNames.join(' ')}, or a .ts or .js file`),
  placement: { ...text('where jobs go (default packed)'), choices: placementNames },
  pool: text('a pool of so many counted GPUs instead of nodes'),
  nodes: text('number of nodes'),
  'gpus-per-node': text('GPUs of a node (default 8)'),
  'nodes-per-leaf': text('nodes under one leaf (default 32)'),
  spares: text('nodes that stand by until one fails'),
  contention: text('oversubscription of the leaves: jobs that share spines slow each other'),
  'mtbf-hours': text('mean time between failures of a node, exponential (default: no failures)'),
  'repair-hours': text('mean time to repair a node (default 24)'),
  restart: text('time without progress when a job starts again'),
  resize: text('time without progress after a resize'),
  'checkpoint-interval': text('work between two checkpoints (default: a failure loses everything)'),
  'checkpoint-write': text('time without progress that writing a checkpoint takes'),
  preemption: { ...text('what a preemption loses (default lossless)'), choices: ['lossless', 'lastCheckpoint'] },
  'minimum-run': text('time that a job runs before it may be preempted'),
  overrun: { ...text('a job over its estimate goes on or is killed (default extend)'), choices: ['extend', 'kill'] },
  'las-thresholds': text('thresholds of las in GPU-seconds, separated by commas (default 3600,36000)'),
  'policy-timeout': text('time after which a call into a policy file is stopped (default 10)'),
  case: text('a file of reference/schedules: run it under the policies that it lists'),
  seed: text('seed of failures and random placement (default 1)'),
};

/** A `cluster` command line, read. */
export interface ClusterRequest {
  readonly task: ClusterTask;
  readonly trace: JobTrace;
  readonly file: string;
  /** Jobs outside --from and --until. */
  readonly leftOut: number;
  readonly warnings: readonly string[];
  readonly policyTimeoutSeconds: number;
}

/** Reads the command line. @throws InputError with all mistakes of it, then with those of the files. */
export function clusterRequest(args: Arguments, io: Io): ClusterRequest {
  const flags = new Flags(args);
  const scenario = scenarioFor(args, io);
  const file = stringArgument(args, 'jobs') ?? (typeof scenario?.jobs === 'string' ? scenario.jobs : undefined);
  if (file === undefined) flags.wrong('jobs', 'is missing', 'a job trace or job file');
  const policies = flags.list('policy') ?? [scenario?.scheduler?.policy ?? 'fifo'];
  checkPolicies(policies, flags, io);
  const placement = stringArgument(args, 'placement') ?? scenario?.scheduler?.placement ?? 'packed';
  if (!placementNames.includes(placement)) {
    flags.wrong(
      'placement',
      `unknown placement ${placement}${didYouMean(placement, placementNames)}`,
      placementNames.join(' | '),
    );
  }
  const window = {
    ...defined('scaleLoad', flags.positive('scale-load')),
    ...defined('fromSeconds', flags.seconds('from')),
    ...defined('untilSeconds', flags.seconds('until')),
  };
  const thresholds = flags.list('las-thresholds')?.map(Number);
  if (thresholds?.some((value, i) => !(value > (thresholds[i - 1] ?? 0)))) {
    flags.wrong('las-thresholds', 'are not ascending', 'GPU-seconds above 0, ascending');
  }
  const terms = termsOf(flags, args);
  const contention = flags.positive('contention');
  const seed = flags.count('seed') ?? scenario?.seed ?? 1;
  const mtbfHours = flags.positive('mtbf-hours');
  const repairHours = flags.positive('repair-hours') ?? 24;
  const policyTimeoutSeconds = flags.seconds('policy-timeout') ?? 10;
  const shape = shapeOptions(flags);
  flags.throwIfAny();
  const trace = readTrace(io.readText(file ?? ''), traceOptions(args, io, file ?? ''));
  const { jobs, leftOut, untilSeconds } = windowed(trace.jobs, window);
  const warnings = [...trace.warnings];
  const cluster = clusterShape(shape, scenario, trace, warnings);
  const nodeEvents = [
    ...(trace.nodeEvents ?? []),
    ...(mtbfHours === undefined ? [] : failures(cluster, jobs, seed, mtbfHours * 3600, repairHours * 3600)),
  ];
  checkNodes(nodeEvents, cluster, file ?? '');
  return {
    trace,
    file: file ?? '',
    leftOut,
    warnings,
    policyTimeoutSeconds,
    task: {
      kind: 'cluster',
      input: {
        cluster,
        jobs,
        nodeEvents,
        terms,
        ...defined('tenants', trace.tenants),
        ...defined('untilSeconds', untilSeconds),
      },
      placement,
      policies,
      policyOptions: { ...defined('lasThresholdsGpuSeconds', thresholds) },
      seed: Number(seed),
      ...defined('contention', contention),
    },
  };
}

function defined<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}

function scenarioFor(args: Arguments, io: Io): ResolvedScenario | undefined {
  const given = ['scenario', 'cluster', 'set', 'device'].some((name) => args[name] !== undefined);
  if (!given) return undefined;
  const plain = Object.fromEntries(
    Object.entries(args).filter(([name]) => name === 'scenario' || (name in scenarioOptions && name !== 'seed')),
  );
  // A cluster alone borrows a job that nobody looks at.
  const named = args.scenario === undefined ? { ...plain, scenario: 'llama-3.1-405b-h100' } : plain;
  return scenarioOf(named, io).scenario;
}

function checkPolicies(policies: readonly string[], flags: Flags, io: Io): void {
  for (const name of policies) {
    if (isPolicyFile(name)) io.readText(name);
    else if (!policyNames.includes(name)) {
      flags.wrong(
        'policy',
        `unknown policy ${name}${didYouMean(name, policyNames)}`,
        `${policyNames.join(' | ')} | a .ts or .js file`,
      );
    }
  }
}

function traceOptions(args: Arguments, io: Io, file: string): Parameters<typeof readTrace>[1] {
  const format = traceFormats.find((name) => name === args.format);
  const lengths = stringArgument(args, 'lengths');
  return {
    file,
    strict: flag(args, 'strict'),
    ...defined<'format', TraceFormat>('format', format),
    ...(lengths === undefined ? {} : { lengths: lengthTable(io.readText(lengths), lengths) }),
  };
}

/** Seconds, or { stepsPerSecond }, by application. */
function lengthTable(content: string, file: string): Readonly<Record<string, ApplicationLength>> {
  const wrong = (path: string, message: string): InputError =>
    new InputError([
      {
        code: 'lengths',
        file,
        path,
        expected: 'seconds or { "stepsPerSecond": n } by application',
        received: '',
        message,
      },
    ]);
  let table: unknown;
  try {
    table = JSON.parse(content);
  } catch (error) {
    throw wrong('', `is no valid JSON: ${error instanceof Error ? error.message : ''}`);
  }
  if (typeof table !== 'object' || table === null || Array.isArray(table)) throw wrong('', 'is no object');
  return Object.fromEntries(
    Object.entries(table).map(([name, value]: [string, unknown]): [string, ApplicationLength] => {
      if (typeof value === 'number' && value > 0) return [name, value];
      const rate =
        typeof value === 'object' && value !== null && 'stepsPerSecond' in value ? value.stepsPerSecond : undefined;
      if (typeof rate === 'number' && rate > 0) return [name, { stepsPerSecond: rate }];
      throw wrong(name, `is ${JSON.stringify(value)}`);
    }),
  );
}

function termsOf(flags: Flags, args: Arguments): Partial<RunTerms> {
  return {
    ...defined('restartSeconds', flags.seconds('restart')),
    ...defined('resizeSeconds', flags.seconds('resize')),
    ...defined('checkpointIntervalSeconds', flags.seconds('checkpoint-interval', true)),
    ...defined('checkpointWriteSeconds', flags.seconds('checkpoint-write')),
    ...defined('minimumRunSeconds', flags.seconds('minimum-run')),
    ...(args.preemption === 'lastCheckpoint' ? { preemption: 'lastCheckpoint' as const } : {}),
    ...(args.overrun === 'kill' ? { overrun: 'kill' as const } : {}),
  };
}

interface ShapeOptions {
  readonly pool?: number;
  readonly nodes?: number;
  readonly gpusPerNode?: number;
  readonly nodesPerLeaf?: number;
  readonly spares?: number;
}

function shapeOptions(flags: Flags): ShapeOptions {
  const shape: ShapeOptions = {
    ...defined('pool', flags.count('pool', 1)),
    ...defined('nodes', flags.count('nodes', 1)),
    ...defined('gpusPerNode', flags.count('gpus-per-node', 1)),
    ...defined('nodesPerLeaf', flags.count('nodes-per-leaf', 1)),
    ...defined('spares', flags.count('spares')),
  };
  if (shape.pool !== undefined && Object.keys(shape).length > 1)
    flags.wrong('pool', 'does not go with nodes', 'one of them');
  return shape;
}

/** The cluster: a pool, nodes by flags, that of the scenario, or as many GPUs as the machine of the trace had. */
function clusterShape(
  shape: ShapeOptions,
  scenario: ResolvedScenario | undefined,
  trace: JobTrace,
  warnings: string[],
): ClusterShape {
  if (shape.pool !== undefined) return gpuPool(shape.pool);
  const named = scenario === undefined ? undefined : clusterOf(scenario, shape.nodes ?? scenario.cluster.nodes);
  const nodes = shape.nodes ?? named?.nodes;
  if (nodes === undefined) {
    if (trace.machineGpus !== undefined) {
      warnings.push(`no cluster given: a pool of ${trace.machineGpus} GPUs, as many as the machine of the trace had`);
      return gpuPool(trace.machineGpus);
    }
    throw new InputError([
      {
        code: 'usage',
        path: '',
        expected: 'a scenario, --cluster, --nodes or --pool',
        received: '',
        message: 'no cluster is given',
      },
    ]);
  }
  const fabric = named?.fabric.kind === 'clos' ? named.fabric : undefined;
  const spares = shape.spares ?? 0;
  if (spares >= nodes) {
    throw new InputError([
      {
        code: 'usage',
        path: '--spares',
        expected: `fewer than the ${nodes} nodes`,
        received: String(spares),
        message: `is ${spares}`,
      },
    ]);
  }
  return nodeCluster({
    nodes,
    gpusPerNode: shape.gpusPerNode ?? named?.gpusPerNode ?? 8,
    nodesPerLeaf: shape.nodesPerLeaf ?? fabric?.nodesPerLeaf ?? 32,
    leavesPerPod: fabric?.leavesPerPod ?? 32,
    spares,
  });
}

function failures(
  cluster: ClusterShape,
  jobs: JobTrace['jobs'],
  seed: number | string,
  mtbfSeconds: number,
  repairSeconds: number,
): NodeEvent[] {
  const last = jobs.reduce((latest, job) => Math.max(latest, job.submitSeconds), 0);
  const work = jobs.reduce((sum, job) => sum + job.gpus * job.runSeconds, 0);
  const gpus = cluster.nodeGpus.reduce((sum, count) => sum + count, 0);
  // Until well after everything can be done.
  const untilSeconds = last + 4 * (work / gpus) + jobs.reduce((most, job) => Math.max(most, job.runSeconds), 0);
  return randomNodeEvents(new RandomStreams(seed), {
    nodes: cluster.nodeGpus.length,
    mtbfSeconds,
    repairSeconds,
    untilSeconds,
  });
}

function checkNodes(events: readonly NodeEvent[], cluster: ClusterShape, file: string): void {
  if (cluster.model === 'pool' && events.length > 0) {
    throw new InputError([
      {
        code: 'usage',
        file,
        path: '',
        expected: '--nodes',
        received: '',
        message: 'node events need a cluster of nodes',
      },
    ]);
  }
  const issues = events.flatMap((event, index): InputIssue[] =>
    cluster.nodeGpus[event.node] === undefined
      ? [
          {
            code: 'node',
            file,
            path: `nodeEvents[${index}].node`,
            expected: `0 to ${cluster.nodeGpus.length - 1}`,
            received: String(event.node),
            message: `there is no node ${event.node}`,
          },
        ]
      : [],
  );
  if (issues.length > 0) throw new InputError(issues);
}

/** Reads options, collecting what is wrong with them. */
export class Flags {
  readonly #issues: InputIssue[] = [];

  constructor(readonly args: Arguments) {}

  wrong(name: string, message: string, expected: string): void {
    this.#issues.push({ code: 'usage', path: `--${name}`, expected, received: '', message });
  }

  list(name: string): string[] | undefined {
    return stringArgument(this.args, name)
      ?.split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }

  count(name: string, least = 0): number | undefined {
    return this.#read(
      name,
      (value) => parseCount(value),
      (value) => value >= least,
      `a whole number of at least ${least}`,
    );
  }

  positive(name: string): number | undefined {
    return this.#read(name, Number, (value) => value > 0 && Number.isFinite(value), 'a number above 0');
  }

  seconds(name: string, positive = false): number | undefined {
    return this.#read(name, parseTime, (value) => value > 0 || !positive, 'a time such as 90, 5min, 2h');
  }

  throwIfAny(): void {
    if (this.#issues.length > 0) throw new InputError(this.#issues);
  }

  #read(
    name: string,
    read: (text: string) => number | undefined,
    legal: (value: number) => boolean,
    expected: string,
  ): number | undefined {
    const given = stringArgument(this.args, name);
    if (given === undefined) return undefined;
    const value = read(given);
    if (value !== undefined && !Number.isNaN(value) && legal(value)) return value;
    this.wrong(name, `is ${given}`, expected);
    return undefined;
  }
}
