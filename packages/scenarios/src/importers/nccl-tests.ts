import { busBandwidthFactor, type CollectiveOp, collectiveOps } from '@regatta/sim-core';
import { looksBinary, plainLines, TextIssues } from './text-issues.js';

/** One measurement of a row; absent where the log says N/A. */
export interface NcclMeasurement {
  readonly seconds?: number;
  readonly algbwGBps?: number;
  readonly busbwGBps?: number;
  /** Elements with a wrong value (older logs: largest error). */
  readonly wrong?: number;
}

/** One message size. */
export interface NcclTestsRow {
  readonly line: number;
  readonly bytes: number;
  readonly count: number;
  readonly type: string;
  readonly redop?: string;
  readonly root?: number;
  readonly outOfPlace: NcclMeasurement;
  readonly inPlace?: NcclMeasurement;
}

export interface NcclTestsRank {
  readonly rank: number;
  readonly host: string;
  readonly device: number;
  readonly gpu: string;
}

/** One table of a log with the ranks named before it. */
export interface NcclTestsTable {
  /** From the command in the text, the file's name, or busbw / algbw with the ranks; absent when none of them tells. */
  readonly collective?: CollectiveOp;
  readonly ranks: readonly NcclTestsRank[];
  /** Number of ranks, 0 when the log does not list them. */
  readonly gpus: number;
  readonly hosts: number;
  readonly rows: readonly NcclTestsRow[];
  readonly avgBusbwGBps?: number;
}

/** A log of nccl-tests. `rejected` counts rows that could not be read, each with a warning. */
export interface NcclTestsLog {
  readonly format: 'nccl-tests';
  readonly tables: readonly NcclTestsTable[];
  readonly rejected: number;
  readonly warnings: readonly string[];
}

/** Columns of a table as its header row names them. */
interface Header {
  readonly hasRedop: boolean;
  readonly hasRoot: boolean;
  /** Names of one measurement's columns: time algbw busbw [#wrong | error]. */
  readonly measurement: readonly string[];
  readonly measurements: 1 | 2;
  secondsPerUnit: number;
}

interface OpenTable {
  readonly header: Header;
  readonly ranks: readonly NcclTestsRank[];
  readonly named: CollectiveOp | undefined;
  readonly rows: NcclTestsRow[];
  avgBusbwGBps?: number;
}

const units: Readonly<Record<string, number>> = { '(us)': 1e-6, '(ms)': 1e-3, '(s)': 1 };
const rankLine = /\bRank\s+(\d+)\s+(?:Group\s+\d+\s+)?Pid\s+\d+\s+on\s+(\S+)\s+device\s+(\d+)\s+\[[^\]]*\]\s+(.+?)\s*$/;

/** Words of a line without comment marks, column rules, Markdown quotes and the `12: ` of srun --label. */
function wordsOf(line: string): string[] {
  return line
    .replace(/^\s*(?:>\s*)*(?:\d+:(?=\s|#))?/, '')
    .replaceAll('|', ' ')
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '#' && word !== '');
}

function headerOf(words: readonly string[]): Header | undefined {
  const size = words.indexOf('size');
  const time = words.indexOf('time');
  if (size !== 0 || words[1] !== 'count' || time < 3) return undefined;
  const again = words.indexOf('time', time + 1);
  const measurement: string[] = [];
  for (const word of words.slice(time, again < 0 ? undefined : again)) {
    if (!['time', 'algbw', 'busbw', '#wrong', 'wrong', 'error'].includes(word)) break;
    measurement.push(word);
  }
  if (!measurement.includes('algbw') || !measurement.includes('busbw')) return undefined;
  return {
    hasRedop: words.includes('redop'),
    hasRoot: words.includes('root'),
    measurement,
    measurements: again < 0 ? 1 : 2,
    secondsPerUnit: 1e-6,
  };
}

const isNumber = (word: string | undefined): word is string =>
  word !== undefined && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(word);
const isValue = (word: string): boolean => isNumber(word) || word === 'N/A';

function measurementOf(words: readonly string[], header: Header): NcclMeasurement {
  const value = (name: string): number | undefined => {
    const word = words[header.measurement.indexOf(name)];
    return isNumber(word) ? Number(word) : undefined;
  };
  const [time, algbw, busbw] = [value('time'), value('algbw'), value('busbw')];
  const wrong = value('#wrong') ?? value('wrong') ?? value('error');
  return {
    ...(time === undefined ? {} : { seconds: time * header.secondsPerUnit }),
    ...(algbw === undefined ? {} : { algbwGBps: algbw }),
    ...(busbw === undefined ? {} : { busbwGBps: busbw }),
    ...(wrong === undefined ? {} : { wrong }),
  };
}

/** A data row, or why it is none. Blank cells (redop of an all-to-all) are told from the words, not from their place. */
function rowOf(words: readonly string[], header: Header, line: number): NcclTestsRow | string {
  const [bytes, count, type, ...rest] = words;
  if (!isNumber(bytes) || !isNumber(count) || type === undefined) return 'size, count and type are not there';
  if (Number(bytes) < 0 || Number(count) < 0) return 'size or count is negative';
  const redop = header.hasRedop && rest[0] !== undefined && !isValue(rest[0]) ? rest.shift() : undefined;
  const each = header.measurement.length;
  const wanted = each * header.measurements;
  let values = 0;
  while (values < rest.length && isValue(rest[values] ?? '')) values++;
  const hasRoot = header.hasRoot && values > wanted;
  const start = hasRoot ? 1 : 0;
  if (values - start < wanted) return `it is cut: ${values} of ${wanted + (header.hasRoot ? 1 : 0)} numbers`;
  const root = hasRoot ? Number(rest[0]) : undefined;
  const outOfPlace = measurementOf(rest.slice(start, start + each), header);
  const row = { line, bytes: Number(bytes), count: Number(count), type, outOfPlace };
  if ((outOfPlace.seconds ?? 0) < 0) return 'the time is negative';
  return {
    ...row,
    ...(redop === undefined ? {} : { redop }),
    ...(root === undefined ? {} : { root }),
    ...(header.measurements === 2 ? { inPlace: measurementOf(rest.slice(start + each, start + wanted), header) } : {}),
  };
}

/** The operation of a program's name in a text: `all_reduce_perf`, `alltoall_perf`; also `nccl_allreduce.log`. */
function operationNamed(text: string): CollectiveOp | undefined {
  const bare = text.toLowerCase().replaceAll(/[^a-z]/g, '');
  // Longest first: reduce_scatter and all_reduce hold "reduce".
  const ops = [...collectiveOps].sort((a, b) => b.length - a.length);
  return ops.find((op) => bare.includes(op.replaceAll('_', '')));
}

/** The operation whose busbw / algbw fits; undefined when several do. */
function operationByFactor({ rows, ranks }: OpenTable): CollectiveOp | undefined {
  const row = [...rows].reverse().find(({ outOfPlace }) => (outOfPlace.algbwGBps ?? 0) >= 1);
  const { algbwGBps = 0, busbwGBps = 0 } = row?.outOfPlace ?? {};
  const n = ranks.length;
  if (!row || n < 2) return undefined;
  const reduces = row.redop !== undefined && row.redop !== 'none';
  const reducing: readonly CollectiveOp[] = ['all_reduce', 'reduce_scatter', 'reduce'];
  const fits = collectiveOps.filter(
    (op) =>
      Math.abs(busBandwidthFactor(op, n) / (busbwGBps / algbwGBps) - 1) < 0.01 && reducing.includes(op) === reduces,
  );
  return fits.length === 1 ? fits[0] : undefined;
}

/**
 * Reads a log of nccl-tests (spec/input-formats.md 8): older and newer layouts, with or without `root` and in-place columns,
 * several tables, NCCL INFO lines, rank prefixes and Markdown around them.
 * @throws InputError when there is no table, or no row of it can be read.
 */
export function readNcclTests(text: string, file?: string): NcclTestsLog {
  const issues = new TextIssues(file);
  const warnings: string[] = [];
  const open: OpenTable[] = [];
  let ranks: NcclTestsRank[] = [];
  let named: CollectiveOp | undefined;
  let rejected = 0;
  const lines = looksBinary(text) ? [] : plainLines(text);
  lines.forEach((content, index) => {
    const table = open.at(-1);
    const line = index + 1;
    const rank = rankLine.exec(content);
    if (rank) {
      // The first rank after a table begins the list of the next one.
      if (table && ranks === table.ranks) ranks = [];
      ranks.push({ rank: Number(rank[1]), host: rank[2] ?? '', device: Number(rank[3]), gpu: rank[4] ?? '' });
      return;
    }
    const program = /\b([a-z_]+)_perf\b/.exec(content)?.[1];
    if (program) named = operationNamed(program) ?? named;
    const average = /#\s*Avg bus bandwidth\s*:\s*([\d.]+)/.exec(content);
    if (average && table) table.avgBusbwGBps = Number(average[1]);
    const words = wordsOf(content);
    const header = headerOf(words);
    if (header) {
      open.push({ header, ranks, named, rows: [] });
      named = undefined;
      return;
    }
    if (!table) return;
    const unit = words[0] === '(B)' ? words.find((word) => units[word] !== undefined) : undefined;
    if (unit) table.header.secondsPerUnit = units[unit] ?? 1e-6;
    if (!isNumber(words[0]) || !isNumber(words[1])) return;
    const row = rowOf(words, table.header, line);
    if (typeof row !== 'string') table.rows.push(row);
    else {
      rejected++;
      warnings.push(`line ${line}: row left out: ${row}`);
    }
  });
  const full = open.filter(({ rows }) => rows.length > 0);
  if (full.length === 0) {
    issues.add({
      code: open.length === 0 ? 'no-table' : 'no-row',
      line: 1,
      column: 1,
      path: 'nccl-tests',
      message:
        open.length === 0
          ? 'no table of nccl-tests: a header row with size, count, type, time, algbw and busbw is missing'
          : 'the table of nccl-tests has no row that can be read',
      expected: 'the output of a program of nccl-tests',
    });
  }
  issues.throwIfAny();
  const fileName = file?.split('/').at(-1);
  const tables = full.map((table, i): NcclTestsTable => {
    const collective =
      table.named ?? (fileName === undefined ? undefined : operationNamed(fileName)) ?? operationByFactor(table);
    if (!collective) warnings.push(`table ${i + 1}: neither text, file name nor bandwidths tell the operation`);
    if (table.ranks.length === 0) warnings.push(`table ${i + 1}: the log does not list its ranks`);
    return {
      ...(collective ? { collective } : {}),
      ranks: table.ranks,
      gpus: table.ranks.length,
      hosts: new Set(table.ranks.map(({ host }) => host)).size,
      rows: table.rows,
      ...(table.avgBusbwGBps === undefined ? {} : { avgBusbwGBps: table.avgBusbwGBps }),
    };
  });
  return { format: 'nccl-tests', tables, rejected, warnings };
}
