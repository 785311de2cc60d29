import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { InputError, type InputIssue } from './input-error.js';

/** A parsed YAML or JSON text that still knows where each value stood. */
export interface LocatedText {
  readonly value: unknown;
  readonly file: string;
  /** Line and column (from 1) of the value at a path, or of the nearest container that exists. */
  locate(path: readonly (string | number)[]): { readonly line: number; readonly column: number };
}

const issue = (file: string, code: string, message: string, line?: number, column?: number): InputIssue => ({
  code,
  file,
  ...(line === undefined ? {} : { line }),
  ...(column === undefined ? {} : { column }),
  path: '',
  expected: '',
  received: '',
  message,
});

/** A parser's message without the long stretches of the text that it quotes. */
const brief = (message: string): string =>
  message.replace(/"((?:[^"\\]|\\.){40})(?:[^"\\]|\\.)+"/g, '"$1…"').slice(0, 160);

/**
 * Parses YAML (and so JSON) text.
 * @throws InputError when it is empty, binary, or not well-formed; duplicate keys count as mistakes, all are listed.
 */
export function parseLocated(text: string, file: string): LocatedText {
  if (text.includes('\u0000'))
    throw new InputError([issue(file, 'binary', 'is a binary file, expected YAML or JSON text')]);
  if (text.trim() === '') throw new InputError([issue(file, 'empty', 'is empty, expected YAML or JSON text')]);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
    strict: true,
    logLevel: 'error',
  });
  if (document.errors.length > 0) {
    throw new InputError(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        const message =
          error.code === 'DUPLICATE_KEY'
            ? 'the same key stands twice in one map'
            : brief(error.message.split('\n')[0] ?? '');
        return issue(file, 'syntax', message, line, col);
      }),
    );
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new InputError([issue(file, 'syntax', error instanceof Error ? error.message : 'cannot be read')]);
  }
  const at = (node: Node | null | undefined): { line: number; column: number } | undefined => {
    const offset = node?.range?.[0];
    if (offset === undefined) return undefined;
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  return {
    value,
    file,
    locate: (path) => {
      let node: Node | null | undefined = document.contents;
      let best = at(node) ?? { line: 1, column: 1 };
      for (const key of path) {
        let next: Node | null | undefined;
        if (isMap(node)) {
          const pair: Pair | undefined = node.items.find(
            (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key),
          );
          const keyNode = pair?.key;
          next = isNode(pair?.value) ? pair.value : undefined;
          best = (isScalar(keyNode) ? at(keyNode) : undefined) ?? best;
        } else if (isSeq(node)) {
          const item: unknown = node.items[Number(key)];
          next = isNode(item) ? item : undefined;
          best = at(next) ?? best;
        }
        if (!next) break;
        node = next;
      }
      return best;
    },
  };
}

const isNode = (value: unknown): value is Node => isMap(value) || isSeq(value) || isScalar(value);
