import { InputError } from '../../schema/input-error.js';
import { parseLocated } from '../../schema/located-text.js';
import { isTree } from '../../schema/paths.js';
import type { PublishedFile } from './published-file.js';
import { isUnreadable, readRow } from './read-row.js';
import { fileTitle } from './score.js';

/**
 * Reads a file of the form of reference/published: `{ source, rows }`, or the rows alone. Rows that cannot be read are listed, each
 * with its reason.
 * @throws InputError when the text is no such file or has no rows.
 */
export function readPublished(text: string, file: string): PublishedFile {
  const located = parseLocated(text, file);
  const root = located.value;
  const map = isTree(root) ? root : {};
  const rows = Array.isArray(root) ? root : map.rows;
  const wrong = (path: string, message: string, expected: string): InputError =>
    new InputError([
      { code: 'published', file, ...located.locate(path === '' ? [] : [path]), path, message, expected, received: '' },
    ]);
  if (rows === undefined && Array.isArray(map.sets)) return { source: sourceOf(map.source), rows: [] };
  if (rows === undefined)
    throw wrong('rows', 'is missing', 'a map with rows, or a list of rows: measured runs as those of regatta validate');
  if (!Array.isArray(rows)) throw wrong('rows', 'is no list', 'a list of measured runs');
  if (rows.length === 0) throw wrong(Array.isArray(root) ? '' : 'rows', 'is empty', 'at least one measured run');
  const read = rows.map((row, i) => readRow(row, fileTitle(file), i));
  return {
    source: sourceOf(map.source),
    hardware: map.hardware,
    rows: read.flatMap((row) => (isUnreadable(row) ? [] : [row])),
    unreadable: read.filter(isUnreadable),
  };
}

const sourceOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
