import { InputError } from '@regatta/scenarios';
import { type Arguments, flag, stringArgument } from './command.js';
import type { Io } from './io.js';

/** Refuses output files that exist, before the work that would be lost with them. @throws InputError with each of them. */
export function checkTargets(args: Arguments, io: Io, names: readonly string[]): void {
  if (flag(args, 'force')) return;
  const paths = names.map((name) => stringArgument(args, name)).filter((path) => path !== undefined && io.exists(path));
  if (paths.length === 0) return;
  throw new InputError(
    paths.map((file) => ({
      code: 'exists',
      ...(file === undefined ? {} : { file }),
      path: '',
      message: 'exists',
      expected: '--force to replace it',
      received: '',
    })),
  );
}

/** Puts a result where the user wants it: --json prints one object, --out writes a file instead of stdout. */
export function deliver(args: Arguments, io: Io, json: unknown, human: () => string): void {
  const text = flag(args, 'json') ? `${JSON.stringify(json)}\n` : human();
  const path = stringArgument(args, 'out');
  if (path === undefined) io.print(text);
  else {
    io.writeFile(path, text, flag(args, 'force'));
    io.remark(`wrote ${path}`);
  }
}
