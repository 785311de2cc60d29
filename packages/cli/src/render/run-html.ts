import type { CompareReport, LongRunPoint, LongRunReport } from '@regatta/scenarios';
import type { Summary } from '@regatta/sim-core';
import { causeColour, causeName } from './cause-names.js';
import { compareHead, compareRows } from './compare-text.js';
import { duration, number, percent, si, whole } from './format.js';
import { escapeHtml, figure, htmlPage, htmlTable, originSection, type PageOrigin, tiles } from './html-page.js';
import { causesShown, totalHours } from './run-text.js';
import { intervalChart } from './svg/interval-chart.js';
import { scalingChart } from './svg/scaling-chart.js';
import { stackedBars } from './svg/stacked-bars.js';
import { type ShownTrial, trialStrip } from './trial-strip.js';

const gpusOf = ({ gpus }: LongRunPoint): string => `${whole(gpus)} GPUs`;
const partialNote = '<p class="warning">Partial: stopped before all trials were done.</p>';

function goodputChart(points: readonly LongRunPoint[]): string {
  if (points.length < 2) return '';
  const ends = points.flatMap(({ goodput }) => goodput.ci95);
  const chart = scalingChart({
    title: 'Goodput by scale',
    marks: points.map(({ gpus, goodput }) => ({ gpus, value: goodput.mean, interval: goodput.ci95 })),
    logarithmic: false,
    range: [Math.min(0.9, Math.floor(Math.min(...ends) * 10) / 10), 1],
    yName: 'goodput',
    show: (value) => percent(value),
  });
  return `<h2>Goodput by scale</h2>\n<div class="pair">${figure(chart, 'Mean over the trials with its 95 % interval. The axis does not begin at 0.')}</div>`;
}

function hoursSection(points: readonly LongRunPoint[]): string {
  const causes = causesShown(points);
  const share = (point: LongRunPoint, cause: string): number => (point.gpuHours[cause]?.mean ?? 0) / totalHours(point);
  const bars = stackedBars({
    title: 'GPU-hours by cause',
    full: 1,
    bars: points.map((point) => ({
      label: gpusOf(point),
      parts: causes.map((cause) => ({
        name: causeName(cause),
        colour: causeColour(cause),
        value: share(point, cause),
        text: percent(share(point, cause)),
      })),
    })),
  });
  const rows = causes.map((cause) => [
    causeName(cause),
    ...points.flatMap((point) => [whole(point.gpuHours[cause]?.mean ?? 0), percent(share(point, cause), 2)]),
  ]);
  const head = ['GPU-hours', ...points.flatMap((point) => [gpusOf(point), 'share'])];
  return `<h2>Where the GPU-hours go</h2>\n${figure(bars, 'Mean over the trials; every GPU-hour has one cause.')}\n${htmlTable(head, rows)}`;
}

function figuresTable(point: LongRunPoint): string {
  const value = ({ mean, ci95: [low, high], p5, p50, p95 }: Summary, show: (v: number) => string): string[] =>
    [mean, low, high, p5, p50, p95].map((v) => show(v));
  const hours = (h: number): string => duration(h * 3600);
  const rows = [
    ['goodput', ...value(point.goodput, (v) => percent(v, 2))],
    ['ETTR', ...value(point.ettr, (v) => percent(v, 2))],
    ['tokens', ...value(point.tokens, si)],
    ['wall clock', ...value(point.wallHours, hours)],
    ['interruptions', ...value(point.interruptions, number)],
    ['MTTF, of time up', ...value(point.mttfHours, hours)],
  ];
  const head = ['', 'mean', '95 % from', 'to', 'p5', 'p50', 'p95'];
  return `<h3>${gpusOf(point)}, ${whole(point.trials)} trials</h3>\n${htmlTable(head, rows)}`;
}

/** A long run as a page of its own: goodput by scale, GPU-hours by cause, one trial as it went. */
export function runHtml({ scenario, points, partial }: LongRunReport, origin: PageOrigin, shown?: ShownTrial): string {
  const last = points.at(-1);
  const headline = last
    ? tiles([
        { name: `goodput of ${gpusOf(last)}`, value: percent(last.goodput.mean, 2) },
        { name: 'ETTR', value: percent(last.ettr.mean, 2) },
        { name: 'interruptions', value: number(last.interruptions.mean) },
        { name: 'tokens', value: si(last.tokens.mean) },
        { name: 'wall clock', value: duration(last.wallHours.mean * 3600) },
      ])
    : '';
  const { device } = scenario.cluster;
  const lead = `${scenario.job.model.name ?? 'model'} on ${device.name ?? 'device'} (stack ${device.stack ?? 'inline'}) under failures. Simulated; no GPU was used.`;
  return htmlPage(
    `Long run of ${scenario.name}`,
    [
      `<p class="lead">${escapeHtml(lead)}</p>`,
      partial ? partialNote : '',
      headline,
      goodputChart(points),
      hoursSection(points),
      '<h2>Figures</h2>',
      ...points.map(figuresTable),
      shown ? trialStrip(shown) : '',
      originSection(origin, scenario),
    ].join('\n'),
  );
}

/** A comparison as a page of its own: differences of goodput with their intervals, and what was compared. */
export function compareHtml(report: CompareReport, origin: PageOrigin): string {
  const against = report.variants.flatMap(({ name, against: difference }) =>
    difference
      ? [{ name, mean: difference.goodput.mean, interval: difference.goodput.ci95, verdict: difference.verdict }]
      : [],
  );
  const chart = intervalChart({
    title: `Goodput against ${report.variants[0]?.name ?? 'the first'}`,
    marks: against.map(({ name, mean, interval, verdict }) => ({ name: `${name}: ${verdict}`, value: mean, interval })),
    show: (value) => `${value > 0 ? '+' : ''}${Number((100 * value).toFixed(3))}`,
    name: 'points of goodput',
  });
  return htmlPage(
    'Variants under the same luck',
    [
      `<p class="lead">${whole(report.trials)} trials, the same failures for each variant. Simulated; no GPU was used.</p>`,
      report.partial ? partialNote : '',
      `<h2>Difference</h2>\n${figure(chart, 'Paired difference against the first variant with its 95 % interval: better or worse where it leaves zero out.')}`,
      htmlTable(compareHead, compareRows(report)),
      originSection(origin),
    ].join('\n'),
  );
}
