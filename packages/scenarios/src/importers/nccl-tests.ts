import { busBandwidthFactor, type CollectiveOp, collectiveOps } from '@regatta/sim-core';
import { readNcclTestsJson } from './nccl-tests-json.js';
import type { NcclMeasurement, NcclTestsLog, NcclTestsRank, NcclTestsRow, NcclTestsTable } from './nccl-tests-types.js';
import { looksBinary, plainLines, TextIssues } from './text-issues.js';

/** Columns of a table as its header row names them. */
interface Header {
  readonly hasRedop: boolean;
  readonly hasRoot: boolean;
  /** Names of one measurement's columns: time algbw busbw [#wrong | error]. */
  readonly measurement: readonly string[];
  readonly measurements: 1 | 2;
  unitsPerSecond: number;
}

interface OpenTable {
  readonly header: Header;
  readonly ranks: readonly NcclTestsRank[];
  readonly named: CollectiveOp | undefined;
  readonly rows: NcclTestsRow[];
  avgBusbwGBps?: number;
}

const units: Readonly<Record<string, number>> = { '(us)': 1e6, '(ms)': 1e3, '(s)': 1 };
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

function headerOf(line: readonly string[]): Header | undefined {
  // -C reports the time of the CPU.
  const words = line.map((word) => (word === 'cputime' ? 'time' : word));
  const time = words.indexOf('time');
  if (words[0] !== 'size' || words[1] !== 'count' || time < 3) return undefined;
  const again = words.indexOf('time', time + 1);
  const measurement: string[] = [];
  for (const word of words.slice(time, again < 0 ? undefined : again)) {
    if (!/^(time|algbw|busbw|#?wrong|error|i_\S+)$/.test(word)) break;
    measurement.push(word);
  }
  if (!measurement.includes('algbw') || !measurement.includes('busbw')) return undefined;
  return {
    hasRedop: words.includes('redop'),
    hasRoot: words.includes('root'),
    measurement,
    measurements: again < 0 ? 1 : 2,
    unitsPerSecond: 1e6,
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
    ...(time === undefined ? {} : { seconds: time / header.unitsPerSecond }),
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
function operationByFactor(
  { rows, ranks }: Pick<OpenTable, 'rows' | 'ranks'>,
  gpus = ranks.length,
): CollectiveOp | undefined {
  const row = [...rows].reverse().find(({ outOfPlace }) => (outOfPlace.algbwGBps ?? 0) >= 1);
  const { algbwGBps = 0, busbwGBps = 0 } = row?.outOfPlace ?? {};
  const n = gpus;
  if (!row || n < 2) return undefined;
  const reduces = row.redop !== undefined && row.redop !== 'none';
  const reducing: readonly CollectiveOp[] = ['all_reduce', 'reduce_scatter', 'reduce'];
  const fits = collectiveOps.filter(
    (op) =>
      Math.abs(busBandwidthFactor(op, n) / (busbwGBps / algbwGBps) - 1) < 0.01 && reducing.includes(op) === reduces,
  );
  return fits.length === 1 ? fits[0] : undefined;
}

/** The one table of a report written with -J. */
function ofJson(text: string, file?: string): NcclTestsLog {
  const { program, ranks, gpus, rows, rejected } = readNcclTestsJson(text, file);
  const table = { rows: [...rows], ranks };
  const collective = operationNamed(program.split('/').at(-1) ?? '') ?? operationByFactor(table, gpus);
  const warnings = collective ? rejected : [...rejected, 'neither arguments nor bandwidths tell the operation'];
  const hosts = new Set(ranks.map(({ host }) => host)).size;
  return {
    format: 'nccl-tests',
    tables: [{ ...(collective ? { collective } : {}), ranks, gpus, hosts, rows }],
    rejected: rejected.length,
    warnings,
  };
}

/**
 * Reads a log of nccl-tests (spec/input-formats.md 8): older and newer layouts, with or without `root` and in-place columns,
 * several tables, NCCL INFO lines, rank prefixes and Markdown around them; also the JSON report of -J.
 * @throws InputError when there is no table, or no row of it can be read.
 */
export function readNcclTests(text: string, file?: string): NcclTestsLog {
  if (text.trimStart().startsWith('{')) return ofJson(text, file);
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
    if (unit) table.header.unitsPerSecond = units[unit] ?? 1e6;
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
