import { confidenceInterval, mean, type RunBooks, ratioSummary, type Summary, summary } from '@regatta/sim-core';
import type { Resolution } from '../schema/resolve-scenario.js';
import type { ResolvedScenario } from '../schema/scenario-schema.js';
import { goodputOf, gpuHoursOf, type LongRunInput, longRunInput, type TrialTask, tokensOf } from './long-run-input.js';
import { scalingPoints } from './scaling-points.js';
import { collectTrials, executorHere, type TrialRequest } from './trials.js';

export interface LongRunRequest {
  readonly gpus: readonly number[];
  readonly scaling: 'weak' | 'strong';
  readonly trials: number;
  /** End of the simulated time; absent: the job's own length. */
  readonly windowSeconds?: number;
  /** Stop once the 95 % interval of goodput is no wider than this share of it to either side. */
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
  /** Null: none is ever taken. */
  readonly checkpointIntervalSeconds: number | null;
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
  /** Time not down over interruptions: total over total, since the mean of the trials' own is biased where there are few. */
  readonly mttfHours: Summary;
  readonly tokens: Summary;
  readonly gpuHours: Readonly<Record<string, Summary>>;
}

export interface LongRunReport {
  readonly schemaVersion: 1;
  readonly command: 'run';
  readonly scenario: ResolvedScenario;
  /** Rows of the log of incidents that were left out, where there is one. */
  readonly rejected?: number;
  /** Stopped by the user: only the trials, and the GPU counts, that were done by then. */
  readonly partial?: true;
  readonly points: readonly LongRunPoint[];
}

/** Figures of one trial. */
export interface TrialFigures {
  readonly goodput: number;
  readonly ettr: number;
  readonly wallHours: number;
  readonly interruptions: number;
  readonly plannedStops: number;
  /** Hours in which a failure could interrupt the job, over its interruptions (over 1 where there was none). */
  readonly mttfHours: number;
  readonly tokens: number;
  readonly gpuHours: Readonly<Record<string, number>>;
}

/** Mean time to failure over trials, of the time that the job was up. */
export const mttfHoursOf = (books: readonly RunBooks[]): Summary =>
  ratioSummary(
    books.map(upHoursOf),
    books.map((book) => book.interruptions),
  );

const upHoursOf = ({ wall, down }: RunBooks): number => (wall - down) / 3600;
const ettrOf = ({ useful, wall }: RunBooks): number => (wall > 0 ? useful / wall : 1);

/** What one trial gave. */
export const trialFigures = (input: LongRunInput, books: RunBooks): TrialFigures => ({
  goodput: goodputOf(books),
  ettr: ettrOf(books),
  wallHours: books.wall / 3600,
  interruptions: books.interruptions,
  plannedStops: books.plannedStops,
  mttfHours: upHoursOf(books) / Math.max(1, books.interruptions),
  tokens: tokensOf(input, books),
  gpuHours: gpuHoursOf(input, books),
});

/** Each cause of GPU-hours over trials. */
export function gpuHoursSummary(input: LongRunInput, books: readonly RunBooks[]): Readonly<Record<string, Summary>> {
  const hours = books.map((book) => gpuHoursOf(input, book));
  const causes = Object.keys(hours[0] ?? {});
  return Object.fromEntries(causes.map((cause) => [cause, summary(hours.map((h) => h[cause] ?? 0))]));
}

function pointOf(input: LongRunInput, books: readonly RunBooks[]): LongRunPoint {
  const of = (pick: (book: RunBooks) => number): Summary => summary(books.map(pick));
  return {
    gpus: input.step.gpus,
    trials: books.length,
    stepSeconds: input.step.stepSeconds,
    checkpointIntervalSeconds: finiteOrNull(input.run.plan.checkpoint.intervalSeconds),
    checkpointWriteSeconds: input.writeSeconds,
    expectedMttfHours: input.failuresPerHour > 0 ? 1 / input.failuresPerHour : null,
    finishedShare: books.filter((book) => book.finished).length / books.length,
    goodput: of(goodputOf),
    ettr: of(ettrOf),
    wallHours: of((book) => book.wall / 3600),
    interruptions: of((book) => book.interruptions),
    plannedStops: of((book) => book.plannedStops),
    mttfHours: mttfHoursOf(books),
    tokens: of((book) => tokensOf(input, book)),
    gpuHours: gpuHoursSummary(input, books),
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
  const inputs = tasks.map((task) => longRunInput(task, (path) => resolution.locate(path)));
  const notes = new Set([...resolution.warnings, ...warnings, ...inputs.flatMap((input) => input.notes)]);
  return { tasks, inputs, warnings: [...notes] };
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
  const { scenario } = resolution;
  return {
    report: {
      schemaVersion: 1,
      command: 'run',
      scenario,
      ...rejectedOf(scenario),
      ...(stopped?.() ? { partial: true as const } : {}),
      points,
    },
    warnings,
  };
}

/** Rows of its log of incidents that a scenario left out. */
export function rejectedOf({ failures }: Pick<ResolvedScenario, 'failures'>): { readonly rejected?: number } {
  return failures?.incidents ? { rejected: failures.incidents.rejected } : {};
}

/** Trials below which no interval is trusted to be narrow. */
export const fewestTrials = 20;

function narrowEnough(books: readonly RunBooks[], share: number): boolean {
  if (books.length < fewestTrials) return false;
  const goodput = books.map(goodputOf);
  const [low, high] = confidenceInterval(goodput);
  return (high - low) / 2 <= share * mean(goodput);
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
