import {
  activities,
  rowKinds,
  type StepOptions,
  type StepTimeline,
  simulateStep,
  stepTimeline,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Book } from '../../packages/sim-core/src/training/step/books.js';
import { testCluster, testJob } from '../support/plans.js';
import { type StepCase, stepCases } from '../support/step-cases.js';

/** Books whose GPU-seconds the spans of an activity add up to. */
const booksOf: Readonly<Record<(typeof activities)[number], readonly number[]>> = {
  compute: [Book.ideal, Book.recompute, Book.optimizer, Book.kernel, Book.ownSlowness, Book.smContention],
  hostPause: [Book.pause],
  networkContention: [Book.networkContention],
  exposedTensor: [Book.tensor],
  exposedContext: [Book.context],
  exposedExpert: [Book.expert],
  exposedPipeline: [Book.pipeline],
  exposedData: [Book.data],
  imbalance: [Book.skew],
  pipelineBubble: [Book.bubble],
};

/** The timeline of a case; a case whose links that are down part its fabric has none, and is left out. */
function timelineOf({ job, cluster, perturbation }: StepCase, options: StepOptions = {}): StepTimeline {
  try {
    return stepTimeline(job, cluster, perturbation, options);
  } catch (error) {
    fc.pre(!String(error).includes('no way from rank'));
    throw error;
  }
}

const column = (values: ArrayLike<number>, i: number): number => values[i] ?? Number.NaN;

function checkSpans({ spans, classes, stepSeconds }: StepTimeline): void {
  const until = new Float64Array(classes.length);
  let broken = 0;
  for (let i = 0; i < spans.count; i++) {
    const k = column(spans.rankClass, i);
    if (column(spans.start, i) !== until[k] || !(column(spans.end, i) > column(spans.start, i))) broken++;
    until[k] = column(spans.end, i);
  }
  expect(broken).toBe(0);
  for (const end of until) expect(end).toBe(stepSeconds);
}

function checkBooks(timeline: StepTimeline): void {
  const { spans, classes, stepSeconds, books } = timeline;
  const gpus = classes.reduce((sum, { multiplicity }) => sum + multiplicity, 0);
  const sums = new Float64Array(activities.length);
  for (let i = 0; i < spans.count; i++) {
    const activity = column(spans.activity, i);
    const seconds = column(spans.end, i) - column(spans.start, i);
    sums[activity] = column(sums, activity) + seconds * (classes[column(spans.rankClass, i)]?.multiplicity ?? 0);
  }
  activities.forEach((activity, i) => {
    const booked = booksOf[activity].reduce((sum, book) => sum + column(books, book), 0);
    expect(Math.abs(column(sums, i) - booked), activity).toBeLessThanOrEqual(1e-9 * gpus * stepSeconds);
  });
}

describe('timeline of a step', () => {
  test('each class is always in one span, and the spans of a cause add up to its book', () => {
    fc.assert(
      fc.property(
        stepCases({ mostRanks: 32 }),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (drawn, fold, coalesce, stops) => {
          // Hosts that stop now and then, often enough for a step of a second.
          const pauses = { perHostHour: 3600, medianSeconds: 0.01, sigma: 0.5 };
          const stepCase = stops ? { ...drawn, perturbation: { ...drawn.perturbation, pauses } } : drawn;
          const { job, cluster, perturbation } = stepCase;
          const timeline = timelineOf(stepCase, { fold, coalesce });
          checkSpans(timeline);
          checkBooks(timeline);
          const { stepSeconds } = simulateStep(job, cluster, perturbation, { fold, coalesce });
          expect(timeline.stepSeconds).toBe(stepSeconds);
        },
      ),
      { numRuns: 80 },
    );
  });

  test('messages and data tasks lie in the step and leave from where they are made', () => {
    fc.assert(
      fc.property(stepCases({ mostRanks: 32 }), (stepCase) => {
        const { messages, tasks, stepSeconds, classes, collectives } = timelineOf(stepCase);
        for (const { count, start, end } of [messages, tasks]) {
          for (let i = 0; i < count; i++) {
            expect(column(start, i)).toBeGreaterThanOrEqual(0);
            expect(column(end, i)).toBeGreaterThanOrEqual(column(start, i));
            expect(column(end, i)).toBeLessThanOrEqual(stepSeconds);
          }
        }
        for (let i = 0; i < messages.count; i++)
          expect(classes[column(messages.from, i)]?.stage).not.toBe(classes[column(messages.to, i)]?.stage);
        for (let i = 0; i < tasks.count; i++)
          expect(collectives[column(tasks.descriptor, i)]?.group).toMatch(/^(data|expertData|shard|replica)$/);
      }),
      { numRuns: 40 },
    );
  });

  test('every forward and backward of every micro-batch is labelled, once a class', () => {
    const job = testJob({ tensor: 2, pipeline: 4, data: 2 });
    const { spans, classes } = stepTimeline(job, testCluster(2));
    for (const [k, { program }] of classes.entries()) {
      const seen = new Map<string, Set<number>>();
      for (let i = 0; i < spans.count; i++) {
        if (spans.rankClass[i] !== k || spans.activity[i] !== 0) continue;
        const row = column(spans.row, i);
        const name = rowKinds[column(program.labels.kind, row)] ?? '';
        seen.set(name, (seen.get(name) ?? new Set()).add(column(program.labels.microBatch, row)));
      }
      const all = Array.from({ length: job.globalBatch / (job.microBatch * 2) }, (_, i) => i);
      expect([...(seen.get('forward') ?? [])]).toEqual(all);
      expect([...(seen.get('backward') ?? [])]).toEqual(all);
      expect(seen.get('optimizer step')).toEqual(new Set([-1]));
    }
  });
});
