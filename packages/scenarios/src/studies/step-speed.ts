import {
  type Cluster,
  type Job,
  type JobSpec,
  type JobSpeedModel,
  memoisedSpeed,
  type PlacementShape,
  simulateStep,
} from '@regatta/sim-core';
import type { ResolvedScenario } from '../schema/scenario-schema.js';
import { clusterOf, jobOf } from '../schema/to-core.js';

/**
 * Speed of a job from the step simulation of the scenario's job, laid over the GPUs that it holds: throughput on its placement
 * over throughput on as many GPUs as it asked for, ideally placed. One simulation for each even shape (GPUs, nodes, leaves,
 * pods): a placement counts as the nearest one with as many GPUs on each of its nodes. A GPU count that the scenario's parallel sizes do not
 * divide runs pure data parallelism; the global batch is the scenario's, rounded to what the replicas can share.
 */
export function stepSpeed(scenario: ResolvedScenario): JobSpeedModel {
  const known = new Map<string, number>();
  const throughput = (placement: PlacementShape): number => {
    const shape = evenShape(placement, scenario.cluster.gpusPerNode);
    const key = `${shape.gpus}/${shape.nodes}/${shape.leaves}/${shape.pods}`;
    let tokensPerSecond = known.get(key);
    if (tokensPerSecond === undefined) {
      tokensPerSecond = simulateStep(jobFor(scenario, shape.gpus), clusterFor(scenario, shape)).tokensPerSecond;
      known.set(key, tokensPerSecond);
    }
    return tokensPerSecond;
  };
  return memoisedSpeed({
    speedOf: (job: JobSpec, placement) => throughput(placement) / throughput(idealShape(scenario, job.gpus)),
  });
}

/** The fewest nodes, leaves and pods that hold so many GPUs of the scenario's cluster. */
function idealShape(scenario: ResolvedScenario, gpus: number): PlacementShape {
  const cluster = clusterOf(scenario);
  const fabric = cluster.fabric.kind === 'clos' ? cluster.fabric : undefined;
  const nodes = Math.ceil(gpus / cluster.gpusPerNode);
  const leaves = Math.ceil(nodes / (fabric?.nodesPerLeaf ?? 32));
  return { gpus, nodes, leaves, pods: Math.ceil(leaves / (fabric?.leavesPerPod ?? 32)) };
}

/**
 * The nearest shape with equally many GPUs on each node, and a power of two of leaves and pods: scattered
 * placements have no end of shapes, and uneven ones fold badly.
 */
function evenShape({ gpus, nodes, leaves, pods }: PlacementShape, gpusPerNode: number): PlacementShape {
  let perNode = 1;
  const distance = (count: number): number => Math.abs(Math.log((count * nodes) / gpus));
  for (let count = 2; count <= Math.min(gpus, gpusPerNode); count++) {
    if (gpus % count === 0 && distance(count) <= distance(perNode)) perNode = count;
  }
  const even = gpus / perNode;
  const powerWithin = (count: number, most: number): number => Math.min(most, 2 ** Math.round(Math.log2(count)));
  const evenLeaves = leaves === 1 ? 1 : Math.max(Math.min(2, even), powerWithin(leaves, even));
  return { gpus, nodes: even, leaves: evenLeaves, pods: powerWithin(pods, evenLeaves) };
}

/** A cluster that is just the placement: its nodes, as many under each leaf and as many leaves in each pod as come out even. */
function clusterFor(scenario: ResolvedScenario, { gpus, nodes, leaves, pods }: PlacementShape): Cluster {
  const cluster = clusterOf(scenario, nodes);
  const gpusPerNode = Math.ceil(gpus / nodes);
  const sized = { ...cluster, gpusPerNode };
  if (cluster.fabric.kind !== 'clos') return sized;
  const { nicsPerNode, ...fabric } = cluster.fabric;
  const nics = nicsPerNode === undefined ? {} : { nicsPerNode: Math.min(nicsPerNode, gpusPerNode) };
  return {
    ...sized,
    fabric: {
      ...fabric,
      ...nics,
      rails: Math.min(fabric.rails, gpusPerNode),
      nodesPerLeaf: Math.ceil(nodes / leaves),
      leavesPerPod: Math.ceil(leaves / pods),
    },
  };
}

function jobFor(scenario: ResolvedScenario, gpus: number): Job {
  const { tensor, pipeline, context } = scenario.job.parallel;
  const whole = tensor * pipeline * context;
  const divides = gpus % whole === 0 && (gpus / whole) % scenario.job.parallel.expert === 0;
  const replicas = divides ? gpus / whole : gpus;
  const share = scenario.job.microBatch * replicas * (divides ? pipeline : 1);
  const globalBatch = Math.max(1, Math.round(scenario.job.globalBatch / share)) * share;
  const job = jobOf(scenario, replicas, globalBatch);
  if (divides) return job;
  const alone = { tensor: 1, pipeline: 1, context: 1, expert: 1, expertTensor: 1, virtualStages: 1 };
  return { ...job, schedule: '1f1b', parallel: { ...job.parallel, ...alone, data: gpus, sequenceParallel: false } };
}
