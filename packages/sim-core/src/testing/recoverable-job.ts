import type { Ailment } from '../reliability/ailment.js';
import type { DegradedStates, RecoverableJob } from '../reliability/recovery-policy.js';

const slowest = (ailments: readonly Ailment[]): number =>
  ailments.reduce((most, { slowFactor, capacityFactor }) => Math.max(most, slowFactor, 2 - capacityFactor), 1);

/** Eight nodes of two GPUs, four replicas in four stages of two nodes; speeds by hand: the share of replicas left, of peers left. */
export function recoverableJob(given: Partial<RecoverableJob> = {}): RecoverableJob {
  const states: DegradedStates = {
    asItIs: (ailments) => 1 / slowest(ailments),
    reshaped: ({ data = 4 }) =>
      data < 1 ? undefined : { nodes: 2 * data, speed: (ailments) => data / 4 / slowest(ailments) },
    bestPlan: (nodes) => (nodes < 2 ? undefined : { nodes, speed: (ailments) => nodes / 8 / slowest(ailments) }),
    rerouted: (missing, _, ailments) => (2 - missing) / 2 / slowest(ailments),
  };
  const parallel = {
    tensor: 1,
    pipeline: 4,
    context: 1,
    expert: 1,
    expertTensor: 1,
    data: 4,
    virtualStages: 1,
    sequenceParallel: false,
    zero: 0,
  } as const;
  return { nodes: 8, gpusPerNode: 2, parallel, failoverSeconds: 3, states, ...given };
}
