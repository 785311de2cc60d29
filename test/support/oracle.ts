import { expect } from 'vitest';
import { readReference } from './reference.js';

export interface OracleCase<Input, Expected> {
  readonly id: string;
  readonly input: Input;
  readonly expected: Expected;
  readonly relativeTolerance: number;
  /** Fails on a field that the suite does not know. */
  check(): void;
}

interface RawCase {
  readonly id: string;
  readonly input: object;
  readonly [field: string]: unknown;
}

const isFile = (content: unknown): content is { relativeTolerance: number; cases: RawCase[] } =>
  typeof content === 'object' && content !== null && 'cases' in content && Array.isArray(content.cases);

/**
 * Cases of one oracle file (reference/oracles/README.md); empty when the folder does not hold it.
 * `expected` may stand in the fields expected, expectedBytes or expectedSeconds.
 */
export function oracleCases<Input, Expected>(
  file: string,
  known: { readonly input: readonly string[]; readonly expected?: readonly string[] },
): OracleCase<Input, Expected>[] {
  const content = readReference('oracles', file);
  if (!isFile(content)) return [];
  return content.cases.map((raw) => {
    const expected = raw.expected ?? raw.expectedBytes ?? raw.expectedSeconds;
    return {
      id: raw.id,
      input: raw.input as Input,
      expected: expected as Expected,
      relativeTolerance: content.relativeTolerance,
      check: () => {
        for (const key of Object.keys(raw)) {
          expect(['id', 'input', 'expected', 'expectedBytes', 'expectedSeconds', 'published']).toContain(key);
        }
        for (const key of Object.keys(raw.input)) expect(known.input).toContain(key);
        if (typeof expected === 'object' && expected !== null) {
          for (const key of Object.keys(expected)) expect(known.expected ?? []).toContain(key);
        }
      },
    };
  });
}
