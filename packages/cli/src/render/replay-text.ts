import type { ReplayPoint, ReplayReport } from '@regatta/scenarios';
import { causeName } from './cause-names.js';
import { duration, gibibytes, number, percent, whole } from './format.js';
import { bar, table } from './table.js';

/** The share of the ideal is the model FLOP utilisation. */
const causeTitle = (cause: string): string => `${causeName(cause)}${cause === 'ideal' ? ' = MFU' : ''}`;

const shape = (point: ReplayPoint): string => {
  const { tensor, pipeline, context, expert, data, virtualStages } = point.parallel;
  const parts = [
    `TP${tensor}`,
    `PP${pipeline}`,
    context > 1 ? `CP${context}` : '',
    expert > 1 ? `EP${expert}` : '',
    `DP${data}`,
  ];
  if (virtualStages > 1) parts.push(`VPP${virtualStages}`);
  return parts.filter((part) => part !== '').join(' ');
};

/** Share of a cause in the GPU time of a point. */
export const shareOf = (point: ReplayPoint, cause: string): number =>
  point.loss.find((entry) => entry.cause === cause)?.share ?? 0;

function lossTable(report: ReplayReport): string {
  const { points } = report;
  const causes = points[0]?.loss.map((entry) => entry.cause) ?? [];
  const shown = causes.filter((cause) => points.some((point) => Math.abs(shareOf(point, cause)) >= 5e-5));
  const last = points.at(-1);
  const rows = shown.map((cause) => [
    causeTitle(cause),
    ...points.map((point) => percent(shareOf(point, cause), 2)),
    last ? bar(shareOf(last, cause), 28) : '',
  ]);
  const head = ['where GPU time goes', ...points.map((point) => `${whole(point.gpus)} GPUs`), ''];
  return table(head, rows, [0, points.length + 1]);
}

/** Per-GPU seconds by cause against the baseline: they add up to the difference of the step times (spec/model.md 9.2). */
function differenceTable(report: ReplayReport): string {
  const base = report.points.find((point) => point.gpus === report.baselineGpus);
  const others = report.points.filter((point) => point.gpus !== report.baselineGpus);
  if (!base || others.length === 0 || report.scaling !== 'weak') return '';
  const rows: string[][] = [];
  for (const { cause } of base.loss) {
    const deltas = others.map(
      (point) => shareOf(point, cause) * point.stepSeconds - shareOf(base, cause) * base.stepSeconds,
    );
    if (deltas.every((delta) => Math.abs(delta) < 5e-4 * base.stepSeconds)) continue;
    rows.push([causeTitle(cause), ...deltas.map((delta) => `${delta >= 0 ? '+' : ''}${number(delta)} s`)]);
  }
  const totals = others.map((point) => point.stepSeconds - base.stepSeconds);
  rows.push(['step time', ...totals.map((delta) => `${delta >= 0 ? '+' : ''}${number(delta)} s`)]);
  return `\n${table([`lost against ${whole(base.gpus)} GPUs`, ...others.map((point) => `${whole(point.gpus)} GPUs`)], rows)}`;
}

/** Step times over several draws of jitter and pauses. */
function spreadTable(points: readonly ReplayPoint[]): string {
  const rows = points.flatMap(({ gpus, stepSecondsSpread: spread }) =>
    spread
      ? [[whole(gpus), whole(spread.draws), ...[spread.mean, spread.p5, spread.p50, spread.p95].map(duration)]]
      : [],
  );
  return rows.length === 0 ? '' : `\n${table(['GPUs', 'steps drawn', 'mean', 'p5', 'p50', 'p95'], rows)}`;
}

/** Titles of `pointRow`. */
export const pointTitles = [
  'GPUs',
  'parallel',
  'batch',
  'step',
  'tokens/s',
  'TFLOP/s/GPU',
  'MFU',
  'speedup',
  'efficiency',
  'memory',
];

/** The figures of a point that are compared; a memory that does not fit is marked. */
export const pointRow = (point: ReplayPoint): string[] => [
  whole(point.gpus),
  shape(point),
  whole(point.globalBatch),
  duration(point.stepSeconds),
  whole(point.tokensPerSecond),
  number(point.modelTflopsPerGpu, 4),
  percent(point.mfu),
  `${number(point.speedup, 4)}x`,
  percent(point.scalingEfficiency),
  `${gibibytes(point.memory.peakBytes)}${point.memory.fits ? '' : ' !'}`,
];

/** The human view of a replay. */
export function replayText(report: ReplayReport): string {
  const { scenario, points } = report;
  const folding = points
    .map(
      ({ folding: f }) =>
        `${whole(f.ranks)} ranks as ${whole(f.classes)} ${f.classes === 1 ? 'class' : 'classes'}, ${whole(f.events)} events`,
    )
    .join('; ');
  return [
    `${scenario.name}: ${scenario.job.model.name ?? 'model'} on ${scenario.cluster.device.name ?? 'device'} (stack ${scenario.cluster.device.stack ?? 'inline'}), ${report.scaling} scaling against ${whole(report.baselineGpus)} GPUs\n`,
    '\n',
    table(pointTitles, points.map(pointRow), [1]),
    '\n',
    lossTable(report),
    differenceTable(report),
    spreadTable(points),
    '\n',
    `simulated: ${folding}\n`,
  ].join('');
}
