import type { LongRunPoint, LongRunReport } from '@regatta/scenarios';
import type { Summary } from '@regatta/sim-core';
import { causeName } from './cause-names.js';
import { duration, number, percent, si, whole } from './format.js';
import { bar, table } from './table.js';

const interval = ({ mean, ci95: [low, high] }: Summary, show: (value: number) => string): string =>
  show(low) === show(high) ? show(mean) : `${show(mean)} (${show(low)} to ${show(high)})`;

const hours = (value: number): string => duration(value * 3600);

/** Rows of the table of figures: a title, and what it is at a point. */
const figures: readonly (readonly [string, (point: LongRunPoint) => string])[] = [
  ['goodput', (p) => interval(p.goodput, (v) => percent(v, 2))],
  ['ETTR', (p) => interval(p.ettr, (v) => percent(v, 2))],
  ['tokens', (p) => interval(p.tokens, si)],
  ['wall clock', (p) => interval(p.wallHours, hours)],
  ['finished', (p) => (p.finishedShare === 0 ? '' : percent(p.finishedShare, 0))],
  ['interruptions', (p) => interval(p.interruptions, number)],
  ['MTTF, of time up', (p) => (p.interruptions.mean === 0 ? '' : interval(p.mttfHours, hours))],
  ['planned stops', (p) => (p.plannedStops.mean === 0 ? '' : interval(p.plannedStops, number))],
  [
    'checkpoint every / write',
    (p) =>
      p.checkpointIntervalSeconds === null
        ? 'none'
        : `${duration(p.checkpointIntervalSeconds)} / ${duration(p.checkpointWriteSeconds)}`,
  ],
  ['trials', (p) => whole(p.trials)],
];

/** Causes of GPU-hours that are seen at one point at least. */
export function causesShown(points: readonly LongRunPoint[]): string[] {
  const causes = Object.keys(points[0]?.gpuHours ?? {});
  return causes.filter((cause) => points.some((p) => (p.gpuHours[cause]?.mean ?? 0) > 5e-5 * totalHours(p)));
}

export const totalHours = ({ gpuHours }: LongRunPoint): number =>
  Object.values(gpuHours).reduce((sum, cause) => sum + cause.mean, 0);

/** A long run for people: figures with their 95 % intervals, then GPU-hours by cause. */
export function runText({ partial, points }: LongRunReport): string {
  const title = partial ? 'PARTIAL: stopped before all trials were done\n\n' : '';
  const heads = points.map((p) => `${whole(p.gpus)} GPUs`);
  const columns = points.map((_, i) => i + 1);
  const rows = figures
    .map(([name, show]) => [name, ...points.map(show)])
    .filter((row) => row.slice(1).some((cell) => cell !== ''));
  const last = points.at(-1);
  const causes = causesShown(points).map((cause) => [
    causeName(cause),
    ...points.map((p) => {
      const spent = p.gpuHours[cause]?.mean ?? 0;
      return `${whole(spent)} (${percent(spent / totalHours(p), 2)})`;
    }),
    last ? bar((last.gpuHours[cause]?.mean ?? 0) / totalHours(last), 28) : '',
  ]);
  const mean = table(['mean (95 % interval)', ...heads], rows, [0, ...columns]);
  return `${title}${mean}\n${table(['GPU-hours by cause', ...heads, ''], causes, [0, points.length + 1])}`;
}
