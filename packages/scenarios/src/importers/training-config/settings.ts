import { didYouMean, editDistance } from '../../schema/did-you-mean.js';
import { isTree, type Tree } from '../../schema/paths.js';
import type { ConfigFormat, ConfigIssue, ConfigWarning, Place, TrainingConfig } from './types.js';

/** One argument as it stood in a file. */
export interface Setting extends Place {
  /** As the file spells it, for messages. */
  readonly name: string;
  readonly value: unknown;
  /** A variable inside the value that the file never sets. */
  readonly unset?: string;
}

/** How a tool spells arguments, and its name, for messages. */
export interface Style {
  readonly tool: string;
  spell(key: string): string;
  /** Other arguments of the tool, beside those that are read, that a misspelt one may mean. */
  readonly others?: Iterable<string>;
}

const megatronStyle: Style = { tool: 'Megatron-LM', spell: (key) => `--${key}` };

const show = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** A number as configuration files write it: 8, 5e8, "8", 2_000. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || !/^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value.trim())) return undefined;
  return Number(value.trim().replaceAll('_', ''));
}

/**
 * Arguments of a file by name, each read at most for what it means; what nobody read is left over and gets named. Mistakes and
 * assumptions are collected with the scenario's field, so that a flag over that field makes them void.
 */
export class Settings {
  readonly issues: ConfigIssue[] = [];
  readonly warnings: ConfigWarning[] = [];
  readonly origins = new Map<string, Place>();
  readonly #entries: Map<string, Setting>;
  readonly #read = new Set<string>();
  /** Every argument that was asked for: the ones that a step depends on. */
  readonly #asked = new Set<string>();

  /** @param missingAt Where a message about an absent argument points: the map or the command that should hold it. */
  constructor(
    readonly file: string,
    entries: ReadonlyMap<string, Setting>,
    readonly missingAt: Place,
    readonly style: Style = megatronStyle,
  ) {
    this.#entries = new Map(entries);
  }

  get entries(): ReadonlyMap<string, Setting> {
    return this.#entries;
  }

  /** Adds or replaces an argument. */
  add(key: string, setting: Setting): void {
    this.#entries.set(key, setting);
  }

  /** The file's own spelling of an argument of Megatron-LM. */
  spell(...keys: readonly string[]): string {
    return keys.map((key) => this.style.spell(key)).join(', ');
  }

  /** Which tool's default was taken. */
  get byDefault(): string {
    return `the default of ${this.style.tool}`;
  }

  /** The first of some spellings that is there with a value; it counts as read. */
  find(keys: string | readonly string[]): Setting | undefined {
    for (const key of typeof keys === 'string' ? [keys] : keys) {
      const setting = this.entries.get(key);
      this.#asked.add(key);
      if (!setting) continue;
      this.#read.add(key);
      if (setting.value !== null && setting.value !== undefined) return setting;
    }
    return undefined;
  }

  has(keys: string | readonly string[]): boolean {
    return this.find(keys) !== undefined;
  }

  #known(keys: string | readonly string[], field: string | undefined): Setting | undefined {
    const setting = this.find(keys);
    if (!setting) return undefined;
    if (field !== undefined) this.origins.set(field, { line: setting.line, column: setting.column });
    if (setting.unset === undefined) return setting;
    this.issue(
      setting,
      `the variable ${setting.unset} has no value in this file`,
      `an assignment before it, or \${${setting.unset}:-VALUE}`,
      field,
    );
    return undefined;
  }

  #wrong(setting: Setting, expected: string, field: string | undefined): undefined {
    this.issue(setting, `is ${show(setting.value)}`, expected, field);
    return undefined;
  }

  /** A positive whole number; undefined when it is absent or a mistake. */
  count(keys: string | readonly string[], field?: string, least = 1): number | undefined {
    const setting = this.#known(keys, field);
    if (!setting) return undefined;
    const value = numberOf(setting.value);
    if (value === undefined || !Number.isSafeInteger(value) || value < least)
      return this.#wrong(setting, `a whole number of at least ${least}`, field);
    return value;
  }

  amount(keys: string | readonly string[], field?: string): number | undefined {
    const setting = this.#known(keys, field);
    if (!setting) return undefined;
    const value = numberOf(setting.value);
    return value === undefined || value < 0 ? this.#wrong(setting, 'a number of at least 0', field) : value;
  }

  /** A switch: bare flag, true/false. Absent: undefined. */
  flag(keys: string | readonly string[], field?: string): boolean | undefined {
    const bare = this.find(keys);
    if (bare?.unset !== undefined && String(bare.value).startsWith('$')) {
      // A switch takes no value: what follows are other arguments.
      if (field !== undefined) this.origins.set(field, { line: bare.line, column: bare.column });
      const text = String(bare.value);
      if (!this.warnings.some(({ argument }) => argument === text))
        this.#remark(bare.line, text, 'has no value in this file: arguments in it are unknown', undefined, bare.file);
      return true;
    }
    const setting = this.#known(keys, field);
    if (!setting) return undefined;
    const text = String(setting.value).toLowerCase();
    if (text === 'true' || text === '1' || text === '') return true;
    if (text === 'false' || text === '0') return false;
    return this.#wrong(setting, 'true or false', field);
  }

  text(keys: string | readonly string[], field?: string): string | undefined {
    const setting = this.#known(keys, field);
    return setting === undefined ? undefined : String(setting.value);
  }

  /** Text of an argument that is only looked at for a name in it: a variable without value is no mistake there. */
  hint(key: string): string | undefined {
    const setting = this.find(key);
    return setting === undefined ? undefined : String(setting.value);
  }

  choice<T extends string>(keys: string | readonly string[], allowed: readonly T[], field?: string): T | undefined {
    const setting = this.#known(keys, field);
    if (!setting) return undefined;
    const text = String(setting.value);
    const found = allowed.find((name) => name === text);
    if (found !== undefined) return found;
    this.issue(setting, `is ${show(text)}${didYouMean(text, allowed)}`, allowed.join(' | '), field);
    return undefined;
  }

  issue(setting: Setting, message: string, expected: string, field?: string): void {
    const { name, line, column, value } = setting;
    if (this.issues.some((known) => known.path === name && known.message === message)) return;
    this.issues.push({
      code: 'training-config',
      file: setting.file ?? this.file,
      line,
      column,
      path: name,
      message,
      expected,
      received: show(value),
      ...(field === undefined ? {} : { field }),
    });
  }

  /** An argument that must be there and is not. */
  missing(name: string, expected: string, field: string, message = 'is missing'): void {
    this.issues.push({
      code: 'training-config',
      file: this.file,
      ...this.missingAt,
      path: name,
      message,
      expected,
      received: '',
      field,
    });
  }

  required(keys: string | readonly string[], name: string, field: string): number | undefined {
    if (!this.has(keys)) this.missing(name, 'a positive whole number', field);
    return this.count(keys, field);
  }

  /** Says something of an argument that is there. */
  warn(keys: string | readonly string[], why: string, field?: string): void {
    const setting = this.find(keys);
    if (setting) this.#remark(setting.line, setting.name, why, field, setting.file);
  }

  /** Says what was assumed in place of an argument that is not there. */
  assume(argument: string, why: string, field?: string): void {
    this.#remark(this.missingAt.line, argument, why, field);
  }

  remarkAt(line: number, argument: string, why: string): void {
    this.#remark(line, argument, why, undefined);
  }

  #remark(line: number, argument: string, why: string, field: string | undefined, file = this.file): void {
    this.warnings.push({ file, line, argument, why, ...(field === undefined ? {} : { field }) });
  }

  /** Marks arguments as having no part in a step's time or memory. */
  ignore(test: (key: string) => boolean): void {
    for (const key of this.entries.keys()) if (test(key)) this.#read.add(key);
  }

  /** Names arguments that change a step but have no counterpart here, each with what is taken in its place. */
  nameUnmodelled(table: Readonly<Record<string, string>>): void {
    for (const [key, why] of Object.entries(table)) {
      const setting = this.entries.get(key);
      if (setting && !this.#read.has(key) && !isOff(setting.value)) this.warn(key, why);
      this.#read.add(key);
    }
  }

  /**
   * Names every argument that nobody has read. One that is an argument of a step but for a letter, where that one is not given, is a
   * mistake: the tool itself would not start.
   */
  nameLeftovers(): void {
    for (const [key, setting] of this.entries) {
      if (this.#read.has(key) || isOff(setting.value)) continue;
      const missed = nearest(key, this.#asked);
      if (missed !== undefined && !this.entries.has(missed)) {
        this.issue(
          setting,
          `unknown argument (did you mean ${this.style.spell(missed)}?)`,
          `an argument of ${this.style.tool}`,
        );
        continue;
      }
      const known = nearest(key, this.style.others ?? []);
      const meant = known === undefined ? '' : ` (did you mean ${this.style.spell(known)}?)`;
      this.#remark(
        setting.line,
        setting.name,
        `is not understood${meant}: if it changes the step, the result does not know`,
        undefined,
        setting.file,
      );
    }
  }

  finish(
    format: ConfigFormat,
    scenario: Tree,
    rest: Pick<TrainingConfig, 'batchPerReplica' | 'accumulation' | 'replicas' | 'gpus' | 'stack'> = {},
  ): TrainingConfig {
    return {
      format,
      file: this.file,
      scenario: withoutUndefined(scenario),
      ...rest,
      warnings: this.warnings,
      issues: this.issues,
      origins: this.origins,
    };
  }
}

const isOff = (value: unknown): boolean => value === null || value === false || value === 'false' || value === 'False';

/** The known name that a key is but for a few letters, or the beginning of. */
function nearest(key: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(key.length / 9)) + 1;
  for (const name of known) {
    if (Math.abs(name.length - key.length) >= least && !(key.length >= 8 && name.startsWith(key))) continue;
    const distance = key.length >= 8 && name.startsWith(key) ? 1 : editDistance(key, name);
    if (distance >= least) continue;
    best = name;
    least = distance;
  }
  return best;
}

function withoutUndefined(tree: Tree): Tree {
  const copy: unknown = JSON.parse(JSON.stringify(tree));
  return isTree(copy) ? copy : {};
}

/** Base name without folder and ending, for the scenario's name. */
export const nameOfFile = (file: string): string =>
  (file.split('/').at(-1) ?? file).replace(/\.(ya?ml|json|toml|sh|bash|slurm|sbatch|txt|args)$/i, '') || 'scenario';
