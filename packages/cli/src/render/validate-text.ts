import type {
  BoundedGroup,
  ErrorSummary,
  MemoryRow,
  MemoryScore,
  ScalingPair,
  ScoredRow,
  UnscoredRow,
} from '@regatta/scenarios';
import { duration, gibibytes, percent, whole } from './format.js';
import { table } from './table.js';

const signed = (share: number): string => `${share >= 0 ? '+' : ''}${percent(share)}`;

const summaryRows = (summaries: readonly ErrorSummary[]): string[][] =>
  summaries.map((s) => [
    s.name,
    whole(s.rows),
    percent(s.meanAbsoluteError),
    signed(s.bias),
    `${s.worst.id} ${percent(s.worst.error, 0)}`,
  ]);

const summaryTable = (title: string, summaries: readonly ErrorSummary[]): string =>
  `${table([title, 'rows', 'mean |error|', 'bias', 'worst'], summaryRows(summaries), [0, 4])}\n`;

export interface ValidateView {
  readonly rows: readonly ScoredRow[];
  readonly unscored: readonly UnscoredRow[];
  readonly bySource: readonly ErrorSummary[];
  readonly byHardware: readonly ErrorSummary[];
  readonly groups: readonly BoundedGroup[];
  readonly pairs: readonly ScalingPair[];
  readonly memory: MemoryScore;
}

/** Readings of memory by source and part, the worst of them, and whether runs fit as they did. */
function memoryTables({ rows, fit }: MemoryScore, worstRows: number): string {
  const groups = new Map<string, MemoryRow[]>();
  for (const row of rows) {
    const name = `${row.source}: ${row.part}`;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  const mean = (members: readonly MemoryRow[], of: (row: MemoryRow) => number): number =>
    members.reduce((sum, row) => sum + of(row), 0) / members.length;
  const byError = (members: readonly MemoryRow[]): MemoryRow[] => [...members].sort((a, b) => b.error - a.error);
  const lines = [...groups].map(([name, members]) => [
    name,
    whole(members.length),
    percent(mean(members, (row) => row.error)),
    signed(mean(members, (row) => row.signedError)),
    byError(members)
      .slice(0, 1)
      .map((row) => `${row.id} ${percent(row.error, 0)}`)
      .join(''),
  ]);
  const readings = table(['memory', 'readings', 'mean |error|', 'bias', 'worst'], lines, [0, 4]);
  const worst = table(
    ['worst memory readings', 'GPUs', 'part', 'predicted', 'measured', 'error'],
    byError(rows)
      .slice(0, worstRows)
      .map((row) => [
        row.id,
        whole(row.gpus),
        row.part,
        gibibytes(row.predictedBytes),
        gibibytes(row.measuredBytes),
        signed(row.signedError),
      ]),
    [0, 2],
  );
  const confusion = table(
    ['the model says', 'ran', 'ran out of memory'],
    [
      ['fits', whole(fit.fitsAndRan), whole(fit.fitsAndRanOut)],
      ['does not fit', whole(fit.doesNotFitAndRan), whole(fit.doesNotFitAndRanOut)],
    ],
    [0],
  );
  const wrong = fit.wrong.length > 0 ? `wrong of: ${fit.wrong.slice(0, worstRows).join(', ')}\n` : '';
  return `${lines.length > 0 ? `${readings}\n${worstRows > 0 ? `${worst}\n` : ''}` : ''}${confusion}${wrong}\n`;
}

function rowTable(rows: readonly ScoredRow[], assumptions: boolean): string {
  const lines = rows.map((row) => [
    row.id,
    row.model,
    row.hardware,
    row.stack,
    whole(row.gpus),
    row.precision,
    duration(row.predictedStepSeconds),
    duration(row.measuredStepSeconds),
    signed(row.signedError),
    row.fits ? '' : 'does not fit',
    `${row.use}${row.uncertain ? ', uncertain' : ''}`,
    ...(assumptions ? [row.assumed.join('; ')] : []),
  ]);
  const head = ['row', 'model', 'device', 'stack', 'GPUs', 'type', 'predicted', 'measured', 'error', 'memory', 'use'];
  return table(assumptions ? [...head, 'assumed'] : head, lines, [0, 1, 2, 3, 5, 9, 10, 11]);
}

/** The human view of `validate`. */
export function validateText(view: ValidateView, options: { readonly worst: number; readonly all: boolean }): string {
  const groups = view.groups.flatMap((group) => [
    [group.name, percent(group.meanAbsoluteError), percent(group.bound, 0), group.within ? 'within' : 'OVER'],
    ...group.sources.map((s) => [`  ${s.name} (${s.rows})`, percent(s.meanAbsoluteError), '', '']),
  ]);
  const pairs = view.pairs.map((pair) => [
    pair.name,
    pair.to,
    percent(pair.measured),
    percent(pair.predicted),
    `${((pair.predicted - pair.measured) * 100).toFixed(1)} points`,
  ]);
  const worst = [...view.rows].sort((a, b) => b.error - a.error).slice(0, options.worst);
  const reasons = new Map<string, number>();
  for (const { reason } of view.unscored) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return [
    options.all ? `${rowTable(view.rows, true)}\n` : '',
    worst.length > 0 ? `worst rows\n${rowTable(worst, true)}\n` : '',
    summaryTable('source', view.bySource),
    summaryTable('device', view.byHardware),
    groups.length > 0 ? `${table(['held to a bound', 'mean |error|', 'bound', ''], groups, [0, 3])}\n` : '',
    pairs.length > 0
      ? `${table(['scaling efficiency', 'run (GPUs)', 'measured', 'predicted', 'difference'], pairs, [0, 1])}\n`
      : '',
    memoryTables(view.memory, options.worst),
    `${whole(view.rows.length)} rows scored, ${whole(view.unscored.length)} not: ${[...reasons].map(([reason, count]) => `${count} ${reason}`).join('; ')}\n`,
  ].join('');
}

/** Predicted against measured step time, both logarithmic, as SVG. */
export function scatterSvg(rows: readonly ScoredRow[]): string {
  const size = 640;
  const margin = 60;
  const values = rows.flatMap((row) => [row.predictedStepSeconds, row.measuredStepSeconds]);
  const low = Math.floor(Math.log10(Math.min(...values, 1)));
  const high = Math.ceil(Math.log10(Math.max(...values, 10)));
  const at = (value: number): number => margin + ((Math.log10(value) - low) / (high - low)) * (size - 2 * margin);
  const sources = [...new Set(rows.map((row) => row.source))];
  const colour = (source: string): string =>
    `hsl(${Math.round((sources.indexOf(source) * 360) / sources.length)} 65% 45%)`;
  const dots = rows.map(
    (row) =>
      `<circle cx="${at(row.measuredStepSeconds).toFixed(1)}" cy="${(size - at(row.predictedStepSeconds)).toFixed(1)}" r="3" fill="${colour(row.source)}" fill-opacity="0.6"><title>${row.id}: ${row.predictedStepSeconds.toFixed(3)} s predicted, ${row.measuredStepSeconds.toFixed(3)} s measured</title></circle>`,
  );
  const ticks: string[] = [];
  for (let power = low; power <= high; power++) {
    const p = at(10 ** power).toFixed(1);
    const q = (size - at(10 ** power)).toFixed(1);
    ticks.push(
      `<line x1="${p}" y1="${margin}" x2="${p}" y2="${size - margin}" stroke="#ddd"/><line x1="${margin}" y1="${q}" x2="${size - margin}" y2="${q}" stroke="#ddd"/>`,
      `<text x="${p}" y="${size - margin + 18}" text-anchor="middle">${10 ** power} s</text><text x="${margin - 6}" y="${Number(q) + 4}" text-anchor="end">${10 ** power} s</text>`,
    );
  }
  const legend = sources.map(
    (source, i) => `<text x="${margin + 8}" y="${margin + 16 + i * 15}" fill="${colour(source)}">${source}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" font-family="sans-serif" font-size="12">`,
    `<rect width="${size}" height="${size}" fill="white"/>`,
    ...ticks,
    `<line x1="${margin}" y1="${size - margin}" x2="${size - margin}" y2="${margin}" stroke="#888"/>`,
    ...dots,
    ...legend,
    `<text x="${size / 2}" y="${size - 16}" text-anchor="middle">measured step time</text>`,
    `<text transform="translate(16 ${size / 2}) rotate(-90)" text-anchor="middle">predicted step time</text>`,
    '</svg>\n',
  ].join('\n');
}
