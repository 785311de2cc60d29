import { lstatSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '@regatta/scenarios';

const fileIssue = (path: string, code: string, message: string, expected: string): InputError =>
  new InputError([{ code, file: path, path: '', expected, received: '', message }]);

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'is on a read-only disk',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'the name is too long',
};

/** What stands at a path: nothing, a file, a folder, or what is written into and never replaced (a terminal, /dev/null). */
function standing(path: string): 'nothing' | 'file' | 'folder' | 'device' {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return lstatSync(path, { throwIfNoEntry: false }) ? 'file' : 'nothing';
  if (found.isDirectory()) return 'folder';
  return found.isFile() ? 'file' : 'device';
}

/**
 * Refuses a path that a result may not be written to, before the work that makes the result.
 * @throws InputError for a folder, and for a file that exists unless `force`.
 */
export function refuseUnwritable(path: string, force: boolean): void {
  let found: ReturnType<typeof standing>;
  try {
    found = standing(path);
    if (found === 'nothing') statSync(dirname(path));
  } catch (error) {
    throw fileIssue(path, 'write', reasons[codeOf(error)] ?? codeOf(error), 'a path that can be written');
  }
  if (found === 'folder') throw fileIssue(path, 'write', 'is a folder', 'the path of a file');
  if (found === 'file' && !force) throw fileIssue(path, 'exists', 'exists', '--force to replace it');
}

/**
 * Writes a file whole or not at all: to a temporary file beside it, then renamed. A link keeps pointing to what it points to.
 * @throws InputError as `refuseUnwritable` does, and when the disk refuses.
 */
export function writeWhole(path: string, text: string, force: boolean): void {
  refuseUnwritable(path, force);
  try {
    const found = standing(path);
    if (found === 'device') {
      writeFileSync(path, text);
      return;
    }
    const target = found === 'file' && statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : path;
    const temporary = join(dirname(target), `.${process.pid}.regatta.tmp`);
    try {
      writeFileSync(temporary, text);
      renameSync(temporary, target);
    } finally {
      rmSync(temporary, { force: true });
    }
  } catch (error) {
    throw fileIssue(path, 'write', reasons[codeOf(error)] ?? codeOf(error), 'a path that can be written');
  }
}
