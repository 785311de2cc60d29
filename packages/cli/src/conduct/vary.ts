import { InputError, type InputIssue, isIssue, type Override, parseAssignment } from '@regatta/scenarios';

/** One point of the grid that several --vary make: its name and the fields that it sets. */
export interface Variation {
  readonly name: string;
  readonly overrides: readonly Override[];
}

/**
 * The grid of `--vary path=a,b,c` texts: every value of the first with every value of the second, and so on. Commas within
 * brackets, braces and quotes belong to a value.
 * @throws InputError with every text that is no assignment.
 */
export function variations(texts: readonly string[]): Variation[] {
  const issues: InputIssue[] = [];
  const axes = texts.map((text) => {
    const at = text.indexOf('=');
    const path = text.slice(0, Math.max(0, at));
    const values = at <= 0 ? [] : splitValues(text.slice(at + 1));
    if (values.length === 0 || values.includes('')) {
      const message = at <= 0 ? `${text} is no assignment` : `${path} has an empty value`;
      issues.push({ code: 'flag', path: '--vary', message, expected: 'path.to.field=a,b,c', received: text });
      return [];
    }
    return values.flatMap((value) => {
      const override = parseAssignment(`${path}=${value}`, '--vary');
      if (!isIssue(override)) return [{ name: `${path}=${value}`, override }];
      issues.push({ ...override, expected: 'path.to.field=a,b,c' });
      return [];
    });
  });
  if (issues.length > 0) throw new InputError(issues);
  return axes.reduce<Variation[]>(
    (grid, axis) =>
      grid.flatMap(({ name, overrides }) =>
        axis.map((point) => ({
          name: name === '' ? point.name : `${name} ${point.name}`,
          overrides: [...overrides, point.override],
        })),
      ),
    [{ name: '', overrides: [] }],
  );
}

function splitValues(text: string): string[] {
  const values: string[] = [];
  let depth = 0;
  let quote = '';
  let value = '';
  for (const char of text) {
    if (char === ',' && depth === 0 && quote === '') {
      values.push(value.trim());
      value = '';
      continue;
    }
    value += char;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
  }
  return [...values, value.trim()];
}
