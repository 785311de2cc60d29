import {
  didYouMean,
  InputError,
  type InputIssue,
  type JobTrace,
  type ResolvedScenario,
  readTrace,
  type TraceFormat,
  traceFormats,
  windowed,
} from '@regatta/scenarios';
import {
  type ClusterShape,
  type NodeEvent,
  placementNames,
  policyNames,
  RandomStreams,
  type RunTerms,
  randomNodeEvents,
} from '@regatta/sim-core';
import { type Arguments, flag, stringArgument } from '../conduct/command.js';
import { defined } from '../conduct/defined.js';
import { Flags } from '../conduct/flags.js';
import type { Io } from '../conduct/io.js';
import { scenarioOf, scenarioOptions } from '../conduct/scenario-options.js';
import { type ClusterTask, isPolicyFile } from '../workers/cluster-task.js';
import { clusterShape, shapeOptions } from './cluster-shape-options.js';
import { lengthTable } from './length-table.js';

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
  if ((window.untilSeconds ?? Number.POSITIVE_INFINITY) <= (window.fromSeconds ?? 0)) {
    flags.wrong('until', 'is not after --from', 'a later time');
  }
  const thresholds = flags.list('las-thresholds')?.map(Number);
  if (thresholds?.some((value, i) => !(value > (thresholds[i - 1] ?? 0)))) {
    flags.wrong('las-thresholds', 'are not ascending', 'GPU-seconds above 0, ascending');
  }
  if (args.speeds === 'step' && args.scenario === undefined) {
    flags.wrong('speeds', 'step needs a scenario, whose step is simulated', 'regatta cluster SCENARIO …');
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
      ...defined('stepScenario', args.speeds === 'step' ? scenario : undefined),
    },
  };
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
  if (policies.length === 0) flags.wrong('policy', 'names no policy', policyNames.join(' | '));
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
