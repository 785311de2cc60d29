import { intervalHalfWidth, type PhaseInterval, type RunBooks, type Summary, summary } from '@regatta/sim-core';
import type { Resolution } from '../schema/resolve-scenario.js';
import type { ResolvedScenario } from '../schema/scenario-schema.js';
import { goodputOf, gpuHoursOf, type LongRunInput, longRunInput, type TrialTask, tokensOf } from './long-run-input.js';
import { scalingPoints } from './scaling-points.js';
import { collectTrials, executorHere, type TrialRequest, trialRunner } from './trials.js';

export interface LongRunRequest {
  readonly gpus: readonly number[];
  readonly scaling: 'weak' | 'strong';
  readonly trials: number;
  /** End of the simulated time; absent: the job's own length. */
  readonly windowSeconds?: number;
  /** Stop once the 95 % interval of goodput is narrower than this share of it. */
  readonly untilShare?: number;
}

/** Who runs the trials of a study, and who watches. */
export interface TrialConduct extends Pick<TrialRequest, 'execute' | 'ahead' | 'stopped'> {
  readonly onProgress?: (label: string, done: number, trials: number) => void;
}

/** A long run at one GPU count, over its trials (contract: run). */
export interface LongRunPoint {
  readonly gpus: number;
  readonly trials: number;
  readonly stepSeconds: number;
  readonly checkpointIntervalSeconds: number;
  readonly checkpointWriteSeconds: number;
  /** Mean time to failure by rates alone, in hours; null without failures. */
  readonly expectedMttfHours: number | null;
  readonly finishedShare: number;
  readonly goodput: Summary;
  readonly ettr: Summary;
  readonly wallHours: Summary;
  readonly interruptions: Summary;
  /** Stops that the job itself made: planned work, stragglers taken out, growing back. */
  readonly plannedStops: Summary;
  /** Wall time over interruptions (over 1 where there was none). */
  readonly mttfHours: Summary;
  readonly tokens: Summary;
  readonly gpuHours: Readonly<Record<string, Summary>>;
}

export interface LongRunReport {
  readonly schemaVersion: 1;
  readonly command: 'run';
  readonly scenario: ResolvedScenario;
  /** Stopped by the user: only the trials, and the GPU counts, that were done by then. */
  readonly partial?: true;
  readonly points: readonly LongRunPoint[];
}

function pointOf(input: LongRunInput, books: readonly RunBooks[]): LongRunPoint {
  const of = (pick: (book: RunBooks) => number): Summary => summary(books.map(pick));
  const hours = books.map((book) => gpuHoursOf(input, book));
  const causes = Object.keys(hours[0] ?? {});
  return {
    gpus: input.step.gpus,
    trials: books.length,
    stepSeconds: input.step.stepSeconds,
    checkpointIntervalSeconds: Math.min(input.run.plan.checkpoint.intervalSeconds, Number.MAX_VALUE),
    checkpointWriteSeconds: input.writeSeconds,
    expectedMttfHours: input.failuresPerHour > 0 ? 1 / input.failuresPerHour : null,
    finishedShare: books.filter((book) => book.finished).length / books.length,
    goodput: of(goodputOf),
    ettr: of((book) => (book.wall > 0 ? book.useful / book.wall : 1)),
    wallHours: of((book) => book.wall / 3600),
    interruptions: of((book) => book.interruptions),
    plannedStops: of((book) => book.plannedStops),
    mttfHours: of((book) => book.wall / 3600 / Math.max(1, book.interruptions)),
    tokens: of((book) => tokensOf(input, book)),
    gpuHours: Object.fromEntries(causes.map((cause) => [cause, summary(hours.map((h) => h[cause] ?? 0))])),
  };
}

/** Tasks of a scenario's long runs, one a GPU count, checked. @throws InputError as `longRunInput` and `scalingPoints` do. */
export function longRunTasks(
  resolution: Resolution,
  request: LongRunRequest,
): {
  readonly tasks: readonly TrialTask[];
  readonly inputs: readonly LongRunInput[];
  readonly warnings: readonly string[];
} {
  const { points, warnings } = scalingPoints(resolution, { gpus: request.gpus, scaling: request.scaling });
  const { scenario } = resolution;
  const tasks = points.map((point): TrialTask => ({ scenario, point, windowSeconds: request.windowSeconds }));
  return { tasks, inputs: tasks.map((task) => longRunInput(task, (path) => resolution.locate(path))), warnings };
}

/**
 * Long runs of a scenario under failures, over independent trials, at each GPU count. Trial i draws the same failures in every
 * variant (common random numbers), whatever was asked for beside it.
 * @throws InputError as `longRunTasks` does.
 */
export async function longRunStudy(
  resolution: Resolution,
  request: LongRunRequest,
  { execute, ahead = 1, stopped, onProgress }: TrialConduct = { execute: executorHere() },
): Promise<{ readonly report: LongRunReport; readonly warnings: readonly string[] }> {
  const { tasks, inputs, warnings } = longRunTasks(resolution, request);
  const { untilShare, trials } = request;
  const points: LongRunPoint[] = [];
  for (const [i, task] of tasks.entries()) {
    const input = inputs[i];
    if (!input || stopped?.()) break;
    const [books = []] = await collectTrials([task], {
      trials,
      execute,
      ahead,
      ...(stopped ? { stopped } : {}),
      ...(untilShare === undefined ? {} : { enough: ([done = []]) => narrowEnough(done, untilShare) }),
      onProgress: (done) => onProgress?.(`${task.point.gpus} GPUs`, done, trials),
    });
    if (books.length > 0) points.push(pointOf(input, books));
  }
  const partial = stopped?.() ? { partial: true as const } : {};
  return { report: { schemaVersion: 1, command: 'run', scenario: resolution.scenario, ...partial, points }, warnings };
}

/** From the twentieth trial on. */
function narrowEnough(books: readonly RunBooks[], share: number): boolean {
  if (books.length < 20) return false;
  const goodput = books.map(goodputOf);
  const mean = goodput.reduce((a, b) => a + b, 0) / goodput.length;
  const variance = goodput.reduce((sum, g) => sum + (g - mean) ** 2, 0) / (goodput.length - 1);
  return intervalHalfWidth(Math.sqrt(variance / goodput.length), goodput.length) <= share * mean;
}

/** The phases of one trial at the smallest GPU count, in order. @throws InputError as `longRunTasks` does. */
export function longRunTimeline(resolution: Resolution, request: LongRunRequest, trial: number): PhaseInterval[] {
  const [task] = longRunTasks(resolution, request).tasks;
  const phases: PhaseInterval[] = [];
  if (task) trialRunner(task)(trial, (phase) => phases.push(phase));
  return phases;
}
