import * as z from 'zod';
import { didYouMean } from './did-you-mean.js';
import type { InputIssue } from './input-error.js';

/** A zod issue with the fields that its kinds carry, read without trusting them. */
interface RawIssue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: unknown;
  readonly values?: unknown;
  readonly errors?: unknown;
  readonly input?: unknown;
}

const show = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Object.entries(value).find(([name]) => name === String(key))?.[1];
  }, root);

function unwrap(node: unknown): unknown[] {
  if (node instanceof z.ZodOptional || node instanceof z.ZodDefault || node instanceof z.ZodNullable)
    return unwrap(node.unwrap());
  if (node instanceof z.ZodUnion || node instanceof z.ZodDiscriminatedUnion) return node.options.flatMap(unwrap);
  return [node];
}

/** What a schema allows at a path; unions and wrappers are looked through. */
function schemasAt(schema: unknown, path: readonly PropertyKey[]): unknown[] {
  let level: unknown[] = [schema];
  for (const key of path) {
    level = level.flatMap(unwrap).flatMap((node) => {
      if (node instanceof z.ZodObject) return [node.shape[String(key)]];
      if (node instanceof z.ZodArray) return [node.element];
      return [];
    });
  }
  return level.flatMap(unwrap);
}

/** True for the member of a discriminated union that a value's `kind` names, and for every schema without a kind. */
function isOfKind(node: z.ZodObject, kind: unknown): boolean {
  const literal: unknown = node.shape.kind;
  return kind === undefined || !(literal instanceof z.ZodLiteral) || literal.value === kind;
}

/** Keys that a schema allows at a path, for a did-you-mean: of the kind that the value there says to be. */
export function keysAt(schema: unknown, path: readonly PropertyKey[], kind?: unknown): string[] {
  const keys = schemasAt(schema, path).flatMap((node) =>
    node instanceof z.ZodObject && isOfKind(node, kind) ? Object.keys(node.shape) : [],
  );
  return [...new Set(keys)];
}

/** Describes zod's issues in the contract's words: what is wrong, what is allowed, and the nearest known name. */
export function describeIssues(
  error: z.ZodError,
  root: unknown,
  schema: unknown,
): (InputIssue & { readonly at: PropertyKey[] })[] {
  const described = error.issues.flatMap((issue: RawIssue) => describe(issue, [...issue.path], root, schema));
  // A number can miss two rules at once (not whole, too large): one mistake, told by the narrower rule, which comes last.
  return described.filter((issue, i) => !described.slice(i + 1).some((later) => later.path === issue.path));
}

function describe(
  issue: RawIssue,
  path: PropertyKey[],
  root: unknown,
  schema: unknown,
): (InputIssue & { readonly at: PropertyKey[] })[] {
  const received = valueAt(root, path);
  const make = (
    at: PropertyKey[],
    code: string,
    message: string,
    expected: string,
  ): InputIssue & { at: PropertyKey[] } => ({
    code,
    path: at.map(String).join('.'),
    message,
    expected,
    received: show(valueAt(root, at)),
    at,
  });
  if (issue.code === 'unrecognized_keys' && Array.isArray(issue.keys)) {
    const allowed = keysAt(schema, path, valueAt(root, [...path, 'kind']));
    return issue.keys.map((key) =>
      make([...path, String(key)], 'unknown-key', `unknown key${didYouMean(String(key), allowed)}`, allowed.join(', ')),
    );
  }
  if (issue.code === 'invalid_union' && Array.isArray(issue.errors)) {
    const branches = issue.errors.filter((branch): branch is RawIssue[] => Array.isArray(branch) && branch.length > 0);
    // The branch that got furthest is the one that was meant.
    const depth = (branch: RawIssue[]): number => Math.max(...branch.map((inner) => inner.path.length));
    const deepest = branches.filter((branch) => depth(branch) > 0).sort((a, b) => a.length - b.length)[0];
    if (deepest && typeof received === 'object' && received !== null) {
      return deepest.flatMap((inner) => describe(inner, [...path, ...inner.path], root, schema));
    }
    const choices = branches
      .flat()
      .flatMap((inner) => (Array.isArray(inner.values) ? inner.values.map(String) : [wanted(inner, path)]));
    return [make(path, 'choice', wrong(received, choices), choices.join(' | '))];
  }
  if (issue.code === 'invalid_value' && Array.isArray(issue.values)) {
    const choices = issue.values.map(String);
    return [make(path, 'choice', wrong(received, choices), choices.join(' | '))];
  }
  const expected = wanted(issue, path);
  if (received !== undefined) return [make(path, issue.code, `is ${show(received)}`, expected)];
  const whole = schemasAt(schema, path).some((node) => node instanceof z.ZodNumber && node.isInt);
  return [make(path, 'missing', 'is missing', whole ? 'a whole number' : expected)];
}

/** Maps that a name or a path may stand for. */
const namedMaps: Readonly<Record<string, string>> = {
  'job.model': 'a model of the catalogue, the path of a config.json, or a map of fields',
  'job.schedule': 'path of a per-rank order file',
  cluster: 'a cluster of the catalogue, the path of a file that holds one, or a map of fields',
  'cluster.device': 'a device of the catalogue, or a map of fields',
  'cluster.fabric': 'a map of fields that starts with kind: clos | dragonfly | torus | graph',
};

/** What is allowed at a path: where a map is, the names that may stand for it too. */
function wanted(issue: RawIssue, path: readonly PropertyKey[]): string {
  const text = expectation(issue);
  return text === 'a map of fields' ? (namedMaps[path.map(String).join('.')] ?? text) : text;
}

const wrong = (received: unknown, choices: readonly string[]): string => {
  if (received === undefined) return 'is missing';
  return `is ${show(received)}${typeof received === 'string' ? didYouMean(received, choices) : ''}`;
};

/** What zod wanted, as a person says it. */
function expectation(issue: RawIssue): string {
  const text = issue.message;
  const limits = /^Too (?:small|big): expected (?:number|array|string) to (?:be|have) (.*)$/.exec(text);
  if (limits)
    return `a number ${limits[1] ?? ''}`
      .replace('>=', 'of at least ')
      .replace('<=', 'of at most ')
      .replace('>', 'above ')
      .replace('<', 'below ')
      .replace(/ +/g, ' ');
  const expected = /expected ([a-z]+)/i.exec(text)?.[1] ?? '';
  const words: Record<string, string> = {
    int: 'a whole number',
    number: 'a finite number',
    boolean: 'true or false',
    string: 'a text',
    object: 'a map of fields',
    array: 'a list',
  };
  return words[expected] ?? text;
}
