import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { InputError } from '@regatta/scenarios';
import { PolicyError, type SchedulingPolicy } from '@regatta/sim-core';

/** Marks for a watcher outside when a policy's code runs, so that one that never returns can be stopped. */
export interface Pulse {
  enter(): void;
  leave(): void;
}

/**
 * Loads a user's policy from a TypeScript or JavaScript file: its default export, or its export `policy`. The file may import
 * from '@regatta/sim-core' and from files beside it.
 * @throws InputError when the file cannot be compiled or exports no policy.
 */
export async function loadPolicyFile(path: string, pulse: Pulse): Promise<SchedulingPolicy> {
  const code = await compiled(path);
  pulse.enter();
  let module: Record<string, unknown>;
  try {
    module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  } catch (error) {
    throw wrongFile(path, `throws while it is loaded: ${messageOf(error)}`);
  } finally {
    pulse.leave();
  }
  const exported = module.default ?? module.policy;
  if (!isPolicy(exported)) {
    throw wrongFile(
      path,
      'exports no policy: neither its default export nor its export `policy` has name, reasonsIn and decide',
    );
  }
  return watched(exported, pulse);
}

async function compiled(path: string): Promise<string> {
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

interface BuildMessage {
  readonly text: string;
  readonly location: { readonly line: number; readonly column: number } | null;
}

function buildErrors(error: unknown): readonly BuildMessage[] {
  const holds = typeof error === 'object' && error !== null && 'errors' in error && Array.isArray(error.errors);
  return holds ? (error.errors as BuildMessage[]) : [];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function wrongFile(file: string, message: string, line?: number, column?: number): InputError {
  const place = { ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
  return new InputError([{ code: 'policy', file, ...place, path: '', expected: '', received: '', message }]);
}

function isPolicy(value: unknown): value is SchedulingPolicy {
  if (typeof value !== 'object' || value === null || !('name' in value) || !('decide' in value)) return false;
  const reasonsIn = 'reasonsIn' in value ? value.reasonsIn : 'pool';
  const named = typeof value.name === 'string' && typeof value.decide === 'function';
  return named && (reasonsIn === 'pool' || reasonsIn === 'nodes');
}

/** The policy with every call into it marked, and mistakes of `queueKey` and `explain` named like those of `decide`. */
function watched(policy: SchedulingPolicy, pulse: Pulse): SchedulingPolicy {
  const within = <T>(call: () => T): T => {
    pulse.enter();
    try {
      return call();
    } finally {
      pulse.leave();
    }
  };
  const { queueKey, explain } = policy;
  const named = <T>(what: string, call: () => T): T => {
    try {
      return within(call);
    } catch (cause) {
      throw new PolicyError(policy.name, Number.NaN, `${what} threw: ${messageOf(cause)}`, { cause });
    }
  };
  return {
    ...policy,
    reasonsIn: policy.reasonsIn ?? 'pool',
    decide: (view) => within(() => policy.decide(view)),
    ...(queueKey === undefined
      ? {}
      : {
          queueKey(job) {
            const key: unknown = named('queueKey', () => queueKey.call(policy, job));
            if (typeof key === 'number' && !Number.isNaN(key)) return key;
            throw new PolicyError(
              policy.name,
              Number.NaN,
              `queueKey of job ${job.id} is ${String(key)}, must be a number`,
            );
          },
        }),
    ...(explain === undefined
      ? {}
      : { explain: (view, job) => named('explain', () => explain.call(policy, view, job)) }),
  };
}
