/**
 * What a job does when nodes are missing. A configuration is a way to run, numbered by its policy; the healthy one is that
 * with no node missing. Policies hold no state: the same nodes missing give the same configuration.
 */
export interface RecoveryPolicy {
  /** The best configuration with these nodes missing (spares are already counted in), or -1: it must wait for one of them. */
  configuration(missing: readonly number[]): number;
  nodesInUse(configuration: number): number;
  /** Throughput over the healthy configuration's while the operators of its slowest node take `slowFactor` times as long. */
  speed(configuration: number, slowFactor: number): number;
  /** Seconds to go on in another configuration without a restart from a checkpoint, losing only the step in flight; absent: it can't. */
  readonly failoverSeconds?: number;
}

/** Throughput over the healthy configuration's with a straggler: of the step simulation of that state. */
export type StragglerSpeed = (slowFactor: number) => number;

/** Waits until all nodes are there: of the policies restart and spares. */
export const waitForNodes = (nodes: number, stragglerSpeed: StragglerSpeed): RecoveryPolicy => ({
  configuration: (missing) => (missing.length === 0 ? 0 : -1),
  nodesInUse: () => nodes,
  speed: (_, slowFactor) => stragglerSpeed(slowFactor),
});

/**
 * Goes on with as many whole model replicas as the nodes left make up, at the same global batch (more accumulation). The
 * configuration is the number of replicas lost; none left: it waits.
 * @param usableReplicas The largest number up to the given one with which the job can run; 0: none.
 */
export const shrinkReplicas = (
  nodes: number,
  replicas: number,
  usableReplicas: (left: number) => number,
  speed: (lostReplicas: number, slowFactor: number) => number,
): RecoveryPolicy => {
  const perReplica = nodes / replicas;
  return {
    configuration: (missing) => {
      if (missing.length === 0) return 0;
      const left = usableReplicas(Math.floor((nodes - missing.length) / perReplica + 1e-9));
      return left > 0 ? replicas - left : -1;
    },
    nodesInUse: (lost) => Math.ceil((replicas - lost) * perReplica - 1e-9),
    speed,
  };
};

/** A plan for fewer nodes than the job's: how many it uses, and how fast it is against the healthy one. */
export interface ReducedPlan {
  readonly nodes: number;
  readonly speed: (slowFactor: number) => number;
}

/** Takes the best parallel plan for the nodes left; the configuration is the number of nodes missing. */
export const replanOnNodesLeft = (
  nodes: number,
  stragglerSpeed: StragglerSpeed,
  planFor: (nodesLeft: number) => ReducedPlan | undefined,
): RecoveryPolicy => ({
  configuration: (missing) => (missing.length === 0 || planFor(nodes - missing.length) ? missing.length : -1),
  nodesInUse: (missing) => (missing === 0 ? nodes : (planFor(nodes - missing)?.nodes ?? 0)),
  speed: (missing, slowFactor) =>
    missing === 0 ? stragglerSpeed(slowFactor) : (planFor(nodes - missing)?.speed(slowFactor) ?? 0),
});

/**
 * Sends the micro-batches of a missing node to its peers, the nodes of the same pipeline stage in other replicas (ReCycle, SOSP
 * 2024). What counts is the stage that misses the most of its peers, and how many stages miss as many: the configuration
 * is peers missing x (stages + 1) + such stages. A stage without any peer left makes the job wait.
 */
export const rerouteToPeers = (
  nodes: number,
  stages: number,
  stageOfNode: (node: number) => number,
  peersOfStage: number,
  speed: (missingPeers: number, stagesHit: number, slowFactor: number) => number,
  failoverSeconds: number | undefined,
): RecoveryPolicy => ({
  configuration: (missing) => {
    const perStage = new Array<number>(stages).fill(0);
    for (const node of missing) perStage[stageOfNode(node)] = (perStage[stageOfNode(node)] ?? 0) + 1;
    const most = Math.max(...perStage);
    if (most === 0) return 0;
    return most >= peersOfStage ? -1 : most * (stages + 1) + perStage.filter((count) => count === most).length;
  },
  nodesInUse: () => nodes,
  speed: (configuration, slowFactor) =>
    speed(Math.floor(configuration / (stages + 1)), configuration % (stages + 1), slowFactor),
  ...(failoverSeconds === undefined ? {} : { failoverSeconds }),
});
