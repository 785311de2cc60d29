import { type RecoveryPolicyFactory, RecoveryRefused, type ReducedPlan } from './recovery-policy.js';

/** Waits until all nodes are there. */
const waitForNodes: RecoveryPolicyFactory = ({ nodes, states }) => ({
  configuration: (missing) => (missing.length === 0 ? 0 : -1),
  nodesInUse: () => nodes,
  speed: (_, ailments) => states.asItIs(ailments),
});

/**
 * Goes on with as many whole model replicas as the nodes left make up, at the same global batch. The configuration is the number
 * of replicas lost; none left: it waits.
 */
const shrinkReplicas: RecoveryPolicyFactory = ({ nodes, parallel, states }) => {
  const replicas = parallel.data;
  const perReplica = nodes / replicas;
  const usable = new Map<number, number>();
  const shrunk = (left: number): ReducedPlan | undefined => states.reshaped({ data: left });
  const usableOf = (left: number): number => {
    let known = usable.get(left);
    if (known === undefined) {
      for (known = left; known > 0 && !shrunk(known); ) known--;
      usable.set(left, known);
    }
    return known;
  };
  return {
    configuration: (missing) => {
      if (missing.length === 0) return 0;
      const left = usableOf(Math.floor((nodes - missing.length) / perReplica + 1e-9));
      return left > 0 ? replicas - left : -1;
    },
    nodesInUse: (lost) => Math.ceil((replicas - lost) * perReplica - 1e-9),
    speed: (lost, ailments) => (lost === 0 ? states.asItIs(ailments) : (shrunk(replicas - lost)?.speed(ailments) ?? 0)),
  };
};

/** Takes the best parallel plan found for the nodes left; the configuration is the number of nodes missing. */
const replanOnNodesLeft: RecoveryPolicyFactory = ({ nodes, states }) => ({
  configuration: (missing) => (missing.length === 0 || states.bestPlan(nodes - missing.length) ? missing.length : -1),
  nodesInUse: (missing) => (missing === 0 ? nodes : (states.bestPlan(nodes - missing)?.nodes ?? 0)),
  speed: (missing, ailments) =>
    missing === 0 ? states.asItIs(ailments) : (states.bestPlan(nodes - missing)?.speed(ailments) ?? 0),
});

/**
 * Sends the micro-batches of a missing node to its peers, the nodes of the same pipeline stage in other replicas (ReCycle, SOSP
 * 2024). What counts is the stage that misses the most of its peers, and how many stages miss as many: the configuration
 * is peers missing x (stages + 1) + such stages. A stage without any peer left makes the job wait.
 */
const rerouteToPeers: RecoveryPolicyFactory = ({ nodes, parallel, failoverSeconds, states }) => {
  const stages = parallel.pipeline;
  const peers = nodes / stages;
  if (!Number.isInteger(peers) || peers < 2) {
    throw new RecoveryRefused(
      `reroute needs whole nodes as peers in each pipeline stage; ${nodes} nodes make ${stages} stages`,
      'at least two nodes a stage, or another policy',
    );
  }
  return {
    configuration: (missing) => {
      const perStage = new Array<number>(stages).fill(0);
      for (const node of missing) {
        const stage = Math.floor(node / peers);
        perStage[stage] = (perStage[stage] ?? 0) + 1;
      }
      const most = Math.max(...perStage);
      if (most === 0) return 0;
      return most >= peers ? -1 : most * (stages + 1) + perStage.filter((count) => count === most).length;
    },
    nodesInUse: () => nodes,
    speed: (configuration, ailments) =>
      configuration === 0
        ? states.asItIs(ailments)
        : states.rerouted(Math.floor(configuration / (stages + 1)), configuration % (stages + 1), ailments),
    // Sharded optimizer states die with their node: the job must go back to a checkpoint.
    ...(parallel.zero === 0 ? { failoverSeconds } : {}),
  };
};

/** Recovery policies by name. `restart` and `spares` differ in the spare nodes that a job has. */
export const builtInRecovery: Readonly<Record<string, RecoveryPolicyFactory>> = {
  restart: waitForNodes,
  spares: waitForNodes,
  shrink: shrinkReplicas,
  replan: replanOnNodesLeft,
  reroute: rerouteToPeers,
};
