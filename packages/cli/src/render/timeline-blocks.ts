import { activities, type RowKind, rowKinds, StepOp, type StepTimeline } from '@regatta/sim-core';

/** What a class does in one row of its program: a run of spans without a gap. */
export interface TimelineBlock {
  /** Spans from here on, so many of the class's own order. */
  readonly first: number;
  readonly spans: number;
  readonly start: number;
  readonly end: number;
  /** Undefined after the last row, where a class waits for the others. */
  readonly kind: RowKind | undefined;
  /** False for rows in which a class only waits for a message. */
  readonly runs: boolean;
  /** -1: of no chunk and micro-batch. */
  readonly chunk: number;
  readonly microBatch: number;
  /** Seconds of recomputation among those of computing. */
  readonly recomputeSeconds: number;
}

/** Spans of each class, in order of time. */
export function spansByClass({ spans, classes }: StepTimeline): readonly Int32Array[] {
  const counts = new Int32Array(classes.length);
  for (const k of spans.rankClass) counts[k] = (counts[k] ?? 0) + 1;
  const lists = Array.from(counts, (count) => new Int32Array(count));
  const filled = new Int32Array(classes.length);
  spans.rankClass.forEach((k, i) => {
    const at = filled[k] ?? 0;
    filled[k] = at + 1;
    const list = lists[k];
    if (list) list[at] = i;
  });
  return lists;
}

/** Blocks of one class. @param own Its spans, as `spansByClass` gives them. */
export function blocksOf(timeline: StepTimeline, rankClass: number, own: Int32Array): TimelineBlock[] {
  const { spans, recomputeSeconds } = timeline;
  const program = timeline.classes[rankClass]?.program;
  const blocks: TimelineBlock[] = [];
  for (let i = 0; i < own.length; ) {
    const span = own[i] ?? 0;
    const row = spans.row[span] ?? 0;
    let next = i + 1;
    while (next < own.length && spans.row[own[next] ?? 0] === row) next++;
    const runs = program?.steps[3 * row] === StepOp.run;
    const template = program?.steps[3 * row + 1] ?? -1;
    blocks.push({
      first: i,
      spans: next - i,
      start: spans.start[span] ?? 0,
      end: spans.end[own[next - 1] ?? 0] ?? 0,
      kind: rowKinds[program?.labels.kind[row] ?? -1],
      runs,
      chunk: program?.labels.chunk[row] ?? -1,
      microBatch: program?.labels.microBatch[row] ?? -1,
      recomputeSeconds: runs ? (recomputeSeconds[template] ?? 0) : 0,
    });
    i = next;
  }
  return blocks;
}

/** Seconds of each activity in a block. */
export function secondsByActivity(timeline: StepTimeline, own: Int32Array, block: TimelineBlock): Float64Array {
  const { activity, start, end } = timeline.spans;
  const sums = new Float64Array(activities.length);
  for (const i of own.subarray(block.first, block.first + block.spans)) {
    const kind = activity[i] ?? 0;
    sums[kind] = (sums[kind] ?? 0) + (end[i] ?? 0) - (start[i] ?? 0);
  }
  return sums;
}
