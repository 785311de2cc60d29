import { type Arguments, flag, stringArgument } from './command.js';
import type { Io } from './io.js';

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
