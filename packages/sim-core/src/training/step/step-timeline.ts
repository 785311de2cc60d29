import type { Cluster } from '../../platform/cluster.js';
import { type Job, noPerturbation, type Perturbation } from '../job.js';
import type { Books } from './books.js';
import type { CollectiveDescriptor, StageProgram } from './program.js';
import { runStep, type StepOptions } from './run-step.js';

/** Ranks that behave alike, by one of them. */
export interface TimelineClass {
  readonly rank: number;
  /** Ranks that it stands for, itself included. */
  readonly multiplicity: number;
  readonly stage: number;
  /** What it runs; its labels say what each row belongs to. */
  readonly program: StageProgram;
}

/** Columns: entry i of each is of one span, message or task. */
export interface SpanColumns {
  readonly count: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
}

/** A simulated step in time (architecture: Timeline). */
export interface StepTimeline {
  readonly stepSeconds: number;
  readonly classes: readonly TimelineClass[];
  /** What each class does: without gaps or overlaps, those of one class in order of time. */
  readonly spans: SpanColumns & {
    readonly rankClass: Int32Array;
    /** Row of the class's program; -1 before the first, its number of rows after the last. */
    readonly row: Int32Array;
    /** Index into `activities`. */
    readonly activity: Uint8Array;
  };
  readonly messages: SpanColumns & { readonly from: Int32Array; readonly to: Int32Array };
  /** Collectives of gradients and parameters beside the compute stream. */
  readonly tasks: SpanColumns & { readonly rankClass: Int32Array; readonly descriptor: Int32Array };
  readonly collectives: readonly CollectiveDescriptor[];
  /** Seconds of recomputation in one run of each template. */
  readonly recomputeSeconds: Float64Array;
  /** GPU-seconds by column of `Book`. */
  readonly books: Books;
}

/**
 * Simulates a step as `simulateStep` does and returns what every class did when. Waiting that stragglers cause stands where it
 * happened, under imbalance or pipelineBubble.
 * @throws RangeError as `simulateStep` does.
 */
export function stepTimeline(
  asked: Job,
  cluster: Cluster,
  perturbation: Perturbation = noPerturbation,
  options: StepOptions = {},
): StepTimeline {
  const { plan, program, execution } = runStep(asked, cluster, perturbation, options, true);
  const { stepSeconds, books, tape } = execution;
  if (!tape) throw new Error('stepTimeline: nothing was recorded');
  const { spans, messages, tasks } = tape;
  const cut = <T extends { subarray(from: number, to: number): T }>(column: T, count: number): T =>
    column.subarray(0, count);
  const times = ({ count, start, end }: SpanColumns): SpanColumns => ({
    count,
    start: cut(start, count),
    end: cut(end, count),
  });
  return {
    stepSeconds,
    books,
    classes: plan.classes.map(({ representative, multiplicity, stage, device }, k) => {
      const own = program.stages[device]?.[stage];
      if (!own) throw new Error(`stepTimeline: class ${k} has no program`);
      return { rank: representative, multiplicity, stage, program: own };
    }),
    spans: {
      ...times(spans),
      rankClass: cut(spans.a, spans.count),
      row: cut(spans.b, spans.count),
      activity: cut(spans.code, spans.count),
    },
    messages: { ...times(messages), from: cut(messages.a, messages.count), to: cut(messages.b, messages.count) },
    tasks: { ...times(tasks), rankClass: cut(tasks.a, tasks.count), descriptor: cut(tasks.b, tasks.count) },
    collectives: program.collectives,
    recomputeSeconds: Float64Array.from(program.templates, (template) => template.recomputeSeconds),
  };
}
