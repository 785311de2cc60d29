import { gradientBuckets, gradientOp, heldParameters, parameterGroupSizes } from './parameter-groups.js';
import type { StageWriter } from './stage-writer.js';
import { TemplateBuilder } from './template.js';

/**
 * Writes the schedule where parameters are replicated over data ranks (ZeRO 0-2): gradients are summed once a step, in buckets
 * behind the last backward if they overlap (spec/model.md 4.3).
 */
export function writeReplicated(writer: StageWriter): void {
  const { job, order, tables } = writer;
  const overlap = job.options.dataOverlap;
  const { first, last } = edges(writer);
  const gathers = overlap && job.parallel.zero >= 1 ? issueParameterGathers(writer) : undefined;
  const gatherTasks = gathers ? writer.taskCount : 0;
  const lastGather = gathers ? Math.max(...[...gathers.keys()].map((chunk) => first.get(chunk) ?? 0), -1) : -1;
  let gradients = false;
  order.forEach((o, i) => {
    const waits = o.kind === 'F' && first.get(o.chunk) === i ? gathers?.get(o.chunk) : undefined;
    const completes = overlap && last.get(o.chunk) === i && o.kind === writer.completing;
    let template: number;
    if (waits) {
      template = writer.template('F', o.chunk, 'first', {
        before: (part, b) => {
          for (const slot of waits.get(part) ?? []) b.wait(slot);
        },
      });
    } else if (completes) {
      const issues = issuedBuckets(writer, o.chunk);
      template = writer.template(o.kind, o.chunk, 'last', {
        after: (part, b) => {
          for (const slot of issues.get(part) ?? []) b.issue(slot);
        },
      });
      if (issues.size > 0) gradients = true;
    } else template = writer.template(o.kind, o.chunk, '');
    writer.operation(o, template, i <= lastGather || gradients);
  });
  const finish = new TemplateBuilder();
  // Every bucket has gone out; the step ends when the last has come back.
  if (overlap) for (let slot = gatherTasks; slot < writer.taskCount; slot++) finish.wait(slot);
  else gradientsAtOnce(writer, finish);
  writer.run(tables.add(finish), true, 'gradient reduction');
}

/** Positions in the schedule of the first forward of each chunk and of the operation that completes its gradients. */
function edges({ order, completing }: StageWriter): {
  readonly first: ReadonlyMap<number, number>;
  readonly last: ReadonlyMap<number, number>;
} {
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  order.forEach((o, i) => {
    if (o.kind === 'F' && !first.has(o.chunk)) first.set(o.chunk, i);
    if (o.kind === completing) last.set(o.chunk, i);
  });
  return { first, last };
}

/** Slots by position in a walk over the parts of a chunk. */
type SlotsByPart = ReadonlyMap<number, readonly number[]>;

/** Gathers of updated parameters run behind the first forwards; returns what each part of a chunk must wait for. */
function issueParameterGathers(writer: StageWriter): ReadonlyMap<number, SlotsByPart> {
  const { job, tables } = writer;
  const waits = new Map<number, SlotsByPart>();
  const issue = new TemplateBuilder();
  for (let chunk = 0; chunk < writer.schedule.chunks; chunk++) {
    const perPart = new Map<number, readonly number[]>();
    const begin = new Map<string, number>();
    for (const bucket of gradientBuckets(job, writer.parts(chunk))) {
      const slot = writer.task(tables.collective(bucket.kind, 'all_gather', 2 * bucket.elements));
      issue.issue(slot);
      const from = begin.get(bucket.kind) ?? 0;
      perPart.set(from, [...(perPart.get(from) ?? []), slot]);
      begin.set(bucket.kind, bucket.lastIndex + 1);
    }
    waits.set(chunk, perPart);
  }
  if (writer.taskCount === 0) return new Map();
  writer.run(tables.add(issue), true, 'parameter gathers');
  return waits;
}

/** Slots of a chunk's gradient buckets by the position in the backward walk after which each goes out. */
function issuedBuckets(writer: StageWriter, chunk: number): SlotsByPart {
  const { job, tables } = writer;
  const issues = new Map<number, readonly number[]>();
  for (const bucket of gradientBuckets(job, [...writer.parts(chunk)].reverse())) {
    const bytes = job.options.gradientBytes * bucket.elements;
    const slot = writer.task(tables.collective(bucket.kind, gradientOp(job), bytes));
    issues.set(bucket.lastIndex, [...(issues.get(bucket.lastIndex) ?? []), slot]);
  }
  return issues;
}

function gradientsAtOnce(writer: StageWriter, builder: TemplateBuilder): void {
  const { job, tables } = writer;
  const sizes = parameterGroupSizes(job);
  const held = heldParameters(writer);
  const bytes = job.options.gradientBytes;
  if (sizes.data > 1) builder.collective(tables.collective('data', gradientOp(job), bytes * held.dense));
  if (sizes.expertData > 1 && held.expert > 0) {
    builder.collective(tables.collective('expertData', gradientOp(job), bytes * held.expert));
  }
}
