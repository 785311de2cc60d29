import { InputError, type InputIssue } from '../schema/input-error.js';

/** One thing that is wrong at a place of a text. Lines and columns count from 1. */
export interface TextIssue {
  readonly code: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  readonly received?: string;
}

/** Collects all mistakes of a text file, so that one pass reports them together. */
export class TextIssues {
  readonly #found: InputIssue[] = [];

  constructor(readonly file: string | undefined) {}

  get count(): number {
    return this.#found.length;
  }

  add(issue: TextIssue): void {
    const { expected = '', received = '', ...rest } = issue;
    this.#found.push({ ...rest, expected, received, ...(this.file === undefined ? {} : { file: this.file }) });
  }

  /** Throws the collected mistakes as one InputError; does nothing when there are none. */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new InputError(this.#found);
  }
}

/** Lines of a text without byte order mark, carriage returns and terminal escapes (underlined headers). */
export function plainLines(text: string): string[] {
  const bare = text.startsWith('\uFEFF') ? text.slice(1) : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC starts a terminal escape
  return bare.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').split(/\r\n|\n|\r/);
}

/** True for content that is no text at all. */
export function looksBinary(text: string): boolean {
  return text.slice(0, 4096).includes('\u0000');
}

/** Order of names in which a number counts as a number: n2 before n10. */
export function naturalOrder(a: string, b: string): number {
  const parts = (name: string): string[] => name.split(/(\d+)/);
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x = '', y = ''] = [left[i], right[i]];
    if (x === y) continue;
    const difference = i % 2 === 1 ? Number(x) - Number(y) : 0;
    if (difference !== 0) return difference;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
