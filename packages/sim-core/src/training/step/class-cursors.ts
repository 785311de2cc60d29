import type { Plan } from '../plan/plan.js';
import { type StageProgram, StepOp, type StepProgram } from './program.js';
import type { Template } from './template.js';

/** Where each class is in its program, and what it waits for: one entry a class. */
export class ClassCursors {
  readonly count: number;
  readonly stageOf: readonly StageProgram[];
  /** Step of the program. */
  readonly step: Int32Array;
  /** Segment of the block that is executed operator by operator. */
  readonly segment: Int32Array;
  readonly waitStart: Float64Array;
  /** Slot of the message or data task that the class waits for, which of them its step says; -1 for none. */
  readonly waitSlot: Int32Array;
  /** When the program ended; -1 before. */
  readonly ended: Float64Array;
  readonly #templates: readonly Template[];

  /** @throws Error when the program lacks a stage of the plan. */
  constructor(plan: Plan, program: StepProgram) {
    this.count = plan.classes.length;
    this.stageOf = plan.classes.map(({ device, stage }) => {
      const own = program.stages[device]?.[stage];
      if (!own) throw new Error(`ClassCursors: no program for stage ${stage} on device ${device}`);
      return own;
    });
    this.step = new Int32Array(this.count);
    this.segment = new Int32Array(this.count);
    this.waitStart = new Float64Array(this.count);
    this.waitSlot = new Int32Array(this.count).fill(-1);
    this.ended = new Float64Array(this.count).fill(-1);
    this.#templates = program.templates;
  }

  /** Template of the block that a class is at. */
  template(k: number): Template | undefined {
    return this.#templates[this.stageOf[k]?.steps[(this.step[k] as number) * 3 + 1] ?? -1];
  }

  /** True when a class is inside a block: what it waits for is a data task. */
  isInBlock(k: number): boolean {
    return this.stageOf[k]?.steps[(this.step[k] as number) * 3] === StepOp.run;
  }

  nextStep(k: number): void {
    this.step[k] = (this.step[k] as number) + 1;
  }

  nextSegment(k: number): void {
    this.segment[k] = (this.segment[k] as number) + 1;
  }

  waitFor(k: number, slot: number, now: number): void {
    this.waitStart[k] = now;
    this.waitSlot[k] = slot;
  }
}

/** First slot of each class in columns that hold `slotsOf` entries a class, and their number at the end. */
export function slotOffsets(
  cursors: Pick<ClassCursors, 'count' | 'stageOf'>,
  slotsOf: (stage: StageProgram) => number,
): Int32Array {
  const offsets = new Int32Array(cursors.count + 1);
  cursors.stageOf.forEach((stage, k) => {
    offsets[k + 1] = (offsets[k] as number) + slotsOf(stage);
  });
  return offsets;
}
