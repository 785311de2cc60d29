import { InputError } from '../../schema/input-error.js';
import { looksBinary, plainLines } from '../text-issues.js';
import { readAcme } from './acme.js';
import { readAlibabaPods } from './alibaba.js';
import { readBatsim } from './batsim.js';
import { delimitedRows } from './delimited-rows.js';
import { readGavel } from './gavel.js';
import type { JobTrace, TraceFormat, TraceOptions } from './job-trace.js';
import { isOwnHeader, readJobsCsv, readJobsJson } from './own-jobs.js';
import { readPhilly } from './philly.js';
import { readSia } from './sia.js';
import { readSwf } from './swf.js';
import { readTiresias } from './tiresias.js';

const readers: Readonly<Record<TraceFormat, (text: string, options: TraceOptions) => JobTrace>> = {
  swf: readSwf,
  'alibaba-2023': readAlibabaPods,
  gavel: readGavel,
  sia: readSia,
  tiresias: readTiresias,
  acme: readAcme,
  philly: readPhilly,
  batsim: readBatsim,
  csv: readJobsCsv,
  json: readJobsJson,
};

export const traceFormats = Object.keys(readers) as readonly TraceFormat[];

/** Columns that a header must have for a format. */
const headers: readonly (readonly [TraceFormat, readonly string[]])[] = [
  ['alibaba-2023', ['name', 'num_gpu', 'creation_time', 'deletion_time', 'scheduled_time']],
  ['sia', ['name', 'time', 'application', 'num_replicas']],
  ['tiresias', ['job_id', 'num_gpu', 'submit_time', 'duration']],
  ['acme', ['job_id', 'gpu_num', 'state', 'submit_time', 'start_time']],
];

/**
 * Reads a job trace of any format that is known, recognised by its content unless `options.format` names it.
 * @throws InputError when it is none, has no readable header, or no valid row; in strict mode at the first bad row.
 */
export function readTrace(text: string, options: TraceOptions = {}): JobTrace {
  const format = options.format ?? recognise(text);
  if (format === undefined) {
    throw new InputError([
      {
        code: 'trace',
        ...(options.file === undefined ? {} : { file: options.file }),
        line: 1,
        path: '',
        expected: traceFormats.join(' | '),
        received: plainLines(text)[0]?.slice(0, 60) ?? '',
        message: 'is no job trace that is known: it has no readable header',
      },
    ]);
  }
  return readers[format](text, options);
}

function recognise(text: string): TraceFormat | undefined {
  if (looksBinary(text)) return undefined;
  const trimmed = text.trimStart();
  if (trimmed.startsWith('[') || trimmed.startsWith('{')) return jsonFormat(trimmed);
  const first = plainLines(text).find((line) => line.trim() !== '' && !line.startsWith(';')) ?? '';
  if (
    text.startsWith(';') ||
    first
      .trim()
      .split(/\s+/)
      .every((cell) => cell !== '' && Number.isFinite(Number(cell)))
  ) {
    return first === '' && !text.startsWith(';') ? undefined : 'swf';
  }
  if (first.split('\t').length >= 7) return 'gavel';
  const cells = delimitedRows(first, ',')[0]?.cells ?? [];
  const found = headers.find(([, columns]) => columns.every((column) => cells.includes(column)));
  return found?.[0] ?? (isOwnHeader(cells) ? 'csv' : undefined);
}

function jsonFormat(text: string): TraceFormat {
  if (/"profiles"\s*:/.test(text) && /"subtime"\s*:/.test(text)) return 'batsim';
  return /"attempts"\s*:/.test(text) && /"submitted_time"\s*:/.test(text) ? 'philly' : 'json';
}
