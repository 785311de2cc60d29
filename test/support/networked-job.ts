import { type Ailment, builtInRecovery, type DegradedStates, type RecoveryPolicy } from '@regatta/sim-core';
import { recoverableJob } from '@regatta/sim-core/testing';

/** How much longer a step takes: something of each ailment of each node, wherever it is; for ever without all NICs of a node. */
function slowness(ailments: readonly Ailment[], nicsPerNode: number): number {
  const down = new Map<number, Set<number>>();
  let sum = 1;
  for (const { firstNode, nodeCount, slowFactor, nics, capacityFactor } of ailments) {
    for (let node = firstNode; node < firstNode + nodeCount; node++) {
      sum += (1 + node / 16) * (slowFactor - 1 + nics.length * (1 - capacityFactor));
      if (capacityFactor > 0) continue;
      const own = down.get(node) ?? new Set();
      down.set(node, own);
      for (const nic of nics) own.add(nic);
    }
  }
  return [...down.values()].some((nics) => nics.size >= nicsPerNode) ? Number.POSITIVE_INFINITY : sum;
}

/** A built-in recovery policy for a job of eight nodes that stands still while all NICs of a node are down. */
export function networkedJob(name: string, nicsPerNode: number, given: { zero?: 0 | 1 } = {}): RecoveryPolicy {
  const states: DegradedStates = {
    asItIs: (ailments) => 1 / slowness(ailments, nicsPerNode),
    reshaped: ({ data = 4 }) =>
      data < 1 ? undefined : { nodes: 2 * data, speed: (some) => data / 4 / slowness(some, nicsPerNode) },
    bestPlan: (nodes) => (nodes < 2 ? undefined : { nodes, speed: (some) => nodes / 8 / slowness(some, nicsPerNode) }),
    rerouted: (missing, _, ailments) => (2 - missing) / 2 / slowness(ailments, nicsPerNode),
  };
  const job = recoverableJob({ states });
  const factory = builtInRecovery[name];
  if (!factory) throw new Error(`no recovery policy ${name}`);
  return factory({ ...job, parallel: { ...job.parallel, zero: given.zero ?? 0 } });
}
