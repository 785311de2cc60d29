import {
  intervalHalfWidth,
  longRunTrial,
  type PhaseInterval,
  type RunBooks,
  type Summary,
  summary,
} from '@regatta/sim-core';
import type { Resolution } from '../schema/resolve-scenario.js';
import type { ResolvedScenario } from '../schema/scenario-schema.js';
import { goodputOf, gpuHoursOf, type LongRunInput, longRunInput, tokensOf } from './long-run-input.js';
import { scalingPoints } from './scaling-points.js';

export interface LongRunRequest {
  readonly gpus: readonly number[];
  readonly scaling: 'weak' | 'strong';
  readonly trials: number;
  /** End of the simulated time; absent: the job's own length. */
  readonly windowSeconds?: number;
  /** Stop once the 95 % interval of goodput is narrower than this share of it. */
  readonly untilShare?: number;
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

/**
 * Long runs of a scenario under failures, over independent trials, at each GPU count. Trial i draws the same failures in every
 * variant (common random numbers), whatever was asked for beside it.
 * @throws InputError as `longRunInput` and `scalingPoints` do.
 */
export function longRunStudy(
  resolution: Resolution,
  request: LongRunRequest,
  onTrial?: (gpus: number, done: number) => void,
): { readonly report: LongRunReport; readonly warnings: readonly string[] } {
  const { points, warnings } = scalingPoints(resolution, { gpus: request.gpus, scaling: request.scaling });
  const { seed } = resolution.scenario;
  const results = points.map((point): LongRunPoint => {
    const input = longRunInput(resolution, point, request.windowSeconds);
    const books: RunBooks[] = [];
    for (let trial = 0; trial < request.trials; trial++) {
      books.push(longRunTrial(input.run, { seed, trial }));
      onTrial?.(point.gpus, books.length);
      if (request.untilShare !== undefined && narrowEnough(books, request.untilShare)) break;
    }
    return pointOf(input, books);
  });
  return { report: { schemaVersion: 1, command: 'run', scenario: resolution.scenario, points: results }, warnings };
}

/** Looked at every tenth trial from the twentieth on. */
function narrowEnough(books: readonly RunBooks[], share: number): boolean {
  if (books.length < 20 || books.length % 10 !== 0) return false;
  const goodput = books.map(goodputOf);
  const mean = goodput.reduce((a, b) => a + b, 0) / goodput.length;
  const variance = goodput.reduce((sum, g) => sum + (g - mean) ** 2, 0) / (goodput.length - 1);
  return intervalHalfWidth(Math.sqrt(variance / goodput.length), goodput.length) <= share * mean;
}

/** The phases of one trial, in order. */
export function longRunTimeline(resolution: Resolution, request: LongRunRequest, trial: number): PhaseInterval[] {
  const { points } = scalingPoints(resolution, { gpus: request.gpus, scaling: request.scaling });
  const point = points[0];
  if (!point) return [];
  const phases: PhaseInterval[] = [];
  longRunTrial(
    longRunInput(resolution, point, request.windowSeconds).run,
    { seed: resolution.scenario.seed, trial },
    (phase) => phases.push(phase),
  );
  return phases;
}
