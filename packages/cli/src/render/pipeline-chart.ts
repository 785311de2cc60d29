import { activities, type StepTimeline } from '@regatta/sim-core';
import { causeColour, causeName } from './cause-names.js';
import { duration, whole } from './format.js';
import { figure } from './html-page.js';
import { type GanttBlock, type GanttRow, gantt } from './svg/gantt.js';
import { legend } from './svg/plot-area.js';
import { blocksOf, secondsByActivity, spansByClass, type TimelineBlock } from './timeline-blocks.js';

const mostRows = 48;
/** With more operations a row than this the beginning and the end are shown apart, large enough to read. */
const readableOperations = 60;

const kindColours: Readonly<Record<string, string>> = {
  forward: '#0072b2',
  backward: '#e69f00',
  'input gradient': '#e69f00',
  'weight gradient': '#009e73',
  'parameter gathers': '#d55e00',
  'gradient reduction': '#d55e00',
  'optimizer step': '#8c6bb1',
};
const messageColour = causeColour('imbalance');

/** Which classes are shown: all, or the first of each stage, evenly thinned out where there are too many. */
function classesShown({ classes }: StepTimeline): number[] {
  const order = classes.map((_, k) => k).sort((a, b) => stageOf(classes, a) - stageOf(classes, b) || a - b);
  if (order.length <= mostRows) return order;
  const firsts = order.filter((k, i) => i === 0 || stageOf(classes, order[i - 1] ?? 0) !== stageOf(classes, k));
  const step = Math.ceil(firsts.length / mostRows);
  return firsts.filter((_, i) => i % step === 0);
}

const stageOf = (classes: StepTimeline['classes'], k: number): number => classes[k]?.stage ?? 0;

function described(timeline: StepTimeline, own: Int32Array, block: TimelineBlock, name: string): string {
  const { chunk, microBatch, start, end, recomputeSeconds } = block;
  const of = microBatch < 0 ? '' : ` of micro-batch ${microBatch}${chunk > 0 ? `, chunk ${chunk}` : ''}`;
  const parts = [...secondsByActivity(timeline, own, block)].flatMap((seconds, i) => {
    const activity = activities[i] ?? 'compute';
    return seconds > 0 ? [`${activity === 'compute' ? 'computing' : causeName(activity)} ${duration(seconds)}`] : [];
  });
  if (recomputeSeconds > 0) parts.push(`of the computing, recomputation ${duration(recomputeSeconds)}`);
  return `${name}${of}: ${duration(start)} to ${duration(end)} (${duration(end - start)}); ${parts.join(', ')}`;
}

/** Operations and waits for messages of a class; what is left is bubble. @param alone The class is the only one of its stage. */
function rowOf(timeline: StepTimeline, k: number, own: Int32Array, alone: boolean): GanttRow {
  const { stage = 0, rank = 0, multiplicity = 1 } = timeline.classes[k] ?? {};
  const name = `stage ${stage}, rank ${rank}${multiplicity > 1 ? ` and ${whole(multiplicity - 1)} alike` : ''}`;
  const { activity, start, end } = timeline.spans;
  const message = activities.indexOf('exposedPipeline');
  const blocks = blocksOf(timeline, k, own).flatMap((block): GanttBlock[] => {
    if (block.runs && block.kind !== undefined) {
      const shown = {
        colour: kindColours[block.kind] ?? '#888888',
        tooltip: () => `${name}. ${described(timeline, own, block, block.kind ?? '')}`,
        label: block.microBatch < 0 ? '' : String(block.microBatch),
      };
      return busyStretches(timeline, own, block).map((stretch) => ({ ...stretch, ...shown }));
    }
    return [...own.subarray(block.first, block.first + block.spans)].flatMap((i): GanttBlock[] => {
      if (activity[i] !== message) return [];
      const [from = 0, to = 0] = [start[i], end[i]];
      return [
        {
          start: from,
          end: to,
          colour: messageColour,
          tooltip: () => `${name}. ${causeName('exposedPipeline')}: ${duration(from)} to ${duration(to)}`,
          label: '',
        },
      ];
    });
  });
  return { label: alone ? `stage ${stage}` : `stage ${stage}, ${rank}`, blocks };
}

/** Parts of an operation between its bubbles: where all ranks meet, some wait long. */
function busyStretches(
  { spans }: StepTimeline,
  own: Int32Array,
  block: TimelineBlock,
): { readonly start: number; readonly end: number }[] {
  const bubble = activities.indexOf('pipelineBubble');
  const stretches: { start: number; end: number }[] = [];
  let start = block.start;
  for (const i of own.subarray(block.first, block.first + block.spans)) {
    if (spans.activity[i] !== bubble) continue;
    const from = spans.start[i] ?? 0;
    if (from > start) stretches.push({ start, end: from });
    start = spans.end[i] ?? 0;
  }
  if (block.end > start) stretches.push({ start, end: block.end });
  return stretches;
}

/** The step in time, stage by stage: as a whole and, where that is too fine to read, its beginning and its end. */
export function pipelineChart(timeline: StepTimeline, gpus: number): string {
  const own = spansByClass(timeline);
  const shown = classesShown(timeline);
  const { stepSeconds } = timeline;
  const stages = new Set(shown.map((k) => stageOf(timeline.classes, k))).size;
  const alone = stages === shown.length;
  const rows = shown.map((k) => rowOf(timeline, k, own[k] ?? new Int32Array(), alone));
  const time = (seconds: number): string =>
    stepSeconds < 1 ? `${Number((seconds * 1e3).toFixed(6))} ms` : `${seconds} s`;
  const part = (title: string, from: number, to: number): string =>
    figure(gantt({ title: `${title}, stage by stage`, rows, from, to, showTime: time }), title);
  const last = rows.at(-1)?.blocks ?? [];
  const first = rows[0]?.blocks ?? [];
  const fine = Math.max(...rows.map(({ blocks }) => blocks.length)) > readableOperations;
  const begin = last[Math.min(last.length - 1, 2 * stages + 4)]?.end ?? stepSeconds;
  const end = first[Math.max(0, first.length - 2 * stages - 6)]?.start ?? 0;
  const kinds = new Set(rows.flatMap(({ blocks }) => blocks.map(({ colour }) => colour)));
  const key = [
    ...Object.entries(kindColours).map(([name, colour]) => ({ name, colour })),
    { name: causeName('exposedPipeline'), colour: messageColour },
  ].filter(({ colour, name }) => kinds.has(colour) && timelineHas(timeline, name));
  return [
    `<h2>The step of ${whole(gpus)} GPUs in time</h2>`,
    shown.length < timeline.classes.length
      ? `<p class="soft">${whole(shown.length)} of ${whole(timeline.classes.length)} classes of ranks are shown, one a stage.</p>`
      : '',
    legend(key),
    part('The whole step', 0, stepSeconds),
    fine ? part('Its beginning: the pipeline fills', 0, begin) : '',
    fine ? part('Its end: the pipeline drains, gradients are summed, the optimizer steps', end, stepSeconds) : '',
    '<p class="soft">Numbers are micro-batches. A gap is a pipeline bubble. Point at an operation to read what it consists of.</p>',
  ].join('\n');
}

/** False for kinds of operations that this schedule has not, where two kinds share a colour. */
function timelineHas({ classes }: StepTimeline, name: string): boolean {
  const split = classes.some(({ program }) => program.labels.kind.includes(3));
  if (name === 'backward') return !split;
  return split || (name !== 'input gradient' && name !== 'weight gradient');
}
