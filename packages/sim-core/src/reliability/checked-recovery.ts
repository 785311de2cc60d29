import type { Ailment } from './ailment.js';
import { isRefused, type RecoverableJob, type RecoveryPolicy, type RecoveryPolicyFactory } from './recovery-policy.js';

/** A user's recovery policy broke its contract, or threw. */
export class RecoveryPolicyError extends Error {
  constructor(
    readonly policy: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`policy ${policy}: ${message}`, options);
  }
}

const isDown = ({ capacityFactor }: Ailment): boolean => capacityFactor === 0;

/**
 * A user's policy with everything that it answers looked at: configurations are whole numbers, healthy is 0, a configuration
 * uses nodes that are there, speeds are finite and above 0 (or 0, where NICs are down and the job may have to wait for their node).
 * @throws RecoveryPolicyError naming the policy and the call; RecoveryRefused is passed on.
 */
export function checkedRecovery(name: string, factory: RecoveryPolicyFactory, job: RecoverableJob): RecoveryPolicy {
  const within = <T>(call: string, run: () => T): T => {
    try {
      return run();
    } catch (cause) {
      if (isRefused(cause) || cause instanceof RecoveryPolicyError) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new RecoveryPolicyError(name, `${call} threw: ${message}`, { cause });
    }
  };
  const answer = (call: string, run: () => unknown, legal: (value: number) => boolean, expected: string): number => {
    const value = within(call, run);
    if (typeof value === 'number' && legal(value)) return value;
    throw new RecoveryPolicyError(name, `${call} is ${String(value)}, must be ${expected}`);
  };
  const policy = within('the policy', () => factory(job));
  const missingOnes: unknown[] = [policy?.configuration, policy?.nodesInUse, policy?.speed];
  if (missingOnes.some((part) => typeof part !== 'function'))
    throw new RecoveryPolicyError(name, 'must return an object with configuration, nodesInUse and speed');
  const { failoverSeconds } = policy;
  if (failoverSeconds !== undefined)
    answer(
      'failoverSeconds',
      () => failoverSeconds,
      (s) => s >= 0 && s < Number.POSITIVE_INFINITY,
      'a time in seconds',
    );
  return {
    configuration(missing) {
      const call = `configuration([${missing.join(', ')}])`;
      const healthy = missing.length === 0;
      return answer(
        call,
        () => policy.configuration(missing),
        (value) => (healthy ? value === 0 : Number.isInteger(value) && value >= -1),
        healthy ? '0' : 'a whole number of at least -1',
      );
    },
    nodesInUse: (configuration) =>
      answer(
        `nodesInUse(${configuration})`,
        () => policy.nodesInUse(configuration),
        (value) => Number.isInteger(value) && value >= 1 && value <= job.nodes,
        `a whole number from 1 to ${job.nodes}`,
      ),
    speed: (configuration, ailments) =>
      answer(
        `speed(${configuration}, ${ailments.length} ailments)`,
        () => policy.speed(configuration, ailments),
        (value) => Number.isFinite(value) && (value > 0 || (value === 0 && ailments.some(isDown))),
        'a number above 0',
      ),
    ...(failoverSeconds === undefined ? {} : { failoverSeconds }),
  };
}
