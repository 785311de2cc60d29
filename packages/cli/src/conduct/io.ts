import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { InputError } from '@regatta/scenarios';
import { paint } from '../render/paint.js';
import { writeWhole } from './output-file.js';
import { terminalColumns, writeError, writeOut } from './standard-streams.js';

/** What a command may touch of the world. */
export interface Io {
  /** Writes to stdout; on a terminal tables are fitted to its width. */
  print(text: string): void;
  /** Writes a line to stderr, unless --quiet. */
  remark(text: string): void;
  /** Says what is being done, on a terminal and only when it takes more than a second. */
  progress(label: string): void;
  /** @throws InputError when the file cannot be read as text. */
  readText(path: string): string;
  /** The text of a file piece by piece; nothing when it cannot be read as text, or only once (a pipe): `readText` it. */
  readPieces(path: string): Iterable<string>;
  /** Writes a file whole or not at all. @throws InputError when it exists and `force` is false. */
  writeFile(path: string, text: string, force: boolean): void;
  exists(path: string): boolean;
  readonly color: boolean;
  /** What was typed, as it can be typed again. */
  readonly commandLine: string;
  /** Columns of the terminal, 100 when there is none. */
  readonly width: number;
  readonly interactive: boolean;
}

const fileIssue = (path: string, code: string, message: string, expected: string): InputError =>
  new InputError([{ code, file: path, path: '', expected, received: '', message }]);

const reasonOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'is a folder';
  if (code === 'EACCES') return 'permission denied';
  return code === '' ? 'cannot be read' : code;
};

function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw fileIssue(path, 'file', reasonOf(error), 'a file that can be read');
  }
  if (isBinary(bytes)) throw fileIssue(path, 'binary', 'is a binary file', 'text');
  return bytes.toString('utf8').replace(byteOrderMark, '');
}

const isBinary = (beginning: Buffer): boolean => beginning.subarray(0, 8192).includes(0);
const byteOrderMark = /^\uFEFF/;
const pieceBytes = 16_384;

function* readPieces(path: string): Generator<string> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return;
  }
  try {
    if (!fstatSync(file).isFile()) return;
    const bytes = Buffer.allocUnsafeSlow(pieceBytes);
    const decoder = new StringDecoder('utf8');
    for (let first = true; ; first = false) {
      const piece = bytes.subarray(0, readSync(file, bytes, 0, pieceBytes, null));
      if (piece.length === 0) break;
      if (first && isBinary(piece)) return;
      const text = decoder.write(piece);
      yield first ? text.replace(byteOrderMark, '') : text;
    }
    yield decoder.end();
  } finally {
    closeSync(file);
  }
}

export interface IoOptions {
  readonly quiet: boolean;
  /** stdout holds JSON, which nothing is laid over. */
  readonly json: boolean;
  readonly color: boolean | undefined;
  readonly commandLine: string;
}

/** The terminal and the disk; `end` when the command has ended. */
export interface ProcessIo extends Io {
  end(): void;
}

export async function processIo({ quiet, json, color: colorFlag, commandLine }: IoOptions): Promise<ProcessIo> {
  const columns = terminalColumns(1);
  const terminal = columns !== undefined;
  const width = columns ?? 100;
  const interactive = !quiet && terminalColumns(2) !== undefined;
  const color = colorFlag !== false && terminal && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb';
  // What only terminals need is loaded for them alone.
  const progress = interactive ? new (await import('./progress.js')).Progress() : undefined;
  const fit = terminal && !json ? (await import('../render/fit-to-width.js')).fitToWidth : undefined;
  return {
    print: (text) => {
      progress?.stop();
      const laid = fit ? fit(text, width) : text;
      writeOut(color && !json ? paint(laid) : laid);
    },
    remark: (text) => {
      if (quiet) return;
      progress?.stop();
      writeError(`${text}\n`);
    },
    progress: (label) => progress?.show(label),
    end: () => progress?.stop(),
    readText,
    readPieces,
    writeFile: writeWhole,
    exists: existsSync,
    commandLine,
    color,
    width,
    interactive,
  };
}
