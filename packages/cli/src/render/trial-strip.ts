import type { WatchedTrial } from '@regatta/scenarios';
import type { PhaseKind } from '@regatta/sim-core';
import { duration, whole } from './format.js';
import { figure } from './html-page.js';
import { type GanttBlock, gantt } from './svg/gantt.js';
import { legend } from './svg/plot-area.js';

/** One trial of the many, as it went. */
export interface ShownTrial {
  readonly trial: number;
  readonly gpus: number;
  readonly watched: WatchedTrial;
}

const phaseColours: Readonly<Record<PhaseKind, string>> = {
  compute: '#0072b2',
  checkpoint: '#009e73',
  restart: '#e69f00',
  down: '#d55e00',
};
const stopColours = { unplanned: '#111111', planned: '#f0e442' };

const day = 86400;
/** Lengths of a row, of which the first is taken that needs at most so many rows. */
const rowLengths = [3600, 6 * 3600, day, 3 * day, 7 * day, 28 * day, 91 * day];
const mostRows = 20;
/** Phases shorter than this share of a row join what they lie between: nobody would see them. */
const hairShare = 1 / 1500;
/** Width of a stop's mark, as a share of its row. */
const markShare = 1 / 900;

/** One trial in time, row by row as a page is read: what the job did, and what stopped it. */
export function trialStrip({ trial, gpus, watched: { phases, stops } }: ShownTrial): string {
  const end = phases.at(-1)?.[2] ?? 0;
  if (end === 0) return '';
  const length = rowLengths.find((seconds) => end / seconds <= mostRows) ?? end / mostRows;
  const unit = length > day ? day : 3600;
  const inPhases = merged(phases, length * hairShare);
  const marks = stops.map(({ time, why, event }): Stretch => {
    const unplanned = why === 'failure' || why === 'start-up';
    return {
      start: time,
      end: time + length * markShare,
      colour: unplanned ? stopColours.unplanned : stopColours.planned,
      text: `${event?.name ?? why} (${why}) after ${duration(time)}`,
    };
  });
  const rows = Array.from({ length: Math.ceil(end / length - 1e-9) }, (_, row) => {
    const from = row * length;
    const inRow = [...inPhases, ...marks].filter((stretch) => stretch.start < from + length && stretch.end > from);
    const blocks = inRow.map(({ start, end: to, colour, text }): GanttBlock => {
      return { start: (start - from) / unit, end: (to - from) / unit, colour, tooltip: () => text, label: '' };
    });
    return { label: `from ${duration(from)}`, blocks };
  });
  const chart = gantt({
    title: `Trial ${trial} of ${whole(gpus)} GPUs in time, with ${stops.length} stops`,
    rows,
    from: 0,
    to: Math.min(length, end) / unit,
    showTime: (value) => `${value} ${unit === day ? 'd' : 'h'}`,
  });
  const key = [
    ...Object.entries(phaseColours).map(([name, colour]) => ({ name, colour })),
    { name: 'interrupted', colour: stopColours.unplanned },
    { name: 'planned stop', colour: stopColours.planned },
  ];
  return `<h2>One trial in time</h2>\n${legend(key)}\n${figure(chart, `Trial ${trial}, ${whole(gpus)} GPUs, ${duration(length)} a row: ${whole(stops.length)} stops. Point at one to read what it was. Phases under ${duration(length * hairShare)} are not drawn.`)}`;
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly colour: string;
  readonly text: string;
}

/** Phases as stretches; what is shorter than a hair joins what it lies between. */
function merged(phases: WatchedTrial['phases'], hair: number): Stretch[] {
  const out: { kind: PhaseKind; start: number; end: number }[] = [];
  for (const [kind, from, to] of phases) {
    const last = out.at(-1);
    if (last && (last.kind === kind || to - from < hair)) last.end = to;
    else out.push({ kind, start: from, end: to });
  }
  return out.map(({ kind, start, end }) => ({
    start,
    end,
    colour: phaseColours[kind],
    text: `${kind}: ${duration(start)} to ${duration(end)} (${duration(end - start)})`,
  }));
}
