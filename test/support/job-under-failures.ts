import {
  type Ailment,
  builtInRecovery,
  type DegradedStates,
  type Parallel,
  type RecoverableJob,
  type RecoveryPolicyFactory,
  type RunEvent,
} from '@regatta/sim-core';

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

const slowest = (ailments: readonly Ailment[]): number =>
  ailments.reduce((most, { slowFactor, capacityFactor }) => Math.max(most, slowFactor, 2 - capacityFactor), 1);

const parallel: Parallel = {
  tensor: 1,
  pipeline: 4,
  context: 1,
  expert: 1,
  expertTensor: 1,
  data: 4,
  virtualStages: 1,
  sequenceParallel: false,
  zero: 0,
};

/** Eight nodes of two GPUs, four replicas in four stages of two nodes; speeds by hand: the share of replicas left, of peers left. */
export function recoverable(given: Partial<RecoverableJob> = {}): RecoverableJob {
  const states: DegradedStates = {
    asItIs: (ailments) => 1 / slowest(ailments),
    reshaped: ({ data = 4 }) => ({ nodes: 2 * data, speed: (ailments) => data / 4 / slowest(ailments) }),
    bestPlan: (nodes) => (nodes < 2 ? undefined : { nodes, speed: (ailments) => nodes / 8 / slowest(ailments) }),
    rerouted: (missing, _, ailments) => (2 - missing) / 2 / slowest(ailments),
  };
  return { nodes: 8, gpusPerNode: 2, parallel, failoverSeconds: 3, states, ...given };
}

/** A built-in recovery policy by name. */
export function recovery(name: string): RecoveryPolicyFactory {
  const factory = builtInRecovery[name];
  if (!factory) throw new Error(`no recovery policy ${name}`);
  return factory;
}

export const waiting = recovery('restart');
