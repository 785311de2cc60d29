import type { InputIssue } from '../../schema/input-error.js';
import type { LocatedText } from '../../schema/located-text.js';
import type { Tree } from '../../schema/paths.js';

const show = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** The fields of a `config.json`, each mistake at its place. */
export class Fields {
  readonly issues: InputIssue[] = [];
  readonly warnings: string[] = [];

  /** @param prefix Path of the language model inside a multimodal file. */
  constructor(
    readonly located: LocatedText,
    readonly tree: Tree,
    readonly prefix: readonly string[],
  ) {}

  wrong(key: string, message: string, expected: string, received = ''): void {
    const path = [...this.prefix, key];
    const { line, column } = this.located.locate(path);
    this.issues.push({
      code: 'config',
      file: this.located.file,
      line,
      column,
      path: path.join('.'),
      message,
      expected,
      received,
    });
  }

  /** A positive whole number under the first key that is there. */
  count(keys: readonly string[], fallback?: number): number {
    for (const key of keys) {
      const value = this.tree[key];
      if (value === undefined || value === null) continue;
      if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
      this.wrong(key, `is ${show(value)}`, 'a positive whole number', String(value));
      return 1;
    }
    if (fallback !== undefined) return fallback;
    this.wrong(keys[0] ?? '', 'is missing', 'a positive whole number');
    return 1;
  }

  /** A size that some families leave to their class: its default is said. */
  ofClass(keys: readonly string[], usual: number | undefined): number {
    if (usual !== undefined && !keys.some((key) => this.has(key)))
      this.warnings.push(`${keys[0]} is not there: ${usual} assumed, the default of its class`);
    return this.count(keys, usual);
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.tree[key];
    if (typeof value === 'boolean') return value;
    if (value !== undefined && value !== null) this.wrong(key, `is ${show(value)}`, 'true or false');
    else if (key === 'tie_word_embeddings')
      this.warnings.push(`${key} is not there: ${fallback} assumed, the default of its class`);
    return fallback;
  }

  has(key: string): boolean {
    return this.tree[key] !== undefined && this.tree[key] !== null;
  }

  /** Says what is left out where a field has a value that the model does not have. */
  remark(key: string, when: (value: unknown) => boolean, text: string): void {
    if (this.has(key) && when(this.tree[key])) this.warnings.push(`${key} ${text}`);
  }
}

/** Size of a head: hidden / heads, which must be whole where the file does not give it. */
export function headSize(fields: Fields, keys: readonly string[], hidden: number, heads: number): number {
  const given = keys.find((key) => fields.has(key));
  if (given !== undefined) return fields.count([given]);
  if (hidden % heads !== 0 && fields.issues.length === 0)
    fields.wrong(
      keys[0] ?? 'head_dim',
      `is not there, and ${hidden} / ${heads} heads is not whole`,
      'the size of a head, or heads that divide the hidden size',
    );
  return Math.max(1, Math.floor(hidden / heads));
}
