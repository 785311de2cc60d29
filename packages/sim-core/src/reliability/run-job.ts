import { RankedEvents, type Sleeper } from '../kernel/ranked-events.js';
import { JobRun } from './job-run.js';
import {
  failureRank,
  type Happening,
  type PhaseInterval,
  type RunBooks,
  type RunEvent,
  type RunNodes,
  type RunPlan,
} from './run-plan.js';

/** Events that are known beforehand, one after the other. */
class ListedEvents implements Sleeper<Happening> {
  #next = 0;

  constructor(
    readonly list: readonly RunEvent[],
    readonly events: RankedEvents<Happening>,
  ) {}

  sleep(): void {
    const event = this.list[this.#next];
    if (event) this.events.schedule(event.time, failureRank, this);
  }

  wake(): Happening | undefined {
    const event = this.list[this.#next++];
    this.sleep();
    return event;
  }
}

/**
 * Runs a job through given events.
 * @param events In ascending order of time.
 * @param window End of the simulated time; what is computed and not yet saved then is kept.
 * @throws Error when the books do not balance.
 */
export function runJob(
  plan: RunPlan,
  nodes: RunNodes,
  events: readonly RunEvent[],
  window = Number.POSITIVE_INFINITY,
  observe?: (interval: PhaseInterval) => void,
): RunBooks {
  const queue = new RankedEvents<Happening>();
  new ListedEvents(events, queue).sleep();
  return new JobRun(plan, nodes, queue, window, observe ? { phase: observe } : {}).run();
}
