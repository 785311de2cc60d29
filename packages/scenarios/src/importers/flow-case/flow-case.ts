import type { FlowCase } from '@regatta/sim-core';
import { InputError, type InputIssue } from '../../schema/input-error.js';
import { type LocatedText, parseLocated } from '../../schema/located-text.js';
import { type Path, type Report, readCase, show } from './flow-fields.js';
import { largeJson } from './large-json.js';

/**
 * Reads flows on links in the format of reference/maxmin, as JSON or YAML: `links` with `capacity` in bytes/s, `flows` with
 * `start` in seconds, `bytes`, `links` (ids) and `rateCap` in bytes/s or null. Ids are positions and may be left out.
 * @throws InputError with every mistake at its line: what is no number, negative bytes, capacity 0, unknown links, a link
 * that stands twice in a path, ids that are not positions, unknown and missing fields, other units.
 */
export function parseFlowCase(text: string, file: string): FlowCase {
  let located: LocatedText | undefined;
  const locate = (path: Path): { line: number; column: number } => {
    located ??= parse(text, file);
    return located.locate(path);
  };
  const issues: InputIssue[] = [];
  const report: Report = (path, code, message, expected, received) => {
    issues.push({ code, file, ...locate(path), path: path.join('.'), message, expected, received: show(received) });
  };
  let value = largeJson(text);
  if (value === undefined) {
    located = parse(text, file);
    value = located.value;
  }
  const flowCase = readCase(value, report);
  if (issues.length > 0) throw new InputError(issues.sort(byPlace));
  return flowCase;
}

const byPlace = (a: InputIssue, b: InputIssue): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);

/** A text that is cut lacks several brackets at one place: that is one mistake. */
function parse(text: string, file: string): LocatedText {
  try {
    return parseLocated(text, file);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const places = new Map(error.issues.map((issue) => [`${issue.line}:${issue.column}`, issue]));
    throw new InputError([...places.values()]);
  }
}
