import { builtInRecovery, type RecoveryPolicyFactory, type RunEvent } from '@regatta/sim-core';

/** A failure of node 0 that only kills its processes. */
export const failure: RunEvent = {
  time: 0,
  name: 'node',
  mode: 'stop',
  firstNode: 0,
  nodeCount: 1,
  detectSeconds: 0,
  repairSeconds: 0,
  slowFactor: 1,
  nics: [],
  capacityFactor: 1,
  transient: false,
  ownNodeOnly: false,
};

/** A built-in recovery policy by name. */
export function recovery(name: string): RecoveryPolicyFactory {
  const factory = builtInRecovery[name];
  if (!factory) throw new Error(`no recovery policy ${name}`);
  return factory;
}

export const waiting = recovery('restart');
