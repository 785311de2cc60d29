import type { Device } from '../../platform/device.js';
import type { Job, ScheduleOp } from '../job.js';
import type { Operator } from '../operators/index.js';
import { placeOfStage, type Schedule, stageOfChunk, stagesOf } from '../schedules/index.js';
import { type SendDescriptor, type StageProgram, StepOp } from './program.js';
import type { ProgramTables } from './program-tables.js';
import { messageKey, type ReceiveSlots } from './receive-slots.js';
import { type RowKind, RowLabelBuilder } from './row-labels.js';
import type { StagePart } from './stage-content.js';
import { TemplateBuilder } from './template.js';

/** Points that a template gets before and after the parts of its walk, by position. */
export interface Marks {
  readonly before?: (part: number, builder: TemplateBuilder) => void;
  readonly after?: (part: number, builder: TemplateBuilder) => void;
}

/** Writes the program of one pipeline rank on one device kind: operations of its schedule, each with its messages around it. */
export class StageWriter {
  readonly #steps: number[] = [];
  readonly #labels: RowLabelBuilder;
  readonly #sends: SendDescriptor[] = [];
  readonly #sendIndex = new Map<number, number>();
  /** Collective descriptor of each data task, by slot. */
  readonly #tasks: number[] = [];
  readonly #cache = new Map<string, number>();
  readonly #stages: number;
  readonly #pipeline: number;

  constructor(
    readonly job: Job,
    readonly device: Device,
    readonly rank: number,
    readonly schedule: Schedule,
    /** Parts by global stage. */
    readonly contents: readonly (readonly StagePart[])[],
    readonly slots: readonly ReceiveSlots[],
    readonly tables: ProgramTables,
  ) {
    this.#pipeline = job.parallel.pipeline;
    this.#labels = new RowLabelBuilder(schedule.splitsBackward);
    this.#stages = stagesOf(schedule.layout, this.#pipeline, schedule.chunks);
  }

  program(): StageProgram {
    return {
      steps: Int32Array.from(this.#steps),
      labels: this.#labels.build(),
      sends: this.#sends,
      receives: this.slots[this.rank]?.size ?? 0,
      tasks: this.#tasks,
    };
  }

  /** Operations of this rank in the order of its schedule. */
  get order(): readonly ScheduleOp[] {
    return this.schedule.order[this.rank] ?? [];
  }

  /** Kind of the operation that completes a chunk's gradients. */
  get completing(): ScheduleOp['kind'] {
    return this.schedule.splitsBackward ? 'W' : 'B';
  }

  /** Number of data tasks so far: the slots from 0 on. */
  get taskCount(): number {
    return this.#tasks.length;
  }

  /** Parts of a chunk in forward order. */
  parts(chunk: number): readonly StagePart[] {
    return this.contents[stageOfChunk(this.schedule.layout, this.#pipeline, this.rank, chunk)] ?? [];
  }

  /** Runs a template that is no operation of the schedule; `byOperator` where other traffic may interfere. */
  run(template: number, byOperator: boolean, name: RowKind): void {
    this.#labels.other(name);
    this.#steps.push(StepOp.run, template, byOperator ? 1 : 0);
  }

  #row(o: ScheduleOp, op: number, a: number, b: number): void {
    this.#labels.operation(o);
    this.#steps.push(op, a, b);
  }

  /** Slot of a new data task. */
  task(descriptor: number): number {
    this.#tasks.push(descriptor);
    return this.#tasks.length - 1;
  }

  /** One schedule operation with its messages around it. */
  operation(o: ScheduleOp, template: number, byOperator: boolean): void {
    const { layout } = this.schedule;
    const directed = layout === 'bidirectional';
    const stage = stageOfChunk(layout, this.#pipeline, this.rank, o.chunk);
    if (o.kind !== 'W') {
      const slot = this.slots[this.rank]?.get(messageKey(o.kind, stage, o.chunk, o.microBatch, directed));
      if (slot !== undefined) this.#row(o, StepOp.receive, slot, 0);
    }
    this.#row(o, StepOp.run, template, byOperator ? 1 : 0);
    if (o.kind === 'W') return;
    const target = o.kind === 'F' ? stage + 1 : stage - 1;
    if (target < 0 || target >= this.#stages) return;
    const place = placeOfStage(layout, this.#pipeline, target, o.chunk);
    if (place.rank === this.rank) return;
    const slot = this.slots[place.rank]?.get(messageKey(o.kind, target, o.chunk, o.microBatch, directed));
    if (slot === undefined) throw new Error(`StageWriter: stage ${target} does not wait for ${o.kind}.${o.microBatch}`);
    this.#row(o, StepOp.send, this.#send(place.rank), slot);
  }

  #send(peerStage: number): number {
    const known = this.#sendIndex.get(peerStage);
    if (known !== undefined) return known;
    const { job } = this;
    const tokens = (job.microBatch * job.sequenceLength) / job.parallel.context;
    const cut = job.parallel.sequenceParallel || job.options.scatterGather ? job.parallel.tensor : 1;
    const width = job.precision === 'fp32' ? 4 : 2;
    this.#sends.push({ peerStage, bytes: (width * tokens * job.model.hidden) / cut });
    this.#sendIndex.set(peerStage, this.#sends.length - 1);
    return this.#sends.length - 1;
  }

  /** After a scattered message its pieces are gathered inside the tensor group. */
  #gatherMessage(builder: TemplateBuilder, receives: boolean): void {
    const { job, tables } = this;
    if (!receives || !job.options.scatterGather || job.parallel.sequenceParallel || job.parallel.tensor <= 1) return;
    const tokens = (job.microBatch * job.sequenceLength) / job.parallel.context;
    builder.collective(tables.collective('tensor', 'all_gather', 2 * tokens * job.model.hidden));
  }

  #select(operators: readonly Operator[], kind: ScheduleOp['kind']): readonly Operator[] {
    if (!this.schedule.splitsBackward || kind === 'F') return operators;
    const weight = kind === 'W';
    return operators.filter((operator) => (operator.kind !== 'communication' && operator.weightGrad) === weight);
  }

  /** Template of F, B or W of a chunk; `marks` puts points after given parts (by position in the walk). */
  template(kind: ScheduleOp['kind'], chunk: number, key: string, marks?: Marks): number {
    const id = `${kind}${chunk}${key}`;
    const known = this.#cache.get(id);
    if (known !== undefined) return known;
    const builder = new TemplateBuilder();
    const stage = stageOfChunk(this.schedule.layout, this.#pipeline, this.rank, chunk);
    const source = kind === 'F' ? stage - 1 : stage + 1;
    const receives = kind !== 'W' && source >= 0 && source < this.#stages;
    this.#gatherMessage(
      builder,
      receives && placeOfStage(this.schedule.layout, this.#pipeline, source, chunk).rank !== this.rank,
    );
    const parts = kind === 'F' ? this.parts(chunk) : [...this.parts(chunk)].reverse();
    parts.forEach((part, i) => {
      marks?.before?.(i, builder);
      const operators = kind === 'F' ? part.forward : part.backward;
      this.tables.append(builder, this.#select(operators, kind), this.job, this.device);
      marks?.after?.(i, builder);
    });
    const template = this.tables.add(builder);
    this.#cache.set(id, template);
    return template;
  }
}
