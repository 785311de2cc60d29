import { closBisection, graphBisection, torusBisection } from './bisection.js';
import { closShape } from './clos-shape.js';
import { closFigures } from './clos-summary.js';
import type { Cluster } from './cluster.js';
import type { FabricFigures } from './fabric-figures.js';
import { buildFabricGraph } from './fabric-graph.js';
import { graphFigures } from './graph-summary.js';
import { type JobFootprint, jobFootprint } from './job-footprint.js';
import type { Placement } from './placement.js';
import { portBytesPerSecond, scaleUpDomainGpus } from './scale-up-domain.js';

/** Inventory and figures of a cluster: the unified view that `topology` prints. */
export interface TopologySummary extends FabricFigures {
  readonly name: string;
  readonly fabric: Cluster['fabric']['kind'];
  readonly routing: string;
  readonly device: string;
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly gpus: number;
  readonly scaleUp: {
    readonly kind: Cluster['node']['kind'];
    readonly domainGpus: number;
    readonly domains: number;
    readonly bytesPerSecond: number;
    readonly latencySeconds: number;
  };
  /** Bytes/s, one way, from the first half of the nodes to the rest (torus: across its longest dimension). */
  readonly bisectionBytesPerSecond: number;
  /** The same over what that half's NICs could send: 1 = full bisection. */
  readonly bisectionShare: number;
  readonly job?: JobFootprint;
}

/** Summary of a cluster; a Clos of any size by arithmetic, other fabrics over their graph. */
export function topologySummary(cluster: Cluster, placement?: Placement): TopologySummary {
  const { fabric, device, nodes, gpusPerNode } = cluster;
  const on = fabric.kind === 'clos' ? closShape(cluster) : buildFabricGraph(cluster);
  const figures = 'leavesPerRail' in on ? closFigures(on) : graphFigures(on);
  const bisectionBytesPerSecond =
    fabric.kind === 'torus' ? torusBisection(fabric) : 'leavesPerRail' in on ? closBisection(on) : graphBisection(on);
  const nicCables = figures.cables.find(
    (tier) => tier.name === (fabric.kind === 'torus' ? 'chip - chip' : 'NIC - switch'),
  );
  const half = ((nicCables?.totalBytesPerSecond ?? 0) * Math.floor(nodes / 2)) / Math.max(1, nodes);
  const domainGpus = scaleUpDomainGpus(cluster);
  return {
    name: cluster.name,
    fabric: fabric.kind,
    routing: fabric.routing,
    device: device.name,
    nodes,
    gpusPerNode,
    gpus: nodes * gpusPerNode,
    scaleUp: {
      kind: cluster.node.kind,
      domainGpus,
      domains: Math.ceil((nodes * gpusPerNode) / domainGpus),
      bytesPerSecond: portBytesPerSecond(cluster, device),
      latencySeconds: device.scaleUp.latencySeconds,
    },
    ...figures,
    bisectionBytesPerSecond,
    bisectionShare: half > 0 ? bisectionBytesPerSecond / half : 0,
    ...(placement ? { job: jobFootprint(cluster, placement, on) } : {}),
  };
}
