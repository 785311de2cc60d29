import type { RecoveryPolicyFactory } from '@regatta/sim-core';
import { importUserCode, type Pulse, within, wrongFile } from './user-file.js';

const isFactory = (value: unknown): value is RecoveryPolicyFactory => typeof value === 'function';

/**
 * A user's recovery policy from its compiled file: a function of the job, its default export or its export `policy`, every call
 * into it marked.
 * @throws InputError when the file exports no function.
 */
export async function loadRecoveryPolicy(path: string, code: string, pulse: Pulse): Promise<RecoveryPolicyFactory> {
  const factory = await importUserCode(path, code, pulse);
  if (!isFactory(factory)) {
    throw wrongFile(
      path,
      'exports no recovery policy: neither its default export nor its export `policy` is a function of the job',
    );
  }
  return (job) => {
    const policy = within(pulse, () => factory(job));
    return {
      ...policy,
      configuration: (missing) => within(pulse, () => policy.configuration(missing)),
      nodesInUse: (configuration) => within(pulse, () => policy.nodesInUse(configuration)),
      speed: (configuration, ailments) => within(pulse, () => policy.speed(configuration, ailments)),
    };
  };
}
