/** Step times of one job's states, by the state. */
export interface StepTable {
  get(state: string): number | undefined;
  add(state: string, seconds: number): void;
}

/** Step times that somebody has simulated, as plain data: of a job (as its memo names it) the states and their seconds. */
export type SimulatedSteps = readonly {
  readonly job: string;
  readonly states: readonly (readonly [state: string, seconds: number])[];
}[];

/** Others who simulate states of the same jobs meanwhile. */
export interface StepExchange {
  tell(steps: SimulatedSteps): void;
  /** What they have told since this was last asked. */
  hear(): Iterable<SimulatedSteps>;
}

/**
 * Step times of jobs by state. An entry depends on job and state alone, so that it does not matter who has simulated it: memos of
 * several threads can tell each other what they have.
 */
export class StepMemo {
  readonly #exchange: StepExchange | undefined;
  readonly #known = new Map<string, Map<string, number>>();
  readonly #news = new Map<string, [string, number][]>();

  /** @param exchange With whom to exchange what is simulated, as soon as it is; absent: `takeNews` has it. */
  constructor(exchange?: StepExchange) {
    this.#exchange = exchange;
  }

  /** @param job All that a step time depends on beside the state: plain data. */
  tableOf(job: object): StepTable {
    const name = JSON.stringify(job);
    const known = this.#tableOf(name);
    return {
      get: (state) => known.get(state) ?? this.#heard(known, state),
      add: (state, seconds) => {
        known.set(state, seconds);
        if (this.#exchange) {
          this.#exchange.tell([{ job: name, states: [[state, seconds]] }]);
          return;
        }
        const news = this.#news.get(name);
        if (news) news.push([state, seconds]);
        else this.#news.set(name, [[state, seconds]]);
      },
    };
  }

  /** Takes in what others have simulated. */
  learn(steps: SimulatedSteps): void {
    for (const { job, states } of steps) {
      const known = this.#tableOf(job);
      for (const [state, seconds] of states) known.set(state, seconds);
    }
  }

  /** What was simulated, not learnt, since this was last asked. */
  takeNews(): SimulatedSteps {
    const news = [...this.#news].map(([job, states]) => ({ job, states }));
    this.#news.clear();
    return news;
  }

  #heard(known: ReadonlyMap<string, number>, state: string): number | undefined {
    if (!this.#exchange) return undefined;
    for (const steps of this.#exchange.hear()) this.learn(steps);
    return known.get(state);
  }

  #tableOf(name: string): Map<string, number> {
    const known = this.#known.get(name) ?? new Map<string, number>();
    this.#known.set(name, known);
    return known;
  }
}
