import { parse as parseYaml } from 'yaml';
import type { InputIssue } from './input-error.js';
import { inUnitOf } from './quantities.js';
import type { Override } from './scenario-input.js';

/** Splits `path=value` of a flag and reads the value as YAML. */
export function parseAssignment(text: string, flag: string): Override | InputIssue {
  const at = text.indexOf('=');
  const wrong = (message: string): InputIssue => ({
    code: 'set',
    path: flag,
    message,
    expected: 'path.to.field=value',
    received: text,
  });
  if (at <= 0) return wrong(`${text} is no assignment`);
  const path = text.slice(0, at).trim().split('.');
  try {
    const value: unknown = parseYaml(text.slice(at + 1));
    return { path, value: inUnitOf(path.at(-1) ?? '', value), flag: `${flag} ${text.slice(0, at).trim()}` };
  } catch {
    return wrong(`the value of ${text} cannot be read`);
  }
}

export const isIssue = (value: Override | InputIssue): value is InputIssue => 'code' in value;
