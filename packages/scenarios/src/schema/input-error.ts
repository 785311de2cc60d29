/** One mistake in what a user gave, as data (style.md: valibot). */
export interface InputIssue {
  readonly code: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** Dotted path of the field, '' for the whole input. */
  readonly path: string;
  /** What is allowed. */
  readonly expected: string;
  /** What was found. */
  readonly received: string;
  /** What is wrong, for a person. */
  readonly message: string;
}

/** Wrong input: every mistake that one pass found. Commands print each on a line and exit with 2. */
export class InputError extends Error {
  constructor(readonly issues: readonly InputIssue[]) {
    super(issues.map(formatIssue).join('\n'));
    this.name = 'InputError';
  }
}

/** `error: FILE:LINE:COL path.to.field: what is wrong, what is allowed` (contract). */
export function formatIssue(issue: InputIssue): string {
  const place = [issue.file, issue.line, issue.column].filter((part) => part !== undefined).join(':');
  const where = [place, issue.path].filter((part) => part !== '').join(' ');
  const allowed = issue.expected === '' || issue.message.includes(issue.expected) ? '' : `, expected ${issue.expected}`;
  return `error: ${where === '' ? '' : `${where}: `}${issue.message}${allowed}`.replaceAll('\n', ' ');
}
