import { existsSync, readFileSync } from 'node:fs';
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
  /** The text of a file; `-` is standard input, which may be read again. @throws InputError when it cannot be read as text. */
  readText(path: string): string;
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

/** As other tools name it. */
const standardInput = '-';

function readText(path: string): string {
  let text: string;
  try {
    text = readFileSync(path === standardInput ? 0 : path, 'utf8');
  } catch (error) {
    throw fileIssue(path, 'file', reasonOf(error), 'a file that can be read');
  }
  if (text.slice(0, 8192).includes('\0')) throw fileIssue(path, 'binary', 'is a binary file', 'text');
  return text.replace(/^\uFEFF/, '');
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
  let typed: string | undefined;
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
    readText: (path) => {
      if (path !== standardInput) return readText(path);
      typed ??= readText(path);
      return typed;
    },
    writeFile: writeWhole,
    exists: (path) => path === standardInput || existsSync(path),
    commandLine,
    color,
    width,
    interactive,
  };
}
