import { fstatSync, writeSync } from 'node:fs';

const streams = { 1: () => process.stdout, 2: () => process.stderr } as const;
type Descriptor = keyof typeof streams;

/**
 * Writes to stdout (1) or stderr (2), without the streams of Node where that can be: to load them takes 2 MiB.
 * @throws the system's error when it cannot be written; ends the process when whoever read has gone.
 */
function write(to: Descriptor, text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(to, bytes, written);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // Nobody is there to tell.
    if (code === 'EPIPE') process.exit(process.exitCode ?? 0);
    if (code !== 'EAGAIN') throw error;
    // Somebody else made the pipe one that does not wait: the stream does.
    streams[to]().write(bytes.subarray(written));
  }
}

export const writeOut = (text: string): void => write(1, text);
export const writeError = (text: string): void => write(2, text);

/** Columns of the terminal that stdout or stderr is; undefined when it is none. */
export function terminalColumns(of: Descriptor): number | undefined {
  let device = true;
  try {
    // As bigint: Node's resolution of modules looks at the other form's last answer, and stops at symbolic links after a pipe.
    device = fstatSync(of, { bigint: true }).isCharacterDevice();
  } catch {
    // A system that does not tell.
  }
  if (!device) return undefined;
  const stream = streams[of]();
  return stream.isTTY === true ? (stream.columns ?? 100) : undefined;
}
