import type { Plan } from '../plan/plan.js';
import { Book, type Books, bookColumns } from './books.js';
import type { StepProgram } from './program.js';
import type { StepTape } from './step-tape.js';

/** Books the seconds of each class, times the ranks that it stands for (spec/model.md 9.2). */
export class Ledger {
  readonly books: Books = new Float64Array(bookColumns);
  readonly #multiplicity: Float64Array;
  readonly #templates: StepProgram['templates'];
  /** Runs of each template, by class. */
  readonly #runs: Float64Array;

  /** @param tape Where waits are recorded too; absent: nowhere. */
  constructor(
    plan: Plan,
    { templates }: StepProgram,
    readonly tape?: StepTape,
  ) {
    this.#multiplicity = Float64Array.from(plan.classes, (rankClass) => rankClass.multiplicity);
    this.#templates = templates;
    this.#runs = new Float64Array(plan.classes.length * templates.length);
  }

  book(k: number, column: number, seconds: number): void {
    this.books[column] = (this.books[column] as number) + seconds * (this.#multiplicity[k] as number);
  }

  /** Books waiting that ends at a time. */
  bookWait(k: number, column: number, seconds: number, end: number): void {
    this.book(k, column, seconds);
    if (this.tape) this.tape.waited(k, column, end);
  }

  countRun(k: number, template: number): void {
    const at = k * this.#templates.length + template;
    this.#runs[at] = (this.#runs[at] as number) + 1;
  }

  /**
   * Books work that is the same every time a template runs, once at the end.
   * @param factors See ExecutionOptions.
   */
  bookRuns(factors: Float64Array): void {
    const templates = this.#templates;
    for (let k = 0; k < this.#multiplicity.length; k++) {
      for (let t = 0; t < templates.length; t++) {
        const runs = this.#runs[k * templates.length + t] as number;
        const template = templates[t];
        if (runs === 0 || !template) continue;
        let own = 0;
        for (let i = 0; i < template.segments * 3; i++) {
          own += (template.seconds[i] as number) * ((factors[k * 3 + (i % 3)] as number) - 1);
        }
        this.book(k, Book.ideal, runs * template.idealSeconds);
        this.book(k, Book.kernel, runs * (template.workSeconds - template.idealSeconds));
        this.book(k, Book.recompute, runs * template.recomputeSeconds);
        this.book(k, Book.optimizer, runs * template.optimizerSeconds);
        this.book(k, Book.ownSlowness, runs * own);
      }
    }
  }
}

/** What an activity took beyond what it takes on an idle network, of the part of it that somebody waited for. */
export function contentionOf(actualSeconds: number, aloneSeconds: number): number {
  return actualSeconds > aloneSeconds * (1 + 1e-12) ? actualSeconds - aloneSeconds : 0;
}
