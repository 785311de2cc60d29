import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A JSON object, read with care: what is asked for is there and of the kind wanted, or an error says which is not. */
export class Fields {
  readonly #fields: ReadonlyMap<string, unknown>;

  constructor(
    value: unknown,
    readonly path: string,
  ) {
    if (typeof value !== 'object' || value === null) throw new Error(`${path}: is no object`);
    this.#fields = new Map(Object.entries(value));
  }

  number(name: string): number {
    const value = this.#fields.get(name);
    if (typeof value !== 'number') throw new Error(`${this.path}.${name}: is no number`);
    return value;
  }

  text(name: string): string {
    const value = this.#fields.get(name);
    if (typeof value !== 'string') throw new Error(`${this.path}.${name}: is no text`);
    return value;
  }

  flag(name: string): boolean {
    return this.#fields.get(name) === true;
  }

  fields(name: string): Fields {
    return new Fields(this.#fields.get(name), `${this.path}.${name}`);
  }

  list(name: string): readonly unknown[] {
    const value: unknown = this.#fields.get(name);
    if (!Array.isArray(value)) throw new Error(`${this.path}.${name}: is no list`);
    return value;
  }
}

/** Runs of another tool, from reference/performance. */
export function runsOf(file: string): readonly Fields[] {
  const path = join(process.cwd(), 'test/fixtures/reference/performance', file);
  const content = new Fields(JSON.parse(readFileSync(path, 'utf8')), file);
  return content.list('runs').map((run, i) => new Fields(run, `${file} runs.${i}`));
}
