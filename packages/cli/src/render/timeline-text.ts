import type { TrialFigures, WatchedTrial } from '@regatta/scenarios';
import type { PhaseInterval } from '@regatta/sim-core';
import { causeName } from './cause-names.js';
import { duration, number, percent, si, whole } from './format.js';
import { table } from './table.js';

const day = 86400;
/** Lengths of a row, of which the first is taken that needs at most so many rows. */
const rowLengths = [3600, 6 * 3600, day, 2 * day, 7 * day, 30 * day, 365 * day];
const mostRows = 60;
const blocks = ' ▁▂▃▄▅▆▇█';

/** One trial for people: a strip chart of its time, what stopped it, and its figures. */
export function timelineText(
  trial: number,
  gpus: number,
  figures: TrialFigures,
  { phases, stops }: WatchedTrial,
  width: number,
): string {
  const end = phases.at(-1)?.[2] ?? 0;
  const length = rowLengths.find((seconds) => end / seconds <= mostRows) ?? end;
  const cells = Math.max(24, Math.min(96, width - 20));
  const rows = Math.max(1, Math.ceil(end / length - 1e-9));
  const computing = computingShares(phases, length / cells, rows * cells);
  const marks = new Map<number, string>();
  for (const { time, why } of stops) {
    const cell = Math.min(rows * cells - 1, Math.floor((time / length) * cells));
    const mark = why === 'failure' || why === 'start-up' ? 'x' : 'o';
    if (marks.get(cell) !== 'x') marks.set(cell, mark);
  }
  const lines = Array.from({ length: rows }, (_, row) => {
    const strip = Array.from({ length: cells }, (__, column) => {
      const cell = row * cells + column;
      if (cell * (length / cells) >= end) return ' ';
      return marks.get(cell) ?? blocks[Math.round((computing[cell] ?? 0) * (blocks.length - 1))] ?? ' ';
    });
    return `${duration(row * length).padStart(10)} |${strip.join('')}|`;
  });
  const legend = `${duration(length)} a row, ${duration(length / cells)} a column; height: time computing; x interrupted, o planned stop`;
  return `trial ${trial}, ${whole(gpus)} GPUs\n\n${lines.join('\n')}\n${' '.repeat(12)}${legend}\n\n${stopsTable(stops)}${figuresTable(figures)}`;
}

function computingShares(phases: readonly PhaseInterval[], cellSeconds: number, cells: number): Float64Array {
  const shares = new Float64Array(cells);
  for (const [kind, from, to] of phases) {
    if (kind !== 'compute') continue;
    for (let cell = Math.floor(from / cellSeconds); cell < cells && cell * cellSeconds < to; cell++) {
      const begun = Math.max(from, cell * cellSeconds);
      const ended = Math.min(to, (cell + 1) * cellSeconds);
      shares[cell] = (shares[cell] ?? 0) + Math.max(0, ended - begun) / cellSeconds;
    }
  }
  return shares;
}

function stopsTable(stops: WatchedTrial['stops']): string {
  if (stops.length === 0) return '';
  const counts = new Map<string, number>();
  for (const { why, event } of stops) {
    const name = event ? `${event.name}${why === 'failure' ? '' : ` (${why})`}` : why;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const rows = [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => [name, whole(count)]);
  return `${table(['stopped by', 'times'], rows)}\n`;
}

function figuresTable(figures: TrialFigures): string {
  const { gpuHours, goodput, ettr, wallHours, tokens, interruptions, plannedStops, mttfHours } = figures;
  const total = Object.values(gpuHours).reduce((sum, hours) => sum + hours, 0);
  const rows = [
    ['goodput', percent(goodput, 2)],
    ['ETTR', percent(ettr, 2)],
    ['tokens', si(tokens)],
    ['wall clock', duration(wallHours * 3600)],
    ['interruptions', number(interruptions)],
    ...(interruptions === 0 ? [] : [['MTTF, of time up', duration(mttfHours * 3600)]]),
    ...(plannedStops === 0 ? [] : [['planned stops', number(plannedStops)]]),
  ];
  const hours = Object.entries(gpuHours).filter(([, spent]) => spent > 5e-5 * total);
  const causes = hours.map(([cause, spent]) => [causeName(cause), whole(spent), percent(spent / total, 2)]);
  return `${table(['figure', 'value'], rows)}\n${table(['GPU-hours by cause', 'hours', 'share'], causes)}`;
}
