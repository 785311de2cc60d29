import { type ApplicationLength, InputError } from '@regatta/scenarios';

/** Seconds, or { stepsPerSecond }, by application. */
export function lengthTable(content: string, file: string): Readonly<Record<string, ApplicationLength>> {
  const wrong = (path: string, message: string): InputError =>
    new InputError([
      {
        code: 'lengths',
        file,
        path,
        expected: 'seconds or { "stepsPerSecond": n } by application',
        received: '',
        message,
      },
    ]);
  let table: unknown;
  try {
    table = JSON.parse(content);
  } catch (error) {
    throw wrong('', `is no valid JSON: ${error instanceof Error ? error.message : ''}`);
  }
  if (typeof table !== 'object' || table === null || Array.isArray(table)) throw wrong('', 'is no object');
  return Object.fromEntries(
    Object.entries(table).map(([name, value]: [string, unknown]): [string, ApplicationLength] => {
      if (typeof value === 'number' && value > 0) return [name, value];
      const rate =
        typeof value === 'object' && value !== null && 'stepsPerSecond' in value ? value.stepsPerSecond : undefined;
      if (typeof rate === 'number' && rate > 0) return [name, { stepsPerSecond: rate }];
      throw wrong(name, `is ${JSON.stringify(value)}`);
    }),
  );
}
