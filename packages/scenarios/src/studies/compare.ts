import { type PairedComparison, pairedComparison, type RunBooks, type Summary, summary } from '@regatta/sim-core';
import { InputError } from '../schema/input-error.js';
import type { Resolution } from '../schema/resolve-scenario.js';
import { type LongRunRequest, longRunTasks, type TrialConduct } from './long-run.js';
import { goodputOf, gpuHoursOf, type LongRunInput, tokensOf } from './long-run-input.js';
import { collectTrials, executorHere } from './trials.js';

export interface Variant {
  readonly name: string;
  readonly resolution: Resolution;
}

/** A variant against the first, over the same luck. */
export interface ComparedVariant {
  readonly name: string;
  readonly gpus: number;
  readonly goodput: Summary;
  readonly interruptions: Summary;
  readonly tokens: Summary;
  readonly gpuHours: Readonly<Record<string, Summary>>;
  /** Absent for the first. Differences are variant minus first, trial by trial. */
  readonly against?: {
    readonly goodput: Difference;
    readonly tokens: Difference;
    /** better, worse, or open where the interval of the goodput difference holds zero. */
    readonly verdict: 'better' | 'worse' | 'open';
  };
}

export interface Difference {
  readonly mean: number;
  readonly ci95: readonly [number, number];
  /** Times as many trials that unpaired runs would need for the same interval; null where all pairs differ alike. */
  readonly trialsSavedRatio: number | null;
}

export interface CompareReport {
  readonly schemaVersion: 1;
  readonly command: 'compare';
  readonly trials: number;
  /** Stopped by the user: only the trials that were done by then. */
  readonly partial?: true;
  readonly variants: readonly ComparedVariant[];
}

const differenceOf = ({ meanDifference, interval, trialsRatio }: PairedComparison): Difference => ({
  mean: meanDifference,
  ci95: [interval[0], interval[1]],
  trialsSavedRatio: Number.isFinite(trialsRatio) ? trialsRatio : null,
});

/**
 * The same luck for each variant: trial i draws the same failures of the same instances everywhere, so that differences within
 * trials say what the change does.
 * @throws InputError as the long run does, and for fewer than two variants.
 */
export async function compareStudy(
  variants: readonly Variant[],
  request: LongRunRequest,
  { execute, ahead = 1, stopped, onProgress }: TrialConduct = { execute: executorHere() },
): Promise<CompareReport> {
  if (variants.length < 2) {
    throw new InputError([
      {
        code: 'compare',
        path: '',
        message: 'needs at least two variants',
        expected: 'two scenarios, or --vary path=a,b',
        received: '',
      },
    ]);
  }
  const prepared = variants.map(({ name, resolution }) => {
    const { tasks, inputs } = longRunTasks(resolution, request);
    const task = tasks.at(-1);
    const input = inputs.at(-1);
    if (!task || !input) throw new Error('compareStudy: no GPU count');
    return { name, task, input };
  });
  const books = await collectTrials(
    prepared.map(({ task }) => task),
    {
      trials: request.trials,
      execute,
      ahead,
      ...(stopped ? { stopped } : {}),
      onProgress: (done) => onProgress?.(`${variants.length} variants`, done, request.trials),
    },
  );
  const runs = prepared.map(({ name, input }, i) => ({ name, input, books: books[i] ?? [] }));
  const first = runs[0];
  const goodput = (books: readonly RunBooks[]): number[] => books.map(goodputOf);
  const tokens = (input: LongRunInput, books: readonly RunBooks[]): number[] =>
    books.map((book) => tokensOf(input, book));
  return {
    schemaVersion: 1,
    command: 'compare',
    trials: first?.books.length ?? 0,
    ...(stopped?.() ? { partial: true as const } : {}),
    variants: runs.map(({ name, input, books }, i): ComparedVariant => {
      const hours = books.map((book) => gpuHoursOf(input, book));
      const base = {
        name,
        gpus: input.step.gpus,
        goodput: summary(goodput(books)),
        interruptions: summary(books.map((book) => book.interruptions)),
        tokens: summary(tokens(input, books)),
        gpuHours: Object.fromEntries(
          Object.keys(hours[0] ?? {}).map((cause) => [cause, summary(hours.map((h) => h[cause] ?? 0))]),
        ),
      };
      if (i === 0 || !first) return base;
      const paired = pairedComparison(goodput(books), goodput(first.books));
      const verdict = !paired.significant ? 'open' : paired.meanDifference > 0 ? 'better' : 'worse';
      return {
        ...base,
        against: {
          goodput: differenceOf(paired),
          tokens: differenceOf(pairedComparison(tokens(input, books), tokens(first.input, first.books))),
          verdict,
        },
      };
    }),
  };
}
