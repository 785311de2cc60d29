import { failureLevels, failureModes } from '@regatta/sim-core';
import { InputError } from '../schema/input-error.js';
import { looksBinary, naturalOrder } from './text-issues.js';
import { byHeader, type DelimitedRow, delimitedRows, numberOf } from './traces/delimited-rows.js';
import { earliest, timestampSeconds } from './traces/timestamps.js';

/** One incident of a user's log. */
export interface Incident {
  /** Since the log began. */
  readonly seconds: number;
  /** Component or cause, as the log names it. */
  readonly component: string;
  readonly level: (typeof failureLevels)[number];
  readonly mode: (typeof failureModes)[number];
  /** Number of the node; -1 where the log names none. */
  readonly node: number;
  readonly detectSeconds: number;
  readonly repairHours: number;
  readonly slowFactor?: number;
  readonly capacityFactor?: number;
}

export interface IncidentLog {
  readonly incidents: readonly Incident[];
  /** Rows that were left out, each with its line and why. */
  readonly rejected: readonly { readonly line: number; readonly reason: string }[];
  readonly warnings: readonly string[];
}

export interface IncidentLogOptions {
  readonly file?: string;
  /** The first bad row is wrong input. */
  readonly strict?: boolean;
}

const aliases: Readonly<Record<string, string>> = {
  timestamp: 'time',
  start: 'time',
  seconds: 'time',
  cause: 'component',
  host: 'node',
  hostname: 'node',
};
const known = [
  'time',
  'component',
  'node',
  'level',
  'mode',
  'detect_seconds',
  'repair_hours',
  'slow_factor',
  'capacity_factor',
];

/**
 * Reads a log of incidents, a CSV whose header names its columns: `time` (seconds of the run, or a date and time) and `component`
 * must be there; `node` (number or name), `level`, `mode`, `detect_seconds`, `repair_hours`, `slow_factor` and `capacity_factor` may. Bad rows are
 * left out and named.
 * @throws InputError without a readable header or any valid row, and for the first bad row when strict.
 */
export function readIncidentLog(text: string, { file, strict = false }: IncidentLogOptions = {}): IncidentLog {
  const wrong = (line: number, message: string, expected: string): InputError =>
    new InputError([
      { code: 'log', ...(file === undefined ? {} : { file }), line, path: '', message, expected, received: '' },
    ]);
  const [head, ...rows] = looksBinary(text) ? [] : delimitedRows(text, ',');
  const header = (head?.cells ?? []).map(columnName);
  const lacking = ['time', 'component'].filter((name) => !header.includes(name));
  if (lacking.length > 0)
    throw wrong(
      head?.line ?? 1,
      `the header has no column ${lacking.join(', ')}`,
      `a CSV with the columns ${known.join(', ')}`,
    );
  const cells = rows.map((row) => byHeader(header, row));
  const dates = cells.map(({ time }) => timestampSeconds(time));
  const begin = earliest(dates);
  const nodes = nodeNumbers(cells.map(({ node = '' }) => node));
  const rejected: { line: number; reason: string }[] = [];
  const incidents = rows.flatMap((row, i): Incident[] => {
    const fields = cells[i] ?? {};
    const date = dates[i] ?? Number.NaN;
    const incident = {
      seconds: Number.isNaN(date) ? numberOf(fields.time) : date - begin,
      component: fields.component ?? '',
      level: fields.level || (fields.node ? 'node' : 'software'),
      mode: fields.mode || 'stop',
      node: nodes.get(fields.node ?? '') ?? -1,
      detectSeconds: fields.detect_seconds ? numberOf(fields.detect_seconds) : 0,
      repairHours: fields.repair_hours ? numberOf(fields.repair_hours) : 0,
      ...(fields.slow_factor ? { slowFactor: numberOf(fields.slow_factor) } : {}),
      ...(fields.capacity_factor ? { capacityFactor: numberOf(fields.capacity_factor) } : {}),
    };
    const reasons = problemsOf(row, header.length, incident);
    if (reasons.length === 0 && isIncident(incident)) return [incident];
    if (strict) throw wrong(row.line, reasons.join('; '), 'a row that can be read');
    rejected.push({ line: row.line, reason: reasons.join('; ') });
    return [];
  });
  if (incidents.length === 0)
    throw wrong(rejected[0]?.line ?? 1, `has no valid row${rejected[0] ? `: ${rejected[0].reason}` : ''}`, 'incidents');
  const unknown = header.filter((name) => !known.includes(name));
  return {
    incidents: incidents.sort((a, b) => a.seconds - b.seconds),
    rejected,
    warnings: unknown.length > 0 ? [`columns ${unknown.join(', ')} are not used`] : [],
  };
}

const columnName = (cell: string): string => {
  const name = cell
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
  return aliases[name] ?? name;
};

/** Numbers stand for themselves; names are numbered in their natural order. */
function nodeNumbers(cells: readonly string[]): Map<string, number> {
  const names = [...new Set(cells)].filter((name) => name !== '');
  if (names.every((name) => /^\d+$/.test(name))) return new Map(names.map((name) => [name, Number(name)]));
  return new Map(names.sort(naturalOrder).map((name, index) => [name, index]));
}

interface Candidate extends Omit<Incident, 'level' | 'mode'> {
  readonly level: string;
  readonly mode: string;
}

function isIncident(candidate: Candidate): candidate is Incident {
  return (
    failureLevels.some((level) => level === candidate.level) && failureModes.some((mode) => mode === candidate.mode)
  );
}

function problemsOf(row: DelimitedRow, columns: number, candidate: Candidate): string[] {
  const problems: string[] = [];
  if (row.cells.length !== columns) problems.push(`has ${row.cells.length} cells, the header ${columns}`);
  const atLeast = (name: string, value: number | undefined, least: number): void => {
    if (value !== undefined && !(value >= least)) problems.push(`${name} is ${value}, must be at least ${least}`);
  };
  atLeast('time', candidate.seconds, 0);
  atLeast('detect_seconds', candidate.detectSeconds, 0);
  atLeast('repair_hours', candidate.repairHours, 0);
  atLeast('slow_factor', candidate.slowFactor, 1);
  if (candidate.component === '') problems.push('component is empty');
  if (!isIncident(candidate))
    problems.push(
      `level ${candidate.level}, mode ${candidate.mode}: must be ${failureLevels.join(' | ')} and ${failureModes.join(' | ')}`,
    );
  const { mode, level, slowFactor, capacityFactor } = candidate;
  if (mode === 'slow' && slowFactor === undefined && capacityFactor === undefined)
    problems.push('mode slow needs a slow_factor, or a capacity_factor of links');
  if (capacityFactor !== undefined && !(capacityFactor >= 0 && capacityFactor < 1))
    problems.push(`capacity_factor is ${capacityFactor}, must be at least 0 and below 1`);
  if (capacityFactor !== undefined && !['nic', 'link', 'switch'].includes(level))
    problems.push(`capacity_factor is of links, not of a ${level}`);
  return problems;
}
