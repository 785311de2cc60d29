import { mean, pairedComparison, type RunBooks, type Summary, summary } from '@regatta/sim-core';
import { InputError } from '../schema/input-error.js';
import type { Resolution } from '../schema/resolve-scenario.js';
import {
  fewestTrials,
  gpuHoursSummary,
  type LongRunRequest,
  longRunTasks,
  mttfHoursOf,
  rejectedOf,
  type TrialConduct,
} from './long-run.js';
import { goodputOf, type LongRunInput, tokensOf } from './long-run-input.js';
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
  readonly mttfHours: Summary;
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
  /** Trials that pairing saved, beside those that were run; null where all pairs differ alike. */
  readonly trialsSaved: number | null;
}

export interface CompareReport {
  readonly schemaVersion: 1;
  readonly command: 'compare';
  readonly trials: number;
  /** Rows of the first variant's log of incidents that were left out, where there is one. */
  readonly rejected?: number;
  /** Stopped by the user: only the trials that were done by then. */
  readonly partial?: true;
  readonly variants: readonly ComparedVariant[];
}

const differenceOf = (values: readonly number[], against: readonly number[]): Difference => {
  const { meanDifference, interval, trialsRatio } = pairedComparison(values, against);
  const known = Number.isFinite(trialsRatio) && meanDifference !== 0;
  return {
    mean: meanDifference,
    ci95: [interval[0], interval[1]],
    trialsSavedRatio: known ? trialsRatio : null,
    trialsSaved: known ? Math.round((trialsRatio - 1) * values.length) : null,
  };
};

const verdictOf = ({ ci95: [low, high] }: Difference, trials: number): 'better' | 'worse' | 'open' => {
  if (trials < 2 || (low <= 0 && high >= 0)) return 'open';
  return low > 0 ? 'better' : 'worse';
};

/**
 * The same luck for each variant: trial i draws the same failures of the same instances everywhere, so that differences within
 * trials say what the change does.
 * @throws InputError as the long run does, and for fewer than two variants.
 */
export async function compareStudy(
  variants: readonly Variant[],
  request: LongRunRequest,
  { execute, ahead = 1, stopped, onProgress }: TrialConduct = { execute: executorHere() },
): Promise<{ readonly report: CompareReport; readonly warnings: readonly string[] }> {
  const { prepared, warnings } = prepare(variants, request);
  if (prepared.length < 2) {
    throw new InputError([
      {
        code: 'compare',
        path: '',
        message: 'needs at least two variants',
        expected: 'two scenarios, --vary path=a,b, or several --gpus',
        received: '',
      },
    ]);
  }
  const books = await collectTrials(
    prepared.map(({ task }) => task),
    {
      trials: request.trials,
      execute,
      ahead,
      ...(stopped ? { stopped } : {}),
      ...(request.untilShare === undefined ? {} : { enough: narrowEnough(request.untilShare) }),
      onProgress: (done) => onProgress?.(`${prepared.length} variants`, done, request.trials),
    },
  );
  const runs = prepared.map(({ name, input }, i) => ({ name, input, books: books[i] ?? [] }));
  const first = runs[0];
  const goodput = (books: readonly RunBooks[]): number[] => books.map(goodputOf);
  const tokens = (input: LongRunInput, books: readonly RunBooks[]): number[] =>
    books.map((book) => tokensOf(input, book));
  const report: CompareReport = {
    schemaVersion: 1,
    command: 'compare',
    trials: first?.books.length ?? 0,
    ...rejectedOf(variants[0]?.resolution.scenario ?? {}),
    ...(stopped?.() ? { partial: true as const } : {}),
    // Stopped before the first trials were done there is nothing to tell of any variant.
    variants: (first?.books.length ? runs : []).map(({ name, input, books }, i): ComparedVariant => {
      const base = {
        name,
        gpus: input.step.gpus,
        goodput: summary(goodput(books)),
        interruptions: summary(books.map((book) => book.interruptions)),
        mttfHours: mttfHoursOf(books),
        tokens: summary(tokens(input, books)),
        gpuHours: gpuHoursSummary(input, books),
      };
      if (i === 0 || !first) return base;
      const difference = differenceOf(goodput(books), goodput(first.books));
      return {
        ...base,
        against: {
          goodput: difference,
          tokens: differenceOf(tokens(input, books), tokens(first.input, first.books)),
          verdict: verdictOf(difference, books.length),
        },
      };
    }),
  };
  return { report, warnings };
}

/** Each variant at each GPU count, which its name tells where there are several. */
function prepare(variants: readonly Variant[], request: LongRunRequest) {
  const warnings = new Set<string>();
  const prepared = variants.flatMap(({ name, resolution }) => {
    const { tasks, inputs, warnings: own } = longRunTasks(resolution, request);
    for (const warning of own) warnings.add(warning);
    return tasks.flatMap((task, i) => {
      const input = inputs[i];
      const gpus = tasks.length > 1 ? `${task.point.gpus} GPUs` : '';
      return input ? [{ name: [name, gpus].filter((part) => part !== '').join(' '), task, input }] : [];
    });
  });
  return { prepared, warnings: [...warnings] };
}

/** Whether every difference to the first variant is known to within this share of the first one's goodput. */
const narrowEnough =
  (share: number) =>
  ([first = [], ...others]: readonly (readonly RunBooks[])[]): boolean => {
    if (first.length < fewestTrials) return false;
    const base = first.map(goodputOf);
    const widest = share * mean(base);
    return others.every((books) => {
      const [low, high] = pairedComparison(books.map(goodputOf), base).interval;
      return (high - low) / 2 <= widest;
    });
  };
