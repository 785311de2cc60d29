import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '@regatta/scenarios';

/** What a command may touch of the world. */
export interface Io {
  /** Writes to stdout. */
  print(text: string): void;
  /** Writes a line to stderr, unless --quiet. */
  remark(text: string): void;
  /** @throws InputError when the file cannot be read as text. */
  readText(path: string): string;
  /** Writes a file whole or not at all. @throws InputError when it exists and `force` is false. */
  writeFile(path: string, text: string, force: boolean): void;
  exists(path: string): boolean;
  readonly color: boolean;
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
  if (bytes.subarray(0, 8192).includes(0)) throw fileIssue(path, 'binary', 'is a binary file', 'text');
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

function writeWhole(path: string, text: string, force: boolean): void {
  if (existsSync(path) && !force) throw fileIssue(path, 'exists', 'exists', '--force to replace it');
  const temporary = join(dirname(path), `.${process.pid}.regatta.tmp`);
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw fileIssue(path, 'write', reasonOf(error), 'a path that can be written');
  }
}

/** The terminal and the disk. */
export function processIo(quiet: boolean, colorFlag: boolean | undefined): Io {
  const terminal = process.stdout.isTTY === true;
  return {
    print: (text) => process.stdout.write(text),
    remark: (text) => {
      if (!quiet) process.stderr.write(`${text}\n`);
    },
    readText,
    writeFile: writeWhole,
    exists: existsSync,
    color: colorFlag !== false && terminal && (process.env.NO_COLOR ?? '') === '',
    width: process.stdout.columns ?? 100,
    interactive: process.stderr.isTTY === true,
  };
}
