/** Classes of compute operations that a rank may run slower than its fellows, each by a factor of its own. */
export const operationClasses = ['gemm', 'attention', 'memory'] as const;
export type OperationClass = (typeof operationClasses)[number];

export const SegmentKind = { compute: 0, collective: 1, issue: 2, wait: 3 } as const;

/**
 * A stretch of one rank's compute stream, in columns: compute segments between the points where the rank meets others.
 * Neighbouring operators are merged, which is exact, since nothing can start or end between them and one rate applies to all.
 */
export interface Template {
  readonly segments: number;
  readonly kind: Uint8Array;
  /** Undisturbed seconds of a compute segment by operation class: [gemm, attention, memory] for each segment. */
  readonly seconds: Float64Array;
  /** collective: index of its descriptor; issue and wait: slot of the data task. */
  readonly argument: Int32Array;
  /** Sums over the compute segments, for the books: seconds of spec/model.md 9.2 (1)-(4). */
  readonly idealSeconds: number;
  readonly workSeconds: number;
  readonly recomputeSeconds: number;
  readonly optimizerSeconds: number;
  /** True when the template holds only compute segments and blocking collectives. */
  readonly plain: boolean;
}

export type WorkCategory = 'work' | 'recompute' | 'optimizer';

/** Collects operators into a template. */
export class TemplateBuilder {
  readonly #kind: number[] = [];
  readonly #seconds: number[] = [];
  readonly #argument: number[] = [];
  #ideal = 0;
  #work = 0;
  #recompute = 0;
  #optimizer = 0;

  /** Adds `seconds` of undisturbed compute, `idealSeconds` of which the metrics count as model FLOP at peak. */
  compute(operationClass: number, seconds: number, idealSeconds = 0, category: WorkCategory = 'work'): this {
    const last = this.#kind.length - 1;
    if (last < 0 || this.#kind[last] !== SegmentKind.compute) {
      this.#kind.push(SegmentKind.compute);
      this.#seconds.push(0, 0, 0);
      this.#argument.push(0);
    }
    const at = (this.#kind.length - 1) * 3 + operationClass;
    this.#seconds[at] = (this.#seconds[at] ?? 0) + seconds;
    if (category === 'work') {
      this.#work += seconds;
      this.#ideal += idealSeconds;
    } else if (category === 'recompute') this.#recompute += seconds;
    else this.#optimizer += seconds;
    return this;
  }

  collective(descriptor: number): this {
    return this.#point(SegmentKind.collective, descriptor);
  }

  /** Puts a data task on the rank's data stream and goes on. */
  issue(slot: number): this {
    return this.#point(SegmentKind.issue, slot);
  }

  /** Waits until the last task issued in a slot has ended. */
  wait(slot: number): this {
    return this.#point(SegmentKind.wait, slot);
  }

  #point(kind: number, argument: number): this {
    this.#kind.push(kind);
    this.#seconds.push(0, 0, 0);
    this.#argument.push(argument);
    return this;
  }

  build(): Template {
    return {
      segments: this.#kind.length,
      kind: Uint8Array.from(this.#kind),
      seconds: Float64Array.from(this.#seconds),
      argument: Int32Array.from(this.#argument),
      idealSeconds: this.#ideal,
      workSeconds: this.#work,
      recomputeSeconds: this.#recompute,
      optimizerSeconds: this.#optimizer,
      plain: this.#kind.every((kind) => kind === SegmentKind.compute || kind === SegmentKind.collective),
    };
  }
}
