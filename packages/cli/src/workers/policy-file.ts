import { PolicyError, type SchedulingPolicy } from '@regatta/sim-core';
import { compileUserFile, importUserCode, messageOf, type Pulse, within, wrongFile } from './user-file.js';

/**
 * Loads a user's scheduling policy from a TypeScript or JavaScript file: its default export, or its export `policy`.
 * @throws InputError when the file cannot be compiled or exports no policy.
 */
export async function loadPolicyFile(path: string, pulse: Pulse): Promise<SchedulingPolicy> {
  const exported = await importUserCode(path, await compileUserFile(path), pulse);
  if (!isPolicy(exported)) {
    throw wrongFile(
      path,
      'exports no policy: neither its default export nor its export `policy` has name, reasonsIn and decide',
    );
  }
  return watched(exported, pulse);
}

function isPolicy(value: unknown): value is SchedulingPolicy {
  if (typeof value !== 'object' || value === null || !('name' in value) || !('decide' in value)) return false;
  const reasonsIn = 'reasonsIn' in value ? value.reasonsIn : 'pool';
  const named = typeof value.name === 'string' && typeof value.decide === 'function';
  return named && (reasonsIn === 'pool' || reasonsIn === 'nodes');
}

/** The policy with every call into it marked, and mistakes of `queueKey` and `explain` named like those of `decide`. */
function watched(policy: SchedulingPolicy, pulse: Pulse): SchedulingPolicy {
  const { queueKey, explain } = policy;
  const named = <T>(what: string, call: () => T): T => {
    try {
      return within(pulse, call);
    } catch (cause) {
      throw new PolicyError(policy.name, Number.NaN, `${what} threw: ${messageOf(cause)}`, { cause });
    }
  };
  return {
    ...policy,
    reasonsIn: policy.reasonsIn ?? 'pool',
    decide: (view) => within(pulse, () => policy.decide(view)),
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
