/**
 * A recovery policy of your own: goes on without one of the replicas while nodes are missing, and waits for repair when more of them
 * would have to go. Does giving up more pay? (`recoveryInvariants` of @regatta/sim-core/testing tests it.)
 *
 *   regatta compare llama-3.1-405b-h100 --model llama-2-13b --tp 8 --pp 1 --gpus 1024 --days 30 \
 *     --set failures.profile=opt-175b --set recovery.spares=0 \
 *     --vary recovery.policy=restart,shrink,examples/my-recovery-policy/one-replica-less.ts
 */
import type { RecoverableJob, RecoveryPolicy } from '@regatta/sim-core';

export default function oneReplicaLess({ nodes, parallel, states }: RecoverableJob): RecoveryPolicy {
  const nodesOfReplica = nodes / parallel.data;
  // `states` prices a way to run by the simulation of its step, and remembers it.
  const smaller = states.reshaped({ data: parallel.data - 1 });
  return {
    // Ways to run are numbered as the policy likes; 0 is the healthy one, and -1 waits.
    configuration: (missing) => {
      if (missing.length === 0) return 0;
      return smaller && missing.length <= nodesOfReplica ? 1 : -1;
    },
    nodesInUse: (configuration) => (configuration === 0 ? nodes : nodes - nodesOfReplica),
    speed: (configuration, ailments) =>
      configuration === 0 ? states.asItIs(ailments) : (smaller?.speed(ailments) ?? 0),
  };
}
