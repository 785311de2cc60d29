import type { RankedEvents, Sleeper } from '../kernel/ranked-events.js';
import { ailmentRank, type Happening, type RunNodes } from './run-plan.js';

/** Wakes when an ailment of the job's nodes is found, passes or is mended. */
export class AilmentEnds implements Sleeper<Happening> {
  readonly #nodes: RunNodes;
  readonly #events: RankedEvents<Happening>;
  #awaited = Number.POSITIVE_INFINITY;

  constructor(nodes: RunNodes, events: RankedEvents<Happening>) {
    this.#nodes = nodes;
    this.#events = events;
  }

  /** Sleeps until the next end; one that was missed is met `now`. */
  await(now: number): void {
    const next = this.#nodes.nextAilmentEnd;
    // Woken before, it looks again.
    if (next >= this.#awaited) return;
    this.#awaited = next;
    this.#events.schedule(Math.max(now, next), ailmentRank, this);
  }

  wake(time: number): Happening | undefined {
    this.#awaited = Number.POSITIVE_INFINITY;
    return this.#nodes.nextAilmentEnd <= time ? 'ailment end' : undefined;
  }
}
