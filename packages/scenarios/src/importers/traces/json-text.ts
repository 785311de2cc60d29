import { InputError } from '../../schema/input-error.js';

/** Parses JSON text. @throws InputError with the parser's words. */
export function parseJson(text: string, file?: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new InputError([
      {
        code: 'json',
        ...(file === undefined ? {} : { file }),
        path: '',
        expected: 'JSON',
        received: '',
        message: `is no valid JSON: ${message}`,
      },
    ]);
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
