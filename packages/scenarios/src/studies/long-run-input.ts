import {
  dalyInterval,
  type FailureComponent,
  failureRatePerHour,
  type LongRun,
  lossCauses,
  optimalInterval,
  parameterCount,
  type StepReport,
  simulateStep,
  stateBytesOf,
  youngInterval,
} from '@regatta/sim-core';
import { failureProfiles } from '../catalogue/failure-profiles.js';
import { didYouMean } from '../schema/did-you-mean.js';
import { InputError, type InputIssue } from '../schema/input-error.js';
import type { Resolution } from '../schema/resolve-scenario.js';
import { perturbationOf } from '../schema/to-core.js';
import type { ScalingPointInput } from './scaling-points.js';

/** A long run of one scaling point, with the step that it repeats. */
export interface LongRunInput {
  readonly run: LongRun;
  readonly step: StepReport;
  readonly tokensPerStep: number;
  readonly intervalSeconds: number;
  readonly writeSeconds: number;
  readonly failuresPerHour: number;
}

/** Storage where a scenario has none (contract: scenario file). */
const defaultStorage = { writeBytesPerSecond: 2e12, readBytesPerSecond: 4e12 };

/**
 * Failure components, checkpoint, recovery and storage of a scenario as a long run of one GPU count (contract: long runs).
 * @throws InputError for unknown profiles, what is not simulated yet, and lengths that make no sense.
 */
export function longRunInput(
  resolution: Resolution,
  point: ScalingPointInput,
  windowSeconds: number | undefined,
): LongRunInput {
  const { scenario } = resolution;
  const issues: InputIssue[] = [];
  const issue = (path: string, message: string, expected: string): void => {
    issues.push({ code: 'run', ...resolution.locate(path.split('.')), path, message, expected, received: '' });
  };
  const components = componentsOf(resolution, issue);
  const checkpoint = scenario.checkpoint ?? {
    kind: 'synchronous',
    intervalSeconds: 'optimal',
    writeSeconds: 'auto',
    restoreSeconds: 'auto',
  };
  const recovery = scenario.recovery ?? { policy: 'restart', spares: 0, restartSeconds: 300 };
  if (checkpoint.kind !== 'synchronous')
    issue('checkpoint.kind', `${checkpoint.kind} is not simulated yet`, 'synchronous');
  if (recovery.policy !== 'restart' && recovery.policy !== 'spares') {
    issue('recovery.policy', `${recovery.policy} is not simulated yet`, 'restart | spares');
  }
  const step = simulateStep(point.job, point.cluster, perturbationOf(scenario));
  const { steps } = scenario.job;
  if (steps === undefined && windowSeconds === undefined)
    issue('job.steps', 'is missing, and there is no --days', 'the length of the job, or of the simulated time');
  const storage = scenario.storage ?? defaultStorage;
  const bytes = stateBytesOf(point.job);
  const size = parameterCount(point.job.model).total * (bytes.weights + bytes.optimizer);
  const writeSeconds =
    checkpoint.writeSeconds === 'auto' ? size / storage.writeBytesPerSecond : checkpoint.writeSeconds;
  const restoreSeconds =
    checkpoint.restoreSeconds === 'auto' ? size / storage.readBytesPerSecond : checkpoint.restoreSeconds;
  const domains = {
    nodes: point.cluster.nodes,
    spares: recovery.policy === 'spares' ? recovery.spares : 0,
    gpusPerNode: Math.min(point.cluster.gpusPerNode, point.gpus),
    nicsPerNode: point.cluster.gpusPerNode,
    nodesPerSwitch: 32,
    switchesPerGroup: 8,
    nodesPerRack: 4,
  };
  const failuresPerHour = failureRatePerHour(components, domains);
  const mtbf = failuresPerHour > 0 ? 3600 / failuresPerHour : Number.POSITIVE_INFINITY;
  const solve = steps === undefined ? Number.POSITIVE_INFINITY : steps * step.stepSeconds;
  const intervalSeconds = intervalOf(checkpoint.intervalSeconds, writeSeconds, mtbf, step.stepSeconds);
  if (
    typeof checkpoint.intervalSeconds === 'number' &&
    checkpoint.intervalSeconds > Math.min(solve, windowSeconds ?? Number.POSITIVE_INFINITY)
  ) {
    issue(
      'checkpoint.intervalSeconds',
      `${checkpoint.intervalSeconds} s is longer than the run`,
      'at most the length of the run',
    );
  }
  if (issues.length > 0) throw new InputError(issues);
  return {
    run: {
      phases: {
        solve,
        interval: intervalSeconds,
        write: writeSeconds,
        restart: restoreSeconds + recovery.restartSeconds,
      },
      failures: { components },
      domains,
      windowSeconds: windowSeconds ?? 1e3 * solve,
    },
    step,
    tokensPerStep: point.job.globalBatch * point.job.sequenceLength,
    intervalSeconds,
    writeSeconds,
    failuresPerHour,
  };
}

function componentsOf(
  resolution: Resolution,
  issue: (path: string, message: string, expected: string) => void,
): FailureComponent[] {
  const failures = resolution.scenario.failures;
  if (!failures) return [];
  const byName = new Map<string, FailureComponent>();
  if (failures.profile !== 'none') {
    const profile = failureProfiles.find(({ name }) => name === failures.profile);
    const names = ['none', ...failureProfiles.map(({ name }) => name)];
    if (!profile)
      issue(
        'failures.profile',
        `unknown profile ${failures.profile}${didYouMean(failures.profile, names)}`,
        names.join(' | '),
      );
    for (const component of profile?.components ?? []) byName.set(component.name, component);
  }
  failures.components.forEach((component, i) => {
    const { shape, values, ...rest } = component;
    if (component.distribution === 'weibull' && shape === undefined)
      issue(`failures.components.${i}.shape`, 'is missing', 'a shape above 0 for weibull');
    if (component.distribution === 'empirical' && !values)
      issue(`failures.components.${i}.values`, 'is missing', 'observed gaps in hours for empirical');
    byName.set(component.name, {
      ...rest,
      mode: 'stop',
      ...(shape === undefined ? {} : { shape }),
      ...(values ? { values } : {}),
    });
  });
  return [...byName.values()];
}

function intervalOf(
  interval: number | 'young' | 'daly' | 'optimal',
  write: number,
  mtbf: number,
  stepSeconds: number,
): number {
  if (typeof interval === 'number') return interval;
  if (mtbf === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  const best =
    interval === 'young'
      ? youngInterval(write, mtbf)
      : interval === 'daly'
        ? dalyInterval(write, mtbf)
        : optimalInterval(write, mtbf);
  return Math.max(best, stepSeconds);
}

/** GPU-hours of a run by cause: useful time by the step's own causes, then what the run loses. */
export function gpuHoursOf(
  input: LongRunInput,
  books: {
    readonly useful: number;
    readonly lost: number;
    readonly checkpoint: number;
    readonly restart: number;
    readonly down: number;
  },
): Record<string, number> {
  const { gpus, stepSeconds, gpuSeconds } = input.step;
  const hours: Record<string, number> = {};
  for (const cause of lossCauses)
    hours[cause] = (books.useful * gpus * (gpuSeconds[cause] / (gpus * stepSeconds))) / 3600;
  hours.checkpoint = (books.checkpoint * gpus) / 3600;
  hours.lostWork = (books.lost * gpus) / 3600;
  hours.restart = (books.restart * gpus) / 3600;
  hours.idle = (books.down * gpus) / 3600;
  hours.degraded = 0;
  return hours;
}
