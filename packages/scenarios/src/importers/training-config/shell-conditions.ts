import { type ShellWord, unquoted } from './shell-lexer.js';
import { type ShellVariables, textOf } from './shell-variables.js';

/** What a script's own text decides of a condition. */
export type Truth = boolean | 'unknown';

export const both = (a: Truth, b: Truth): Truth =>
  a === false || b === false ? false : a === true && b === true ? true : 'unknown';
export const either = (a: Truth, b: Truth): Truth =>
  a === true || b === true ? true : a === false && b === false ? false : 'unknown';
export const negated = (a: Truth): Truth => (a === 'unknown' ? a : !a);

const numeric = (test: (a: number, b: number) => boolean) => (a: string, b: string) => test(Number(a), Number(b));

const compare: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  '=': (a, b) => a === b,
  '==': (a, b) => matchesPattern(a, b),
  '!=': (a, b) => !matchesPattern(a, b),
  '-eq': numeric((a, b) => a === b),
  '-ne': numeric((a, b) => a !== b),
  '-gt': numeric((a, b) => a > b),
  '-ge': numeric((a, b) => a >= b),
  '-lt': numeric((a, b) => a < b),
  '-le': numeric((a, b) => a <= b),
};

/** A text against a shell pattern with `*`, `?` and `[…]`. */
export function matchesPattern(text: string, pattern: string): boolean {
  const source = pattern.replace(/\[[^\]]+\]|[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    if (part.length > 1) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return part.replace(/[.*+?^${}()|[\]\\/]/, '\\$&');
  });
  try {
    return new RegExp(`^${source}$`).test(text);
  } catch {
    return text === pattern;
  }
}

/**
 * Truth of a command that is a condition: `[ … ]`, `[[ … ]]`, `test …`, `true`, `false` or a variable that holds one of them;
 * undefined for any other command.
 */
export function truthOf(words: readonly ShellWord[], variables: ShellVariables): Truth | undefined {
  const name = words[0] ? unquoted(words[0]) : '';
  if (name === '[' || name === 'test') return testOf(name === '[' ? words.slice(1, -1) : words.slice(1), variables);
  if (name === '[[') return anyOf(words.slice(1, -1), variables);
  if (words.length !== 1 || !words[0]) return undefined;
  const value = textOf(variables.pieces(words[0]));
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

/** `a && b || c` inside `[[ … ]]`, the loosest operator first. */
function anyOf(words: readonly ShellWord[], variables: ShellVariables): Truth {
  for (const [operator, join] of [
    ['||', either],
    ['&&', both],
  ] as const) {
    const at = words.findIndex((word) => unquoted(word) === operator);
    if (at >= 0) return join(anyOf(words.slice(0, at), variables), anyOf(words.slice(at + 1), variables));
  }
  return testOf(words, variables);
}

function testOf(words: readonly ShellWord[], variables: ShellVariables): Truth {
  if (words[0] && unquoted(words[0]) === '!') return negated(testOf(words.slice(1), variables));
  const values = words.map((word) => variables.pieces(word));
  const [a = '', b = '', c = ''] = values.map(textOf);
  if (words.length === 2 && (a === '-z' || a === '-n')) {
    if (values[1]?.some((piece) => piece.unset?.startsWith('$(') === true)) return 'unknown';
    const empty = b === '' || values[1]?.every((piece) => piece.unset !== undefined) === true;
    return (a === '-z') === empty;
  }
  if (values.flat().some((piece) => piece.unset !== undefined)) return 'unknown';
  if (words.length === 1) return a !== '';
  return words.length === 3 ? (compare[b]?.(a, c) ?? 'unknown') : 'unknown';
}
