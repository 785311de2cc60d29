import {
  type BoundedGroup,
  type BusbwScore,
  busbwScoreTable,
  type ErrorSummary,
  type MemoryRow,
  type MemoryScore,
  type ScalingPair,
  type ScoredRow,
  type UnscoredRow,
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
  readonly busbw: readonly BusbwScore[];
}

/** Most rows that are named because their fit is wrong. */
const mostNamed = 20;

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
  const wrong = fit.wrong.length > 0 ? `wrong of: ${fit.wrong.slice(0, mostNamed).join(', ')}\n` : '';
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
export function validateText(view: ValidateView, options: { readonly worst?: number; readonly all: boolean }): string {
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
  const worst =
    options.all && options.worst === undefined
      ? []
      : [...view.rows].sort((a, b) => b.error - a.error).slice(0, options.worst ?? 10);
  const rowsAll = options.all ? view.rows : [];
  const tables = new Map<string, ScoredRow[]>();
  for (const row of rowsAll) {
    const name = `${row.source}, ${row.hardware}`;
    tables.set(name, [...(tables.get(name) ?? []), row]);
  }
  const reasons = new Map<string, number>();
  for (const { reason } of view.unscored) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return [
    ...[...tables].map(([name, rows]) => `${name}\n${rowTable(rows, true)}\n`),
    worst.length > 0 ? `worst rows\n${rowTable(worst, true)}\n` : '',
    view.bySource.length > 0 ? summaryTable('source', view.bySource) : '',
    view.byHardware.length > 0 ? summaryTable('device', view.byHardware) : '',
    groups.length > 0 ? `${table(['held to a bound', 'mean |error|', 'bound', ''], groups, [0, 3])}\n` : '',
    pairs.length > 0
      ? `${table(['scaling efficiency', 'run (GPUs)', 'measured', 'predicted', 'difference'], pairs, [0, 1])}\n`
      : '',
    view.rows.length > 0 || view.memory.rows.length > 0 ? memoryTables(view.memory, options.worst ?? 0) : '',
    view.busbw.length > 0 ? `${busbwScoreTable(view.busbw)}\n` : '',
    options.all && view.unscored.length > 0
      ? `${table(
          ['not scored', 'why'],
          view.unscored.map(({ id, reason }) => [id, reason]),
          [0, 1],
        )}\n`
      : '',
    `${whole(view.rows.length)} rows scored, ${whole(view.unscored.length)} not${reasons.size > 0 ? ': ' : ''}${[...reasons].map(([reason, count]) => `${count} ${reason}`).join('; ')}\n`,
  ].join('');
}
