import { generateJobs, type NodeEvent, type Tenant } from '@regatta/sim-core';
import { InputError } from '../../schema/input-error.js';
import { byHeader, delimitedRows } from './delimited-rows.js';
import { isFieldName, jobFromFields } from './job-fields.js';
import type { JobTrace, TraceOptions } from './job-trace.js';
import { isRecord, parseJson } from './json-text.js';
import { TraceBuilder } from './trace-builder.js';
import { workloadProblems, workloadSpec } from './workload-spec.js';

/** Reads our own CSV: a header of job fields (docs/scheduling.md), a job a row. */
export function readJobsCsv(text: string, options: TraceOptions = {}): JobTrace {
  const builder = new TraceBuilder('csv', options);
  const [header, ...rows] = delimitedRows(text, ',');
  for (const row of rows) {
    const values = byHeader(header?.cells ?? [], row);
    if (row.cells.length > (header?.cells.length ?? 0)) {
      builder.reject(row.line, `has ${row.cells.length} cells, the header has ${header?.cells.length}`, values.id);
      continue;
    }
    add(builder, values, row.line);
  }
  return builder.finish();
}

/** Reads our own JSON: a list of jobs, or { jobs | generate, tenants?, nodeEvents? } (docs/scheduling.md). */
export function readJobsJson(text: string, options: TraceOptions = {}): JobTrace {
  const content = parseJson(text, options.file);
  const wrong = (path: string, message: string, expected: string): InputError =>
    new InputError([
      {
        code: 'jobs',
        ...(options.file === undefined ? {} : { file: options.file }),
        path,
        expected,
        received: '',
        message,
      },
    ]);
  const file = Array.isArray(content) ? { jobs: content } : content;
  if (!isRecord(file))
    throw wrong('', 'is neither a list of jobs nor an object', '{ jobs | generate, tenants?, nodeEvents? }');
  const { jobs, generate, tenants, nodeEvents, ...rest } = file;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw wrong(unknown, 'unknown field', 'jobs, generate, tenants, nodeEvents');
  const builder = new TraceBuilder('json', options);
  if (generate !== undefined) {
    const problems = workloadProblems(generate);
    if (problems.length > 0) throw wrong('generate', problems.join('; '), '');
    generateJobs(workloadSpec(generate)).forEach((job, index) => {
      builder.add(job, index + 1);
    });
  }
  (Array.isArray(jobs) ? jobs : []).forEach((job: unknown, index) => {
    if (isRecord(job)) add(builder, job, index + 1);
    else builder.reject(index + 1, 'is no object');
  });
  return builder.finish({
    ...(tenants === undefined ? {} : { tenants: tenantsOf(tenants, wrong) }),
    ...(nodeEvents === undefined ? {} : { nodeEvents: nodeEventsOf(nodeEvents, wrong) }),
  });
}

/** Whether a header is of our own CSV: at least an id and the size. */
export function isOwnHeader(cells: readonly string[]): boolean {
  return cells.includes('id') && cells.includes('gpus') && cells.filter(isFieldName).length >= 3;
}

function add(builder: TraceBuilder, values: Readonly<Record<string, unknown>>, line: number): void {
  const read = jobFromFields(values);
  if ('job' in read) builder.add(read.job, line);
  else builder.reject(line, read.problem, typeof values.id === 'string' ? values.id : undefined);
}

type Wrong = (path: string, message: string, expected: string) => InputError;

function tenantsOf(value: unknown, wrong: Wrong): Tenant[] {
  if (!Array.isArray(value))
    throw wrong('tenants', 'is no list', 'a list of { name, weight?, quotaGpus?, borrowLimitGpus?, nodes? }');
  return value.map((entry: unknown, index): Tenant => {
    const at = `tenants[${index}]`;
    if (!isRecord(entry) || typeof entry.name !== 'string')
      throw wrong(at, 'has no name', '{ name, weight?, quotaGpus?, … }');
    const amount = (name: 'weight' | 'quotaGpus' | 'borrowLimitGpus'): Partial<Tenant> => {
      const given = entry[name];
      if (given === undefined) return {};
      if (typeof given !== 'number' || !(given >= 0))
        throw wrong(`${at}.${name}`, `is ${String(given)}`, 'a number of at least 0');
      return { [name]: given };
    };
    const { nodes } = entry;
    if (nodes !== undefined && !(Array.isArray(nodes) && nodes.every((node) => Number.isInteger(node) && node >= 0))) {
      throw wrong(`${at}.nodes`, 'is no list of node indices', 'whole numbers from 0');
    }
    return {
      name: entry.name,
      ...amount('weight'),
      ...amount('quotaGpus'),
      ...amount('borrowLimitGpus'),
      ...(Array.isArray(nodes) ? { nodes: nodes.map(Number) } : {}),
    };
  });
}

function nodeEventsOf(value: unknown, wrong: Wrong): NodeEvent[] {
  if (!Array.isArray(value)) throw wrong('nodeEvents', 'is no list', 'a list of { timeSeconds, kind, node }');
  return value.map((entry: unknown, index): NodeEvent => {
    const at = `nodeEvents[${index}]`;
    const { timeSeconds, kind, node } = isRecord(entry) ? entry : {};
    if (typeof timeSeconds !== 'number' || !Number.isFinite(timeSeconds))
      throw wrong(`${at}.timeSeconds`, 'is no number', 'seconds');
    if (typeof node !== 'number' || !Number.isInteger(node))
      throw wrong(`${at}.node`, 'is no node index', 'a whole number');
    if (kind !== 'fail' && kind !== 'repair' && kind !== 'drain' && kind !== 'undrain') {
      throw wrong(`${at}.kind`, `is ${String(kind)}`, 'fail | repair | drain | undrain');
    }
    return { timeSeconds, kind, node };
  });
}
