import { isHybrid } from '../job.js';
import { parameterGroupSizes } from './parameter-groups.js';
import type { Marks, StageWriter } from './stage-writer.js';
import { TemplateBuilder } from './template.js';

/**
 * Writes the schedule of FSDP and ZeRO-3: each unit is gathered before its forward and its backward, one ahead; gradients leave
 * as they are made (spec/model.md 4.2).
 */
export function writeSharded(writer: StageWriter): void {
  const { job, tables } = writer;
  const sizes = parameterGroupSizes(job);
  const tasks = new UnitTasks(writer);
  const keep = !job.options.reshardAfterForward;
  const alone = sizes.data <= 1 && sizes.expertData <= 1;
  const gathered = new Set<number>();
  for (const o of writer.order) {
    const count = writer.parts(o.chunk).length;
    const fetches = !(keep && (o.kind !== 'F' || gathered.has(o.chunk)));
    if (o.kind === 'F') gathered.add(o.chunk);
    const position = (i: number): number => (o.kind === 'F' ? i : count - 1 - i);
    const marks: Marks = {
      before: (i, b) => {
        if (!fetches) return;
        if (i === 0) for (const slot of tasks.gather(o.chunk, position(0))) b.issue(slot);
        if (i + 1 < count) for (const slot of tasks.gather(o.chunk, position(i + 1))) b.issue(slot);
        for (const slot of tasks.gather(o.chunk, position(i))) b.wait(slot);
      },
      after: (i, b) => {
        if (o.kind !== writer.completing) return;
        // A unit's last gradients must have left before the next micro-batch's do.
        for (const slot of tasks.scatter(o.chunk, position(i))) {
          b.wait(slot);
          b.issue(slot);
        }
      },
    };
    const key = alone ? '' : fetches ? 'sharded' : 'kept';
    const template = writer.template(o.kind, o.chunk, key, alone ? undefined : marks);
    writer.operation(o, template, !alone);
  }
  const finish = new TemplateBuilder();
  for (let slot = 0; slot < writer.taskCount; slot++) finish.wait(slot);
  writer.run(tables.add(finish), true, 'gradient reduction');
}

/** Slots of the data tasks of each unit, a part of a chunk. */
class UnitTasks {
  readonly #slots = new Map<string, readonly number[]>();

  constructor(readonly writer: StageWriter) {}

  gather(chunk: number, part: number): readonly number[] {
    return this.#of(`g${chunk}.${part}`, chunk, part, 'all_gather', 2);
  }

  scatter(chunk: number, part: number): readonly number[] {
    return this.#of(`s${chunk}.${part}`, chunk, part, 'reduce_scatter', this.writer.job.options.gradientBytes);
  }

  #of(
    key: string,
    chunk: number,
    part: number,
    op: 'all_gather' | 'reduce_scatter',
    elementBytes: number,
  ): readonly number[] {
    const known = this.#slots.get(key);
    if (known) return known;
    const { writer } = this;
    const { job, tables } = writer;
    const sizes = parameterGroupSizes(job);
    const parameters = writer.parts(chunk)[part]?.parameters ?? { dense: 0, expert: 0 };
    const slots: number[] = [];
    if (sizes.data > 1 && parameters.dense > 0) {
      const bytes = elementBytes * parameters.dense;
      const hybrid = isHybrid(job);
      // Over one rank nothing is gathered.
      if (sizes.shard > 1) slots.push(writer.task(tables.collective(hybrid ? 'shard' : 'data', op, bytes)));
      // Tasks of a rank run in their order: the shard's gradients are summed over its replicas once it is reduced.
      if (hybrid && op === 'reduce_scatter')
        slots.push(writer.task(tables.collective('replica', 'all_reduce', bytes / sizes.shard)));
    }
    if (sizes.expertData > 1 && parameters.expert > 0) {
      slots.push(writer.task(tables.collective('expertData', op, elementBytes * parameters.expert)));
    }
    this.#slots.set(key, slots);
    return slots;
  }
}
