import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { InputError } from '@regatta/scenarios';

/** Marks for a watcher outside when a user's code runs, so that one that never returns can be stopped. */
export interface Pulse {
  enter(): void;
  leave(): void;
}

/** The pulse of a thread, in memory that another thread watches. */
export function sharedPulse(memory: SharedArrayBuffer): Pulse {
  const counter = new Int32Array(memory);
  return {
    enter: () => Atomics.add(counter, 0, 1),
    leave: () => Atomics.add(counter, 1, 1),
  };
}

/** Runs a piece of a user's code with its pulse. */
export function within<T>(pulse: Pulse, run: () => T): T {
  pulse.enter();
  try {
    return run();
  } finally {
    pulse.leave();
  }
}

/**
 * Compiles a user's TypeScript or JavaScript file, with what it imports from '@regatta/sim-core' and from files beside it.
 * @throws InputError when it cannot be compiled.
 */
export async function compileUserFile(path: string): Promise<string> {
  const { build } = await import('esbuild');
  const here = createRequire(import.meta.url);
  try {
    const result = await build({
      entryPoints: [resolve(path)],
      absWorkingDir: dirname(resolve(path)),
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'silent',
      alias: { '@regatta/sim-core': here.resolve('@regatta/sim-core') },
    });
    return result.outputFiles[0]?.text ?? '';
  } catch (error) {
    const [first] = buildErrors(error);
    throw first === undefined
      ? wrongFile(path, messageOf(error))
      : wrongFile(
          path,
          first.text,
          first.location?.line,
          first.location === null ? undefined : (first.location?.column ?? 0) + 1,
        );
  }
}

/** Loads compiled code: its default export, or its export `policy`. @throws InputError when it throws. */
export async function importUserCode(path: string, code: string, pulse: Pulse): Promise<unknown> {
  pulse.enter();
  try {
    const module: Record<string, unknown> = await import(
      `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
    );
    return module.default ?? module.policy;
  } catch (error) {
    throw wrongFile(path, `throws while it is loaded: ${messageOf(error)}`);
  } finally {
    pulse.leave();
  }
}

interface BuildMessage {
  readonly text: string;
  readonly location: { readonly line: number; readonly column: number } | null;
}

function buildErrors(error: unknown): readonly BuildMessage[] {
  const holds = typeof error === 'object' && error !== null && 'errors' in error && Array.isArray(error.errors);
  return holds ? (error.errors as BuildMessage[]) : [];
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function wrongFile(file: string, message: string, line?: number, column?: number): InputError {
  const place = { ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
  return new InputError([{ code: 'policy', file, ...place, path: '', expected: '', received: '', message }]);
}
