import { EventQueue } from '../../kernel/index.js';
import type { FluidNetwork } from '../../network/index.js';
import type { Route } from './route.js';

/** What an event of the queue ends; its payload is 4 * id + kind. The id is a class, a group or a message. */
export const EventKind = { block: 0, segment: 1, collective: 2, message: 3 } as const;

/** What a flow of the network carries; its tag is 4 * id + kind. The id is a group or a message. */
export const FlowKind = { collective: 0, task: 1, message: 2 } as const;

/** The time of a step, and its two sources of what happens next: the event queue and the fluid network. */
export class StepClock {
  readonly queue = new EventQueue();
  now = 0;

  constructor(readonly fluid: FluidNetwork) {}

  startFlow(route: Route, tag: number): void {
    const { fluid } = this;
    if (fluid.now < this.now) fluid.advanceTo(this.now);
    fluid.start(route.links, route.weights, route.volume, {
      rateCap: route.rateCap,
      latencySeconds: route.latencySeconds,
      tag,
    });
  }
}

/** Where the parts of an execution hand a class back that need wait no longer. */
export interface Resumes {
  /** Carries a class on through its program. */
  resumeProgram(rankClass: number): void;
  /** Carries a class on through the block that it executes operator by operator. */
  resumeBlock(rankClass: number): void;
}
