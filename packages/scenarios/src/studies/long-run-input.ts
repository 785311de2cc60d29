import {
  eventsPerHour,
  failureRatePerHour,
  type LongRun,
  lossCauses,
  type RecoveryPolicy,
  type RunBooks,
  type StepReport,
  simulateStep,
} from '@regatta/sim-core';
import { InputError, type InputIssue } from '../schema/input-error.js';
import { isRecoveryFile } from '../schema/long-run-schema.js';
import type { Resolution } from '../schema/resolve-scenario.js';
import type { ResolvedScenario } from '../schema/scenario-schema.js';
import { perturbationOf } from '../schema/to-core.js';
import { checkpointPlanOf } from './checkpoint-plan.js';
import { failureDomainsOf, failureModelOf } from './failure-model.js';
import { defaultRecovery, recoveryPolicyOf, type UserRecovery } from './recovery-plan.js';
import type { ScalingPointInput } from './scaling-points.js';
import type { StepMemo } from './step-memo.js';

/** More checkpoints than any run takes: an interval in the wrong unit, and a trial that takes minutes. */
const mostCheckpoints = 1e7;
/** More failures than any run meets: a rate in the wrong unit, and a trial that takes minutes. */
const mostEvents = 1e7;

/** A long run whose trials are asked for, as plain data: it can be handed to another thread. */
export interface TrialTask {
  readonly scenario: ResolvedScenario;
  readonly point: ScalingPointInput;
  readonly windowSeconds: number | undefined;
}

/** A long run of one scaling point, with the step that it repeats. */
export interface LongRunInput {
  readonly run: Omit<LongRun, 'recovery'>;
  /** Undefined where it is a user's file that was not loaded. */
  readonly recovery: RecoveryPolicy | undefined;
  readonly step: StepReport;
  readonly tokensPerStep: number;
  readonly writeSeconds: number;
  readonly failuresPerHour: number;
  /** Remarks for the person. */
  readonly notes: readonly string[];
}

/**
 * Failures, checkpoints, recovery and storage of a scenario as a long run of one GPU count (contract: long runs).
 * @param memo Step times of degraded states, shared with whoever else has it.
 * @throws InputError for unknown profiles and lengths that make no sense; every mistake is listed.
 */
export function longRunInput(
  { scenario, point, windowSeconds }: TrialTask,
  locate: Resolution['locate'] = () => ({}),
  users: UserRecovery = new Map(),
  memo?: StepMemo,
): LongRunInput {
  const issues: InputIssue[] = [];
  const problem = (path: string, message: string, expected: string): void => {
    issues.push({ code: 'run', ...locate(path.split('.')), path, message, expected, received: '' });
  };
  const { job, cluster, gpus } = point;
  const recovery = scenario.recovery ?? defaultRecovery;
  const spares = recovery.policy === 'restart' ? 0 : recovery.spares;
  const domains = failureDomainsOf(cluster, gpus, spares);
  const failures = failureModelOf(scenario, domains, problem);
  const step = simulateStep(job, cluster, perturbationOf(scenario));
  const { steps } = scenario.job;
  if (steps === undefined && windowSeconds === undefined)
    problem('job.steps', 'is missing, and there is no --days', 'the length of the job, or of the simulated time');
  const solveSeconds = steps === undefined ? Number.POSITIVE_INFINITY : steps * step.stepSeconds;
  const failuresPerHour = failureRatePerHour(failures, domains);
  const mtbfSeconds = failuresPerHour > 0 ? 3600 / failuresPerHour : Number.POSITIVE_INFINITY;
  const { scheme, writeSeconds } = checkpointPlanOf(scenario, job, cluster, mtbfSeconds, step.stepSeconds, problem);
  const asked = scenario.checkpoint?.intervalSeconds;
  if (typeof asked === 'number' && asked > Math.min(solveSeconds, windowSeconds ?? Number.POSITIVE_INFINITY))
    problem('checkpoint.intervalSeconds', `${asked} s is longer than the run`, 'at most the length of the run');
  const loaded = !isRecoveryFile(recovery.policy) || users.has(recovery.policy);
  const { intervalSeconds } = scheme;
  const length = Math.min(solveSeconds, windowSeconds ?? Number.POSITIVE_INFINITY);
  if (length / intervalSeconds > mostCheckpoints)
    problem(
      'checkpoint.intervalSeconds',
      `${intervalSeconds} s makes ${(length / intervalSeconds).toPrecision(3)} checkpoints of one run`,
      `at least ${(length / mostCheckpoints).toPrecision(3)} s`,
    );
  const hours = (windowSeconds ?? solveSeconds) / 3600;
  if (eventsPerHour(failures, domains) * hours > mostEvents)
    problem(
      windowSeconds === undefined ? 'job.steps' : '--days',
      `${(hours / 24).toPrecision(4)} days have ${(eventsPerHour(failures, domains) * hours).toPrecision(3)} failures`,
      `at most ${mostEvents.toExponential(0)} in one trial`,
    );
  const policy = loaded ? recoveryPolicyOf(scenario, job, cluster, step, users, problem, memo) : undefined;
  if (issues.length > 0) throw new InputError(issues);
  return {
    run: {
      plan: {
        solveSeconds,
        checkpoint: scheme,
        restartSeconds: recovery.restartSeconds,
        stepSeconds: step.stepSeconds,
        horizonSeconds: mtbfSeconds,
      },
      failures,
      domains,
      windowSeconds: windowSeconds ?? 1e3 * solveSeconds,
    },
    recovery: policy,
    step,
    tokensPerStep: job.globalBatch * job.sequenceLength,
    writeSeconds,
    failuresPerHour,
    notes: notesOf(scenario, domains.nodes),
  };
}

function notesOf({ failures, recovery }: ResolvedScenario, nodes: number): string[] {
  const notes: string[] = [];
  const { incidents } = failures ?? {};
  const elsewhere = incidents?.use === 'replay' ? incidents.rows.filter(({ node }) => node >= nodes).length : 0;
  if (elsewhere > 0)
    notes.push(`${elsewhere} incidents of the log are on nodes that the job of ${nodes} nodes has not`);
  if (recovery?.policy === 'restart' && recovery.spares > 0)
    notes.push(
      `recovery.spares: policy restart waits for repair and leaves ${recovery.spares} spare nodes idle; policy spares uses them`,
    );
  return notes;
}

/** GPU-hours of a run by cause: kept work by the step's own causes at the healthy speed, then what the run loses. */
export function gpuHoursOf(input: LongRunInput, books: RunBooks): Record<string, number> {
  const { gpus, stepSeconds, gpuSeconds } = input.step;
  const hours: Record<string, number> = {};
  for (const cause of lossCauses) hours[cause] = ((books.work / stepSeconds) * gpuSeconds[cause]) / 3600;
  hours.checkpoint = (books.checkpoint * gpus) / 3600;
  hours.lostWork = (books.lost * gpus) / 3600;
  hours.restart = (books.restart * gpus) / 3600;
  hours.idle = (books.down * gpus) / 3600;
  hours.degraded = ((books.useful - books.work) * gpus) / 3600;
  return hours;
}

/** Kept work at the healthy configuration's speed over wall time (contract: long runs). */
export const goodputOf = ({ work, wall }: RunBooks): number => (wall > 0 ? work / wall : 1);

/** Tokens of the steps that were kept. */
export const tokensOf = (input: LongRunInput, { work }: RunBooks): number =>
  (work / input.step.stepSeconds) * input.tokensPerStep;
