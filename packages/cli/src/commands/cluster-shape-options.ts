import { clusterOf, InputError, type JobTrace, type ResolvedScenario } from '@regatta/scenarios';
import { type ClusterShape, gpuPool, nodeCluster } from '@regatta/sim-core';
import { defined } from '../conduct/defined.js';
import type { Flags } from '../conduct/flags.js';

/** The size of the cluster as flags state it. */
export interface ShapeOptions {
  readonly pool?: number;
  readonly nodes?: number;
  readonly gpusPerNode?: number;
  readonly nodesPerLeaf?: number;
  readonly spares?: number;
}

export function shapeOptions(flags: Flags): ShapeOptions {
  const shape: ShapeOptions = {
    ...defined('pool', flags.count('pool', 1)),
    ...defined('nodes', flags.count('nodes', 1)),
    ...defined('gpusPerNode', flags.count('gpus-per-node', 1)),
    ...defined('nodesPerLeaf', flags.count('nodes-per-leaf', 1)),
    ...defined('spares', flags.count('spares')),
  };
  if (shape.pool !== undefined && Object.keys(shape).length > 1)
    flags.wrong('pool', 'does not go with nodes', 'one of them');
  return shape;
}

/** The cluster: a pool, nodes by flags, that of the scenario, or as many GPUs as the machine of the trace had. */
export function clusterShape(
  shape: ShapeOptions,
  scenario: ResolvedScenario | undefined,
  trace: JobTrace,
  warnings: string[],
): ClusterShape {
  if (shape.pool !== undefined) return gpuPool(shape.pool);
  const named = scenario === undefined ? undefined : clusterOf(scenario, shape.nodes ?? scenario.cluster.nodes);
  const nodes = shape.nodes ?? named?.nodes;
  if (nodes === undefined) {
    if (trace.machineGpus !== undefined) {
      warnings.push(`no cluster given: a pool of ${trace.machineGpus} GPUs, as many as the machine of the trace had`);
      return gpuPool(trace.machineGpus);
    }
    throw new InputError([
      {
        code: 'usage',
        path: '',
        expected: 'a scenario, --cluster, --nodes or --pool',
        received: '',
        message: 'no cluster is given',
      },
    ]);
  }
  const fabric = named?.fabric.kind === 'clos' ? named.fabric : undefined;
  const spares = shape.spares ?? 0;
  if (spares >= nodes) {
    throw new InputError([
      {
        code: 'usage',
        path: '--spares',
        expected: `fewer than the ${nodes} nodes`,
        received: String(spares),
        message: `is ${spares}`,
      },
    ]);
  }
  return nodeCluster({
    nodes,
    gpusPerNode: shape.gpusPerNode ?? named?.gpusPerNode ?? 8,
    nodesPerLeaf: shape.nodesPerLeaf ?? fabric?.nodesPerLeaf ?? 32,
    leavesPerPod: fabric?.leavesPerPod ?? 32,
    spares,
  });
}
