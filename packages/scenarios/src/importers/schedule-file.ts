import type { ListSchedule, ScheduleOp } from '@regatta/sim-core';
import { InputError, type InputIssue } from '../schema/input-error.js';

/**
 * Reads a per-rank order file: a line a pipeline rank, operations `F<chunk>.<microBatch>`, `B…`, `W…` separated by blanks; `#`
 * starts a comment; a line `layout v` puts chunk 1 of rank i on stage 2p-1-i.
 * @throws InputError with every word that is no operation.
 */
export function parseScheduleFile(text: string, file: string): ListSchedule {
  const issues: InputIssue[] = [];
  const order: ScheduleOp[][] = [];
  let layout: ListSchedule['layout'] = 'interleaved';
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.replace(/#.*$/, '').trim();
    if (line === '') return;
    const setting = /^layout\s+(v|interleaved)$/.exec(line);
    if (setting) {
      layout = setting[1] === 'v' ? 'v' : 'interleaved';
      return;
    }
    const row: ScheduleOp[] = [];
    for (const word of line.split(/[\s,]+/)) {
      const found = /^([FBW])(\d+)\.(\d+)$/.exec(word);
      const kind = found?.[1];
      if (kind !== 'F' && kind !== 'B' && kind !== 'W') {
        issues.push({
          code: 'schedule',
          file,
          line: index + 1,
          column: raw.indexOf(word) + 1,
          path: '',
          message: `${word} is no operation`,
          expected: 'F0.0, B0.0 or W0.0',
          received: word,
        });
      } else row.push({ kind, chunk: Number(found?.[2]), microBatch: Number(found?.[3]) });
    }
    order.push(row);
  });
  if (order.every((row) => row.length === 0)) {
    // Of a file of another kind no word is an operation: one line says so.
    const [first] = issues.splice(0);
    issues.push({
      code: 'schedule',
      file,
      ...(first?.line === undefined ? {} : { line: first.line, column: first.column ?? 1 }),
      path: '',
      message: 'lists no operations',
      expected: 'a line a pipeline rank, such as F0.0 F0.1 B0.0 B0.1',
      received: '',
    });
  }
  if (issues.length > 0) throw new InputError(issues);
  return { name: file, layout, order };
}
