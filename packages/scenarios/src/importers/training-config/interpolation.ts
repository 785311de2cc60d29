import { getPath } from '../../schema/paths.js';

const reduce: Readonly<Record<string, (a: number, b: number) => number>> = {
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  add: (a, b) => a + b,
  sum: (a, b) => a + b,
};

/** `a, ${b:c,d}` at its outermost commas. */
function splitArguments(text: string): string[] {
  const found = [''];
  let depth = 0;
  for (const char of text) {
    if (char === '{') depth++;
    if (char === '}') depth--;
    if (char === ',' && depth === 0) found.push('');
    else found[found.length - 1] += char;
  }
  return found.map((part) => part.trim());
}

/**
 * Resolves Hydra/OmegaConf interpolations of a value: relative (`${.x}`, `${..y}`) and absolute keys (also under the launcher's
 * `training.`), `multiply`, `divide`, `add`. What it cannot resolve stays as text.
 */
export function interpolated(value: unknown, root: unknown, path: readonly string[], depth = 0): unknown {
  if (typeof value !== 'string' || depth > 16) return value;
  const source = /^\s*\$\{(.*)\}\s*$/s.exec(value)?.[1];
  if (source === undefined) return value;
  const [, operation, rest] = /^(?:oc\.)?(\w+):(.*)$/s.exec(source) ?? [];
  if (operation !== undefined && rest !== undefined) {
    const apply = reduce[operation];
    const numbers = splitArguments(rest).map((part) => Number(interpolated(part, root, path, depth + 1)));
    if (!apply || numbers.length < 2 || numbers.some((n) => !Number.isFinite(n))) return value;
    return numbers.reduce(apply);
  }
  const dots = /^\.*/.exec(source)?.[0].length ?? 0;
  const keys = source.slice(dots).split('.');
  const absolute = dots > 0 ? [...path.slice(0, Math.max(0, path.length - dots)), ...keys] : keys;
  for (const candidate of [absolute, absolute.slice(1)]) {
    const found = getPath(root, candidate);
    if (candidate.length > 0 && found !== undefined) return interpolated(found, root, candidate, depth + 1);
    if (dots > 0) break;
  }
  return value;
}
