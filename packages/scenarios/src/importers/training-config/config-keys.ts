import { InputError, type InputIssue } from '../../schema/input-error.js';
import type { Tree } from '../../schema/paths.js';

/** A setting of another tool's file: its value as the file has it, and the line it stands on. */
export interface ConfigEntry {
  readonly value: unknown;
  readonly line: number;
}

/** What a reader makes of another tool's file. */
export interface TrainingConfig {
  /** The `job` of a scenario, and its name. */
  readonly scenario: Tree;
  /** GPUs of the run where the file says how many. */
  readonly gpus?: number;
  /** Defaults that were filled in, and settings that change a result and were not understood. */
  readonly warnings: readonly string[];
}

/** What the command line says that a file may leave open. */
export interface TrainingConfigHints {
  /** GPUs of the smallest point. */
  readonly gpus?: number;
}

/**
 * Settings by name, read one after the other: what is missing or wrong is collected, what is assumed is said, and what nobody
 * read is left over. Of several names the first that is there counts.
 */
export class ConfigKeys {
  readonly warnings: string[] = [];
  readonly #issues: InputIssue[] = [];
  readonly #read = new Set<string>();

  constructor(
    readonly file: string,
    readonly entries: ReadonlyMap<string, ConfigEntry>,
  ) {}

  has(...names: string[]): boolean {
    return names.some((name) => this.#find([name]) !== undefined);
  }

  /** A number; undefined when it is not there or null. */
  number(...names: string[]): number | undefined {
    const found = this.#find(names);
    if (!found) return undefined;
    const { name, entry } = found;
    const value = typeof entry.value === 'string' ? Number(entry.value.replaceAll('_', '')) : entry.value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    this.wrong(name, `is ${JSON.stringify(entry.value)}`, 'a number');
    return undefined;
  }

  /** A whole number of at least 1; must be there unless a fallback is given, which is then said. */
  size(names: readonly string[], fallback?: number, why?: string): number {
    const value = this.number(...names);
    const name = names[0] ?? '';
    if (value === undefined) {
      if (fallback === undefined) {
        if (!this.has(...names)) this.wrong(name, 'is missing', 'a whole number of at least 1');
        return 1;
      }
      if (why !== undefined) this.assume(name, fallback, why);
      return fallback;
    }
    if (!Number.isInteger(value) || value < 1) this.wrong(name, `is ${value}`, 'a whole number of at least 1');
    return Math.max(1, Math.round(value));
  }

  flag(...names: string[]): boolean {
    return this.optionalFlag(...names) ?? false;
  }

  optionalFlag(...names: string[]): boolean | undefined {
    const found = this.#find(names);
    if (!found) return undefined;
    const { value } = found.entry;
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'True' || value === 1) return true;
    if (value === 'false' || value === 'False' || value === 0) return false;
    this.wrong(found.name, `is ${JSON.stringify(value)}`, 'true or false');
    return undefined;
  }

  text(...names: string[]): string | undefined {
    const found = this.#find(names);
    if (!found) return undefined;
    return typeof found.entry.value === 'string' ? found.entry.value : JSON.stringify(found.entry.value);
  }

  value(name: string): unknown {
    return this.#find([name])?.entry.value;
  }

  wrong(name: string, message: string, expected: string): void {
    const line = this.entries.get(name)?.line;
    this.#issues.push({
      code: 'config',
      file: this.file,
      ...(line === undefined ? {} : { line }),
      path: name,
      message,
      expected,
      received: '',
    });
  }

  /** Says that a setting is not in the file and what is taken for it. */
  assume(name: string, value: unknown, why: string): void {
    this.warnings.push(`${this.file}: ${name} is not there: ${String(value)} is assumed, ${why}`);
  }

  /** Says that a setting is there and does not count. */
  ignore(name: string, why: string): void {
    const line = this.entries.get(name)?.line;
    this.#read.add(name);
    this.warnings.push(`${this.file}${line === undefined ? '' : `:${line}`}: ${name}: ${why}`);
  }

  /** Takes settings as read that change no step time: paths, logging, learning rates. */
  skip(pattern: RegExp): void {
    for (const name of this.entries.keys()) if (pattern.test(name)) this.#read.add(name);
  }

  /** Names every setting that nobody read as not understood, and fails if anything was wrong. @throws InputError. */
  finish(): void {
    if (this.#issues.length > 0) throw new InputError(this.#issues);
    for (const [name, { line, value }] of this.entries) {
      if (this.#read.has(name) || value === null || value === false) continue;
      this.warnings.push(`${this.file}:${line}: ${name} is not understood and left out`);
    }
  }

  #find(names: readonly string[]): { readonly name: string; readonly entry: ConfigEntry } | undefined {
    let found: { readonly name: string; readonly entry: ConfigEntry } | undefined;
    for (const name of names) {
      const entry = this.entries.get(name);
      if (!entry) continue;
      this.#read.add(name);
      if (!found && entry.value !== null && entry.value !== undefined) found = { name, entry };
    }
    return found;
  }
}

/** Settings of nested maps under dotted names. */
export function flattened(
  tree: unknown,
  lineOf: (path: readonly string[]) => number,
  path: readonly string[] = [],
  into = new Map<string, ConfigEntry>(),
): Map<string, ConfigEntry> {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    if (path.length > 0) into.set(path.join('.'), { value: tree, line: lineOf(path) });
    return into;
  }
  for (const [key, value] of Object.entries(tree)) flattened(value, lineOf, [...path, key], into);
  return into;
}
