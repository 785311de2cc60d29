import {
  type Cluster,
  type Job,
  type RecoveryPolicy,
  replanOnNodesLeft,
  rerouteToPeers,
  type StepReport,
  shrinkReplicas,
  waitForNodes,
} from '@regatta/sim-core';
import type { ResolvedScenario } from '../schema/scenario-schema.js';
import { perturbationOf } from '../schema/to-core.js';
import { DegradedSteps } from './degraded-steps.js';
import type { ReportProblem } from './failure-model.js';

type Recovery = NonNullable<ResolvedScenario['recovery']>;

export const defaultRecovery: Recovery = { policy: 'restart', spares: 0, restartSeconds: 300, failoverSeconds: 30 };

/** The recovery policy of a scenario's job, with the step times of its degraded states. */
export function recoveryPolicyOf(
  scenario: ResolvedScenario,
  job: Job,
  cluster: Cluster,
  healthy: StepReport,
  problem: ReportProblem,
): RecoveryPolicy {
  const recovery = scenario.recovery ?? defaultRecovery;
  const steps = new DegradedSteps(job, cluster, perturbationOf(scenario), healthy);
  const { nodes } = cluster;
  const straggler = (slowFactor: number): number => steps.straggler(slowFactor);
  switch (recovery.policy) {
    case 'restart':
    case 'spares':
      return waitForNodes(nodes, straggler);
    case 'shrink':
      return shrinkReplicas(
        nodes,
        job.parallel.data,
        (left) => steps.usableReplicas(left),
        (lost, slowFactor) => steps.shrunk(lost, slowFactor),
      );
    case 'replan':
      return replanOnNodesLeft(nodes, straggler, (left) => steps.planFor(left));
    case 'reroute': {
      const { pipeline, zero } = job.parallel;
      const peers = nodes / pipeline;
      if (!Number.isInteger(peers) || peers < 2) {
        problem(
          'recovery.policy',
          `reroute needs whole nodes as peers in each pipeline stage; ${nodes} nodes make ${pipeline} stages`,
          'at least two nodes a stage, or another policy',
        );
        return waitForNodes(nodes, straggler);
      }
      return rerouteToPeers(
        nodes,
        pipeline,
        (node) => Math.floor(node / peers),
        peers,
        (missing, stagesHit, slowFactor) => steps.rerouted(missing, peers, stagesHit, slowFactor),
        // Sharded optimizer states die with their node: the job must go back to a checkpoint.
        zero === 0 ? recovery.failoverSeconds : undefined,
      );
    }
  }
}
