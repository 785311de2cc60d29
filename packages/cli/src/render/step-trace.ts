import { activities, type StepTimeline } from '@regatta/sim-core';
import { causeName } from './cause-names.js';
import { blocksOf, secondsByActivity, spansByClass, type TimelineBlock } from './timeline-blocks.js';

const thread = { compute: 1, waits: 2, data: 3 } as const;
/** A viewer opens so many events in seconds; a file of them is some tens of megabytes. */
const defaultBudget = 250_000;

export interface StepTraceOptions {
  readonly name: string;
  /** Events to stay below (default 250,000). */
  readonly budget?: number;
}

export interface StepTrace {
  readonly text: string;
  /** What was left out to stay in the budget. */
  readonly notes: readonly string[];
}

/** Whole nanoseconds as the microseconds of the format: ends that meet stay together. */
const nanoseconds = (seconds: number): number => Math.round(seconds * 1e9);
const interval = (start: number, end: number): { ts: number; dur: number } => ({
  ts: nanoseconds(start) / 1e3,
  dur: (nanoseconds(end) - nanoseconds(start)) / 1e3,
});

/**
 * A step in Chrome's trace format, for Perfetto or chrome://tracing: one process for ranks that behave alike, with threads for
 * its computing, its waiting by cause, and its collectives of gradients and parameters; messages lie on tracks of their own.
 * Over the budget the waits inside operations are left out from some micro-batch on, then whole classes.
 */
export function stepTrace(timeline: StepTimeline, { name, budget = defaultBudget }: StepTraceOptions): StepTrace {
  const notes: string[] = [];
  const own = spansByClass(timeline);
  const blocks = own.map((list, k) => blocksOf(timeline, k, list));
  const shown = classesWithin(blocks, budget);
  if (shown < blocks.length) notes.push(`the trace shows ${shown} of ${blocks.length} classes of ranks`);
  const detailed = detailedMicroBatches(timeline, own, blocks, shown, budget);
  if (detailed !== Number.POSITIVE_INFINITY)
    notes.push(
      `the trace shows waits inside operations for the first ${detailed} micro-batches; the others have their sums`,
    );
  const events: string[] = [];
  const put = (event: unknown): void => {
    events.push(JSON.stringify(event));
  };
  for (let k = 0; k < shown; k++) {
    nameTracks(timeline, k, put);
    for (const block of blocks[k] ?? []) putBlock(timeline, k, own[k] ?? new Int32Array(), block, detailed, put);
  }
  putTasks(timeline, shown, put);
  putMessages(timeline, shown, put);
  const other = JSON.stringify({ scenario: name, stepSeconds: timeline.stepSeconds, notes });
  const text = `{"displayTimeUnit":"ms","otherData":${other},"traceEvents":[\n${events.join(',\n')}\n]}\n`;
  return { text, notes };
}

type Put = (event: unknown) => void;

/** Classes whose operations fit in the budget, one at least. */
function classesWithin(blocks: readonly (readonly TimelineBlock[])[], budget: number): number {
  let events = 0;
  const over = blocks.findIndex((list) => {
    // A block, its messages and its data tasks.
    events += 2 * list.length;
    return events > budget;
  });
  return over < 0 ? blocks.length : Math.max(1, over);
}

/** Micro-batches whose inner waits fit in what is left of the budget; infinite for all. */
function detailedMicroBatches(
  timeline: StepTimeline,
  own: readonly Int32Array[],
  blocks: readonly (readonly TimelineBlock[])[],
  shown: number,
  budget: number,
): number {
  const waits = new Map<number, number>();
  let events = timeline.tasks.count + 2 * timeline.messages.count;
  for (let k = 0; k < shown; k++) {
    for (const block of blocks[k] ?? []) {
      const inner = own[k]
        ?.subarray(block.first, block.first + block.spans)
        .reduce((sum, i) => sum + (timeline.spans.activity[i] === 0 ? 0 : 1), 0);
      events++;
      waits.set(block.microBatch, (waits.get(block.microBatch) ?? 0) + (inner ?? 0));
    }
  }
  for (const microBatch of [...waits.keys()].sort((a, b) => a - b)) {
    events += waits.get(microBatch) ?? 0;
    if (events > budget) return Math.max(0, microBatch);
  }
  return Number.POSITIVE_INFINITY;
}

function nameTracks({ classes }: StepTimeline, k: number, put: Put): void {
  const { rank = 0, stage = 0, multiplicity = 1 } = classes[k] ?? {};
  const alike = multiplicity > 1 ? ` and ${multiplicity - 1} alike` : '';
  const meta = (name: string, tid: number, args: unknown): void => put({ ph: 'M', pid: k + 1, tid, name, args });
  meta('process_name', 0, { name: `stage ${stage}: rank ${rank}${alike}` });
  meta('process_sort_index', 0, { sort_index: stage * classes.length + k });
  meta('thread_name', thread.compute, { name: 'compute' });
  meta('thread_name', thread.waits, { name: 'waits' });
  meta('thread_name', thread.data, { name: 'data-parallel stream' });
}

function putBlock(
  timeline: StepTimeline,
  k: number,
  own: Int32Array,
  block: TimelineBlock,
  detailed: number,
  put: Put,
): void {
  const { spans } = timeline;
  const at = { pid: k + 1, ph: 'X' };
  const { kind = 'end of the step', chunk, microBatch, recomputeSeconds } = block;
  const belongs = microBatch < 0 ? {} : { chunk, microBatch };
  if (block.runs) {
    const seconds = secondsByActivity(timeline, own, block);
    const inside = activities.flatMap((activity, i) =>
      seconds[i] ? [[`${activity}Seconds`, seconds[i]] as const] : [],
    );
    put({
      ...at,
      tid: thread.compute,
      name: kind,
      cat: 'operation',
      ...interval(block.start, block.end),
      args: { ...belongs, ...Object.fromEntries(inside), ...(recomputeSeconds > 0 ? { recomputeSeconds } : {}) },
    });
    if (microBatch >= detailed) return;
  }
  for (const i of own.subarray(block.first, block.first + block.spans)) {
    const cause = activities[spans.activity[i] ?? 0] ?? 'compute';
    if (cause === 'compute') continue;
    const name = causeName(cause);
    const during = { ...belongs, during: kind };
    put({
      ...at,
      tid: thread.waits,
      name,
      cat: 'wait',
      ...interval(spans.start[i] ?? 0, spans.end[i] ?? 0),
      args: { cause, ...during },
    });
  }
}

function putTasks({ tasks, collectives }: StepTimeline, shown: number, put: Put): void {
  for (let i = 0; i < tasks.count; i++) {
    const k = tasks.rankClass[i] ?? 0;
    const collective = collectives[tasks.descriptor[i] ?? -1];
    if (k >= shown || !collective) continue;
    const { group, op, bytes } = collective;
    put({
      ph: 'X',
      pid: k + 1,
      tid: thread.data,
      name: `${group} ${op}`,
      cat: 'collective',
      ...interval(tasks.start[i] ?? 0, tasks.end[i] ?? 0),
      args: { group, op, bytes },
    });
  }
}

function putMessages({ messages, classes }: StepTimeline, shown: number, put: Put): void {
  for (let i = 0; i < messages.count; i++) {
    const from = messages.from[i] ?? 0;
    const to = messages.to[i] ?? 0;
    if (from >= shown) continue;
    const { ts, dur } = interval(messages.start[i] ?? 0, messages.end[i] ?? 0);
    const track = { pid: from + 1, tid: 0, id: i, cat: 'message', name: `message to stage ${classes[to]?.stage}` };
    put({ ...track, ph: 'b', ts, args: { toRank: classes[to]?.rank } });
    put({ ...track, ph: 'e', ts: Math.round((ts + dur) * 1e3) / 1e3 });
  }
}
