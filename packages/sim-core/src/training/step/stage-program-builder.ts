import type { Device } from '../../platform/device.js';
import { isHybrid, type Job, type ScheduleOp } from '../job.js';
import { offloadedOptimizerSeconds, optimizerSeconds } from '../operator-time.js';
import type { Operator } from '../operators/index.js';
import type { RankParameters } from '../parameters.js';
import { placeOfStage, type Schedule, stageOfChunk, stagesOf } from '../schedules/index.js';
import { bucketise } from './buckets.js';
import { type SendDescriptor, type StageProgram, StepOp } from './program.js';
import type { ProgramTables } from './program-tables.js';
import type { StagePart } from './stage-content.js';
import { TemplateBuilder } from './template.js';

/** A message of a micro-batch: its direction and the stage that it goes to. */
export const messageKey = (
  kind: 'F' | 'B',
  stage: number,
  chunk: number,
  microBatch: number,
  directed: boolean,
): string => `${kind}${directed ? chunk : ''}:${stage}.${microBatch}`;

/** Receive slots of one pipeline rank, by message. */
export type ReceiveSlots = ReadonlyMap<string, number>;

/** Messages that a rank receives, numbered in the order of its schedule. */
export function receiveSlots(schedule: Schedule, rank: number): ReceiveSlots {
  const slots = new Map<string, number>();
  const { layout, chunks, order } = schedule;
  const pipeline = order.length;
  const stages = stagesOf(layout, pipeline, chunks);
  const directed = layout === 'bidirectional';
  for (const { kind, chunk, microBatch } of order[rank] ?? []) {
    if (kind === 'W') continue;
    const stage = stageOfChunk(layout, pipeline, rank, chunk);
    const source = kind === 'F' ? stage - 1 : stage + 1;
    if (source < 0 || source >= stages) continue;
    if (placeOfStage(layout, pipeline, source, chunk).rank === rank) continue;
    slots.set(messageKey(kind, stage, chunk, microBatch, directed), slots.size);
  }
  return slots;
}

interface DataCollectives {
  readonly tasks: number[];
  /** Slot of the gather of bucket n of a chunk's parameters, and of each bucket's gradients. */
}

/** Builds the program of one pipeline rank on one device kind (spec/model.md 4.3-4.5). */
export class StageProgramBuilder {
  readonly #steps: number[] = [];
  readonly #sends: SendDescriptor[] = [];
  readonly #sendIndex = new Map<number, number>();
  readonly #data: DataCollectives = { tasks: [] };
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
    this.#stages = stagesOf(schedule.layout, this.#pipeline, schedule.chunks);
  }

  build(): StageProgram {
    const { job } = this;
    if (job.parallel.zero === 3) this.#shardedSchedule();
    else this.#replicatedSchedule();
    this.#finishStep();
    return {
      steps: Int32Array.from(this.#steps),
      sends: this.#sends,
      receives: this.slots[this.rank]?.size ?? 0,
      tasks: this.#data.tasks,
    };
  }

  #parts(chunk: number): readonly StagePart[] {
    return this.contents[stageOfChunk(this.schedule.layout, this.#pipeline, this.rank, chunk)] ?? [];
  }

  #run(template: number, byOperator: boolean): void {
    this.#steps.push(StepOp.run, template, byOperator ? 1 : 0);
  }

  #task(descriptor: number): number {
    this.#data.tasks.push(descriptor);
    return this.#data.tasks.length - 1;
  }

  /** One schedule operation with its messages around it. */
  #operation(o: ScheduleOp, template: number, byOperator: boolean): void {
    const { layout } = this.schedule;
    const directed = layout === 'bidirectional';
    const stage = stageOfChunk(layout, this.#pipeline, this.rank, o.chunk);
    if (o.kind !== 'W') {
      const slot = this.slots[this.rank]?.get(messageKey(o.kind, stage, o.chunk, o.microBatch, directed));
      if (slot !== undefined) this.#steps.push(StepOp.receive, slot, 0);
    }
    this.#run(template, byOperator);
    if (o.kind === 'W') return;
    const target = o.kind === 'F' ? stage + 1 : stage - 1;
    if (target < 0 || target >= this.#stages) return;
    const place = placeOfStage(layout, this.#pipeline, target, o.chunk);
    if (place.rank === this.rank) return;
    const slot = this.slots[place.rank]?.get(messageKey(o.kind, target, o.chunk, o.microBatch, directed));
    if (slot === undefined)
      throw new Error(`StageProgramBuilder: stage ${target} does not wait for ${o.kind}.${o.microBatch}`);
    this.#steps.push(StepOp.send, this.#send(place.rank), slot);
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
  #template(kind: ScheduleOp['kind'], chunk: number, key: string, marks?: Marks): number {
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
    const parts = kind === 'F' ? this.#parts(chunk) : [...this.#parts(chunk)].reverse();
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

  /** Positions in the schedule of the first forward of each chunk and of the operation that completes its gradients. */
  #edges(): { first: Map<number, number>; last: Map<number, number> } {
    const first = new Map<number, number>();
    const last = new Map<number, number>();
    const completing = this.schedule.splitsBackward ? 'W' : 'B';
    (this.schedule.order[this.rank] ?? []).forEach((o, i) => {
      if (o.kind === 'F' && !first.has(o.chunk)) first.set(o.chunk, i);
      if (o.kind === completing) last.set(o.chunk, i);
    });
    return { first, last };
  }

  /** Parameters replicated over data ranks (ZeRO 0-2): gradients are summed once a step, in buckets behind the last backward. */
  #replicatedSchedule(): void {
    const { job } = this;
    const order = this.schedule.order[this.rank] ?? [];
    const overlap = job.options.dataOverlap;
    const { first, last } = this.#edges();
    const gathers = overlap && job.parallel.zero >= 1 ? this.#issueParameterGathers() : undefined;
    const lastGather = gathers ? Math.max(...[...gathers.keys()].map((chunk) => first.get(chunk) ?? 0), -1) : -1;
    let gradients = false;
    order.forEach((o, i) => {
      const waits = o.kind === 'F' && first.get(o.chunk) === i ? gathers?.get(o.chunk) : undefined;
      const completes = overlap && last.get(o.chunk) === i && o.kind === (this.schedule.splitsBackward ? 'W' : 'B');
      let template: number;
      if (waits) {
        template = this.#template('F', o.chunk, 'first', {
          before: (part, b) => {
            for (const slot of waits.get(part) ?? []) b.wait(slot);
          },
        });
      } else if (completes) {
        const issues = this.#gradientBuckets(o.chunk);
        template = this.#template(o.kind, o.chunk, 'last', {
          after: (part, b) => {
            for (const slot of issues.get(part) ?? []) b.issue(slot);
          },
        });
        if (issues.size > 0) gradients = true;
      } else template = this.#template(o.kind, o.chunk, '');
      this.#operation(o, template, i <= lastGather || gradients);
    });
    const finish = new TemplateBuilder();
    if (overlap) {
      // Every bucket has gone out; the step ends when the last has come back.
      for (let slot = gathers ? this.#gatherSlots : 0; slot < this.#data.tasks.length; slot++) finish.wait(slot);
    } else this.#gradientsAtOnce(finish);
    this.#run(this.tables.add(finish), true);
  }

  #gatherSlots = 0;

  #gradientOp(): 'all_reduce' | 'reduce_scatter' {
    return this.job.parallel.zero >= 1 ? 'reduce_scatter' : 'all_reduce';
  }

  /** Ranks over which dense and expert parameters are replicated or sharded, and that share one full copy. */
  #groupSizes(): { data: number; expertData: number; shard: number } {
    const { data, context, tensor, expert, expertTensor } = this.job.parallel;
    const shard = isHybrid(this.job) ? this.job.options.shardGroup : data * context;
    return { data: data * context, expertData: (data * context * tensor) / (expert * expertTensor), shard };
  }

  /** Cuts a chunk's parameters, in the order of a walk, into buckets of each gradient group. */
  #buckets(walk: readonly StagePart[]): { kind: 'data' | 'expertData'; lastIndex: number; elements: number }[] {
    const sizes = this.#groupSizes();
    const limit = this.job.options.bucketBytes / 4;
    const of = (pick: (parameters: RankParameters) => number): { lastIndex: number; elements: number }[] =>
      bucketise(
        walk.map((part) => pick(part.parameters)),
        limit,
      );
    return [
      ...(sizes.data > 1 ? of((p) => p.dense).map((bucket) => ({ kind: 'data' as const, ...bucket })) : []),
      ...(sizes.expertData > 1
        ? of((p) => p.expert).map((bucket) => ({ kind: 'expertData' as const, ...bucket }))
        : []),
    ];
  }

  /** Gathers of updated parameters run behind the first forwards; returns what each part of a chunk must wait for. */
  #issueParameterGathers(): Map<number, Map<number, number[]>> {
    const waits = new Map<number, Map<number, number[]>>();
    const issue = new TemplateBuilder();
    for (let chunk = 0; chunk < this.schedule.chunks; chunk++) {
      const perPart = new Map<number, number[]>();
      let begin = new Map<string, number>();
      for (const bucket of this.#buckets(this.#parts(chunk))) {
        const slot = this.#task(this.tables.collective(bucket.kind, 'all_gather', 2 * bucket.elements));
        issue.issue(slot);
        const from = begin.get(bucket.kind) ?? 0;
        perPart.set(from, [...(perPart.get(from) ?? []), slot]);
        begin = new Map(begin).set(bucket.kind, bucket.lastIndex + 1);
      }
      waits.set(chunk, perPart);
    }
    this.#gatherSlots = this.#data.tasks.length;
    if (this.#gatherSlots === 0) return new Map();
    this.#run(this.tables.add(issue), true);
    return waits;
  }

  /** Slots of a chunk's gradient buckets by the position in the backward walk after which each goes out. */
  #gradientBuckets(chunk: number): Map<number, number[]> {
    const issues = new Map<number, number[]>();
    for (const bucket of this.#buckets([...this.#parts(chunk)].reverse())) {
      const bytes = this.job.options.gradientBytes * bucket.elements;
      const slot = this.#task(this.tables.collective(bucket.kind, this.#gradientOp(), bytes));
      issues.set(bucket.lastIndex, [...(issues.get(bucket.lastIndex) ?? []), slot]);
    }
    return issues;
  }

  #gradientsAtOnce(builder: TemplateBuilder): void {
    const sizes = this.#groupSizes();
    const held = this.#held();
    const bytes = this.job.options.gradientBytes;
    if (sizes.data > 1) builder.collective(this.tables.collective('data', this.#gradientOp(), bytes * held.dense));
    if (sizes.expertData > 1 && held.expert > 0) {
      builder.collective(this.tables.collective('expertData', this.#gradientOp(), bytes * held.expert));
    }
  }

  /** Parameters of this rank over all of its chunks. */
  #held(): RankParameters {
    let dense = 0;
    let expert = 0;
    for (let chunk = 0; chunk < this.schedule.chunks; chunk++) {
      for (const part of this.#parts(chunk)) {
        dense += part.parameters.dense;
        expert += part.parameters.expert;
      }
    }
    return { dense, expert };
  }

  /** FSDP / ZeRO-3: each unit is gathered before its forward and its backward, one ahead; gradients leave as they are made. */
  #shardedSchedule(): void {
    const { job, tables } = this;
    const sizes = this.#groupSizes();
    const slotsOf = new Map<string, number[]>();
    const gather = (chunk: number, part: number): number[] =>
      this.#unitSlots(slotsOf, `g${chunk}.${part}`, chunk, part, 'all_gather', 2);
    const scatter = (chunk: number, part: number): number[] =>
      this.#unitSlots(slotsOf, `s${chunk}.${part}`, chunk, part, 'reduce_scatter', job.options.gradientBytes);
    const keep = !job.options.reshardAfterForward;
    const alone = sizes.data <= 1 && sizes.expertData <= 1;
    const completing = this.schedule.splitsBackward ? 'W' : 'B';
    const gathered = new Set<number>();
    for (const o of this.schedule.order[this.rank] ?? []) {
      const count = this.#parts(o.chunk).length;
      const fetches = !(keep && (o.kind !== 'F' || gathered.has(o.chunk)));
      if (o.kind === 'F') gathered.add(o.chunk);
      const position = (i: number): number => (o.kind === 'F' ? i : count - 1 - i);
      const marks: Marks = {
        before: (i, b) => {
          if (!fetches) return;
          if (i === 0) for (const slot of gather(o.chunk, position(0))) b.issue(slot);
          if (i + 1 < count) for (const slot of gather(o.chunk, position(i + 1))) b.issue(slot);
          for (const slot of gather(o.chunk, position(i))) b.wait(slot);
        },
        after: (i, b) => {
          if (o.kind !== completing) return;
          // A unit's last gradients must have left before the next micro-batch's do.
          for (const slot of scatter(o.chunk, position(i))) {
            b.wait(slot);
            b.issue(slot);
          }
        },
      };
      const template = this.#template(
        o.kind,
        o.chunk,
        alone ? '' : fetches ? 'sharded' : 'kept',
        alone ? undefined : marks,
      );
      this.#operation(o, template, !alone);
    }
    const finish = new TemplateBuilder();
    for (let slot = 0; slot < this.#data.tasks.length; slot++) finish.wait(slot);
    this.#run(tables.add(finish), true);
  }

  #unitSlots(
    known: Map<string, number[]>,
    key: string,
    chunk: number,
    part: number,
    op: 'all_gather' | 'reduce_scatter',
    elementBytes: number,
  ): number[] {
    const have = known.get(key);
    if (have) return have;
    const sizes = this.#groupSizes();
    const parameters = this.#parts(chunk)[part]?.parameters ?? { dense: 0, expert: 0 };
    const slots: number[] = [];
    if (sizes.data > 1 && parameters.dense > 0) {
      const bytes = elementBytes * parameters.dense;
      const hybrid = isHybrid(this.job);
      // Over one rank nothing is gathered.
      if (sizes.shard > 1) slots.push(this.#task(this.tables.collective(hybrid ? 'shard' : 'data', op, bytes)));
      // Tasks of a rank run in their order: the shard's gradients are summed over its replicas once it is reduced.
      if (hybrid && op === 'reduce_scatter')
        slots.push(this.#task(this.tables.collective('replica', 'all_reduce', bytes / sizes.shard)));
    }
    if (sizes.expertData > 1 && parameters.expert > 0) {
      slots.push(this.#task(this.tables.collective('expertData', op, elementBytes * parameters.expert)));
    }
    known.set(key, slots);
    return slots;
  }

  /** Adam on the device or, offloaded, on its host. */
  #optimizerSeconds(updated: number): number {
    const { job, device } = this;
    if (!job.options.offloadOptimizer) return optimizerSeconds(device, updated);
    const overlap = job.options.dataOverlap || job.parallel.zero === 3;
    let backward = 0;
    for (const part of this.#parts(0))
      for (const o of part.backward) if (o.kind !== 'communication') backward += o.seconds;
    const tail = job.options.bucketBytes / 4;
    return overlap
      ? offloadedOptimizerSeconds(device, updated, job.options.gradientBytes, backward, tail)
      : offloadedOptimizerSeconds(device, updated, job.options.gradientBytes, 0, updated);
  }

  /** Tied embedding, gradient norm and loss scale, optimizer, gather of parameters, what Python does once a step. */
  #finishStep(): void {
    const { job, device, tables } = this;
    const { pipeline, zero } = job.parallel;
    const sizes = this.#groupSizes();
    const held = this.#held();
    const builder = new TemplateBuilder();
    const shared = job.model.tiedEmbeddings || (job.model.mtpLayers ?? 0) > 0;
    // In a V the first and the last stage are one rank's.
    const apart = pipeline > 1 && this.schedule.layout !== 'v';
    if (shared && apart && (this.rank === 0 || this.rank === pipeline - 1)) {
      const bytes = (job.options.gradientBytes * job.model.vocab * job.model.hidden) / job.parallel.tensor;
      builder.collective(tables.collective('tie', 'all_reduce', bytes));
    }
    builder.collective(tables.collective('world', 'all_reduce', 8));
    const share = zero >= 1 ? 1 : 0;
    const updated =
      held.dense / (share ? Math.max(1, sizes.shard) : 1) + held.expert / (share ? Math.max(1, sizes.expertData) : 1);
    builder.compute(2, this.#optimizerSeconds(updated), 0, 'optimizer');
    if (zero >= 1 && zero < 3 && !job.options.dataOverlap) {
      if (sizes.data > 1) builder.collective(tables.collective('data', 'all_gather', 2 * held.dense));
      if (sizes.expertData > 1 && held.expert > 0) {
        builder.collective(tables.collective('expertData', 'all_gather', 2 * held.expert));
      }
    }
    builder.compute(2, device.stepOverheadSeconds, 0);
    this.#run(tables.add(builder), true);
  }
}

interface Marks {
  readonly before?: (part: number, builder: TemplateBuilder) => void;
  readonly after?: (part: number, builder: TemplateBuilder) => void;
}
