import type { CompareReport, LongRunPoint, LongRunReport } from '@regatta/scenarios';
import type { Summary } from '@regatta/sim-core';
import { compareHead, compareRows } from './compare-text.js';
import { duration, number, percent, si, whole } from './format.js';
import { escapeHtml, htmlPage, htmlTable } from './html-page.js';
import { causesShown, totalHours } from './run-text.js';

const colours = [
  '#2a6f97',
  '#468faf',
  '#89c2d9',
  '#a9d6e5',
  '#c9a227',
  '#dbb42c',
  '#edc531',
  '#e07a5f',
  '#d1495b',
  '#8d5a97',
];

/** Shares of the GPU-hours as one stacked bar. */
function waterfall(point: LongRunPoint, causes: readonly string[]): string {
  let at = 0;
  const parts = causes.map((cause, i) => {
    const share = (point.gpuHours[cause]?.mean ?? 0) / totalHours(point);
    const label = `${cause}: ${percent(share, 2)}`;
    const rect = `<rect x="${(at * 1000).toFixed(2)}" width="${(share * 1000).toFixed(2)}" height="40" fill="${colours[i % colours.length]}"><title>${escapeHtml(label)}</title></rect>`;
    at += share;
    return rect;
  });
  return `<svg viewBox="0 0 1000 40" role="img" aria-label="GPU-hours by cause">${parts.join('')}</svg>`;
}

const scenarioBlock = (scenario: unknown): string =>
  `<details><summary>The scenario, complete</summary><pre>${escapeHtml(JSON.stringify(scenario, null, 2))}</pre></details>`;

/** A long run as a page of its own. */
export function runHtml({ scenario, points, partial }: LongRunReport): string {
  const value = ({ mean, ci95: [low, high], p5, p50, p95 }: Summary, show: (v: number) => string): string[] =>
    [mean, low, high, p5, p50, p95].map((v) => show(v));
  const causes = causesShown(points);
  const sections = points.map((point) => {
    const hours = (h: number): string => duration(h * 3600);
    const rows = [
      ['goodput', ...value(point.goodput, (v) => percent(v, 2))],
      ['ETTR', ...value(point.ettr, (v) => percent(v, 2))],
      ['tokens', ...value(point.tokens, si)],
      ['wall clock', ...value(point.wallHours, hours)],
      ['interruptions', ...value(point.interruptions, number)],
      ['MTTF, of time up', ...value(point.mttfHours, hours)],
      ...causes.map((cause) => {
        const summary = point.gpuHours[cause];
        return [`GPU-hours: ${cause}`, ...(summary ? value(summary, whole) : [])];
      }),
    ];
    const head = ['', 'mean', '95 % from', 'to', 'p5', 'p50', 'p95'];
    return `<h2>${whole(point.gpus)} GPUs, ${whole(point.trials)} trials</h2>\n${waterfall(point, causes)}\n${htmlTable(head, rows)}`;
  });
  const note = partial ? '<p><strong>Partial: stopped before all trials were done.</strong></p>' : '';
  return htmlPage(`Long run of ${scenario.name}`, `${note}${sections.join('\n')}\n${scenarioBlock(scenario)}`);
}

/** A comparison as a page of its own. */
export function compareHtml(report: CompareReport): string {
  const note = report.partial ? ' Partial: stopped before all trials were done.' : '';
  return htmlPage(
    'Variants under the same luck',
    `<p>${whole(report.trials)} trials, the same failures for each variant.${note}</p>\n${htmlTable(compareHead, compareRows(report))}`,
  );
}
