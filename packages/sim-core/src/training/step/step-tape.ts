import { widen } from '../../kernel/widen.js';
import { Book, bookColumns } from './books.js';
import type { ClassCursors } from './class-cursors.js';

/** What a class does during a span: computes, or waits for a cause that the books name too. */
export const activities = [
  'compute',
  'hostPause',
  'networkContention',
  'exposedTensor',
  'exposedContext',
  'exposedExpert',
  'exposedPipeline',
  'exposedData',
  'imbalance',
  'pipelineBubble',
] as const;
export type Activity = (typeof activities)[number];

const activityOfBook = new Uint8Array(bookColumns);
activityOfBook[Book.pause] = activities.indexOf('hostPause');
activityOfBook[Book.networkContention] = activities.indexOf('networkContention');
activityOfBook[Book.tensor] = activities.indexOf('exposedTensor');
activityOfBook[Book.context] = activities.indexOf('exposedContext');
activityOfBook[Book.expert] = activities.indexOf('exposedExpert');
activityOfBook[Book.pipeline] = activities.indexOf('exposedPipeline');
activityOfBook[Book.data] = activities.indexOf('exposedData');
activityOfBook[Book.skew] = activities.indexOf('imbalance');
activityOfBook[Book.bubble] = activities.indexOf('pipelineBubble');

/** Columns of spans that grow as they fill. */
class Columns {
  count = 0;
  /** Two whole numbers and a code of each span, and when it begins and ends. */
  a = new Int32Array(1024);
  b = new Int32Array(1024);
  code = new Uint8Array(1024);
  start = new Float64Array(1024);
  end = new Float64Array(1024);

  add(a: number, b: number, code: number, start: number, end: number): void {
    const i = this.count++;
    if (i === this.a.length) {
      this.a = widen(this.a, new Int32Array(2 * i));
      this.b = widen(this.b, new Int32Array(2 * i));
      this.code = widen(this.code, new Uint8Array(2 * i));
      this.start = widen(this.start, new Float64Array(2 * i));
      this.end = widen(this.end, new Float64Array(2 * i));
    }
    this.a[i] = a;
    this.b[i] = b;
    this.code[i] = code;
    this.start[i] = start;
    this.end[i] = end;
  }
}

/**
 * Records an execution as it runs. The time of a class is booked without gaps, so that a span begins where the one before it
 * ended.
 */
export class StepTape {
  /** a: class, b: row of its program, code: activity. */
  readonly spans = new Columns();
  /** a: class that sends, b: class that receives. */
  readonly messages = new Columns();
  /** a: class, b: descriptor of the collective. */
  readonly tasks = new Columns();
  readonly #row: Int32Array;
  readonly #until: Float64Array;

  constructor(cursors: ClassCursors) {
    this.#row = cursors.step;
    this.#until = new Float64Array(cursors.count);
  }

  computed(k: number, end: number): void {
    this.#span(k, 0, end);
  }

  /** @param column Book of the cause. */
  waited(k: number, column: number, end: number): void {
    this.#span(k, activityOfBook[column] as number, end);
  }

  #span(k: number, activity: number, end: number): void {
    const start = this.#until[k] as number;
    if (!(end > start)) return;
    this.#until[k] = end;
    this.spans.add(k, this.#row[k] as number, activity, start, end);
  }
}
