import type { Plan } from '../plan/plan.js';
import { Book, type Books } from './books.js';
import { ClassCursors } from './class-cursors.js';
import { CollectiveMeetings } from './collective-meetings.js';
import { ComputeStreams } from './compute-streams.js';
import { DataStreams } from './data-streams.js';
import { Ledger } from './ledger.js';
import { blocksAreAlone, LockstepBlocks } from './lockstep-blocks.js';
import { MeetingGroups } from './meeting-groups.js';
import { PipelineMessages } from './pipeline-messages.js';
import { StepOp, type StepProgram } from './program.js';
import { EventKind, FlowKind, type Resumes, StepClock } from './step-clock.js';
import { StepNetwork } from './step-network.js';
import { StepTape } from './step-tape.js';
import { SegmentKind } from './template.js';

/** Some rank waits for ever: for others that wait, or for a link that is down. */
export class DeadlockError extends Error {}

/** What an execution leaves: the clock at the end, the books, and what it cost. */
export interface Execution {
  readonly stepSeconds: number;
  readonly books: Books;
  readonly events: number;
  /** End of each class's last operation before the step ended. */
  readonly classEndSeconds: Float64Array;
  /** What every class did when, where the options ask for it. */
  readonly tape?: StepTape;
}

export interface ExecutionOptions {
  /** Factor on compute seconds of a class: [gemm, attention, memory] for each class. */
  readonly factors: Float64Array;
  /** false: execute every block operator by operator, also where nothing can interfere (the definition; for tests). */
  readonly coalesce?: boolean;
  /** Seconds that each class stands still when the step begins. */
  readonly pauses?: Float64Array;
  /** Keep what every class did when on a tape (default: no). */
  readonly record?: boolean;
}

/**
 * Runs a step program over a plan: compute segments, blocking collectives where the ranks of a group meet, data tasks on a
 * stream of their own, and messages between pipeline stages, over one fluid network.
 *
 * Blocks in which nothing can interfere (no data task in flight, collectives that stay inside the scale-up domain) are
 * advanced in one event.
 */
export class StepExecution implements Resumes {
  readonly #plan: Plan;
  readonly #program: StepProgram;
  readonly #clock: StepClock;
  readonly #cursors: ClassCursors;
  readonly #ledger: Ledger;
  readonly #compute: ComputeStreams;
  readonly #blocks: LockstepBlocks;
  readonly #meetings: CollectiveMeetings;
  readonly #data: DataStreams;
  readonly #messages: PipelineMessages;
  readonly #coalesce: boolean;
  readonly #factors: Float64Array;
  readonly #pauses: Float64Array | undefined;
  #events = 0;
  /** Tags of the flows that end at one instant. */
  #finished = new Int32Array(64);

  constructor(plan: Plan, program: StepProgram, options: ExecutionOptions) {
    const network = new StepNetwork(plan);
    const groups = new MeetingGroups(plan, program, network);
    const clock = new StepClock(network.fluid);
    const cursors = new ClassCursors(plan, program);
    const tape = options.record ? new StepTape(cursors) : undefined;
    const ledger = new Ledger(plan, program, tape);
    const compute = new ComputeStreams(clock, cursors, ledger, options.factors);
    this.#plan = plan;
    this.#program = program;
    this.#clock = clock;
    this.#cursors = cursors;
    this.#ledger = ledger;
    this.#compute = compute;
    this.#blocks = new LockstepBlocks(plan, program, clock, cursors, compute, groups, ledger);
    this.#meetings = new CollectiveMeetings(clock, cursors, groups, ledger, this);
    this.#data = new DataStreams(plan, clock, cursors, compute, groups, ledger, this);
    this.#messages = new PipelineMessages(plan, program, network, clock, cursors, ledger, this);
    this.#coalesce = (options.coalesce ?? true) && blocksAreAlone(plan);
    this.#factors = options.factors;
    this.#pauses = options.pauses;
  }

  /** @throws DeadlockError when some class never ends. */
  run(): Execution {
    const { count, ended } = this.#cursors;
    for (let k = 0; k < count; k++) this.#begin(k);
    this.#drain();
    let stepSeconds = 0;
    for (let k = 0; k < count; k++) {
      const end = ended[k] as number;
      if (end < 0) throw new DeadlockError(this.#deadlock(k));
      stepSeconds = Math.max(stepSeconds, end);
    }
    for (let k = 0; k < count; k++)
      this.#ledger.bookWait(k, Book.bubble, stepSeconds - (ended[k] as number), stepSeconds);
    this.#ledger.bookRuns(this.#factors);
    const { books, tape } = this.#ledger;
    return { stepSeconds, books, events: this.#events, classEndSeconds: ended, ...(tape ? { tape } : {}) };
  }

  #begin(k: number): void {
    const pause = this.#pauses?.[k] ?? 0;
    if (pause <= 0) {
      this.resumeProgram(k);
      return;
    }
    // As if a block before the first were ending.
    this.#cursors.step[k] = -1;
    this.#ledger.bookWait(k, Book.pause, pause, pause);
    this.#clock.queue.push(pause, 4 * k + EventKind.block);
  }

  /** Handles what happens, flows before events of the same instant, until nothing is left. */
  #drain(): void {
    const clock = this.#clock;
    const { fluid, queue } = clock;
    for (;;) {
      const flowTime = fluid.nextTime();
      const eventTime = queue.peekTime();
      if (flowTime === Number.POSITIVE_INFINITY && eventTime === Number.POSITIVE_INFINITY) return;
      if (flowTime <= eventTime) {
        clock.now = flowTime;
        fluid.advanceTo(flowTime);
        const count = fluid.finishedCount;
        if (count > this.#finished.length) this.#finished = new Int32Array(2 * count);
        const finished = this.#finished;
        // Copied out first: handling one completion may start others at the same instant.
        for (let i = 0; i < count; i++) finished[i] = fluid.finishedTags[i] as number;
        for (let i = 0; i < count; i++) {
          this.#events++;
          this.#flowEnded(finished[i] as number);
        }
      } else {
        clock.now = eventTime;
        if (fluid.now < eventTime) fluid.advanceTo(eventTime);
        while (queue.peekTime() === eventTime) {
          this.#events++;
          this.#eventEnded(queue.pop());
        }
      }
    }
  }

  #flowEnded(tag: number): void {
    const id = tag >> 2;
    switch (tag & 3) {
      case FlowKind.collective:
        this.#meetings.ended(id);
        break;
      case FlowKind.task:
        this.#data.ended(id);
        break;
      default:
        this.#messages.ended(id);
    }
  }

  #eventEnded(payload: number): void {
    const id = payload >> 2;
    switch (payload & 3) {
      case EventKind.block:
        this.#cursors.nextStep(id);
        this.resumeProgram(id);
        break;
      case EventKind.segment:
        this.#compute.ended(id);
        this.#cursors.nextSegment(id);
        this.resumeBlock(id);
        break;
      case EventKind.collective:
        this.#meetings.ended(id);
        break;
      default:
        this.#messages.ended(id);
    }
  }

  resumeProgram(k: number): void {
    const cursors = this.#cursors;
    const steps = cursors.stageOf[k]?.steps;
    if (!steps) return;
    for (;;) {
      const at = (cursors.step[k] as number) * 3;
      if (at >= steps.length) {
        cursors.ended[k] = this.#clock.now;
        return;
      }
      const a = steps[at + 1] as number;
      const b = steps[at + 2] as number;
      const op = steps[at] as number;
      if (op === StepOp.run) {
        this.#startBlock(k, a, b === 1);
        return;
      }
      if (op === StepOp.send) {
        this.#messages.send(k, a, b);
        if (this.#program.blockingSends) {
          cursors.waitStart[k] = this.#clock.now;
          // A send and the receive that follows it are one exchange: both are posted together.
          if (steps[at + 3] === StepOp.receive) this.#messages.post(k, steps[at + 4] as number);
          return;
        }
      } else if (!this.#messages.hasArrived(k, a)) return;
      cursors.nextStep(k);
    }
  }

  #startBlock(k: number, template: number, byOperator: boolean): void {
    this.#ledger.countRun(k, template);
    if (!byOperator && this.#coalesce) {
      this.#blocks.arrive(k);
      return;
    }
    this.#cursors.segment[k] = 0;
    this.resumeBlock(k);
  }

  resumeBlock(k: number): void {
    const cursors = this.#cursors;
    const template = cursors.template(k);
    if (!template) return;
    for (;;) {
      const s = cursors.segment[k] as number;
      if (s >= template.segments) {
        cursors.nextStep(k);
        this.resumeProgram(k);
        return;
      }
      const argument = template.argument[s] as number;
      switch (template.kind[s]) {
        case SegmentKind.compute:
          this.#compute.start(k, template, s);
          return;
        case SegmentKind.collective:
          this.#meetings.arrive(k, argument);
          return;
        case SegmentKind.issue:
          cursors.segment[k] = s + 1;
          this.#data.issue(k, argument);
          break;
        default:
          if (!this.#data.isDone(k, argument)) return;
          cursors.segment[k] = s + 1;
      }
    }
  }

  #deadlock(k: number): string {
    const { representative, stage } = this.#plan.classes[k] ?? {};
    return `StepExecution: rank ${representative} (stage ${stage}) never ends: it waits at step ${this.#cursors.step[k]} of its program`;
  }
}
