import type { Cluster } from '../../platform/cluster.js';
import { scaleUpDomainGpus } from '../../platform/scale-up-domain.js';
import type { GroupLayout } from './types.js';

/** NICs of a node: as the fabric says, else one for each GPU. */
function nicsPerNode({ fabric, gpusPerNode }: Cluster): number {
  return fabric.kind === 'clos' ? (fabric.nicsPerNode ?? gpusPerNode) : gpusPerNode;
}

/**
 * Layout of a group of the first `ranks` GPUs of a cluster, one rank a GPU.
 * @throws RangeError when ranks is not a whole number of at least 1.
 */
export function packedGroupLayout(cluster: Cluster, ranks: number): GroupLayout {
  if (!Number.isInteger(ranks) || ranks < 1) throw new RangeError(`packedGroupLayout: ranks is ${ranks}`);
  const ranksPerDomain = Math.min(ranks, scaleUpDomainGpus(cluster));
  const { gpusPerNode } = cluster;
  const nics = nicsPerNode(cluster);
  // GPU i of a node uses NIC floor(i * nics / gpusPerNode) (Cluster.fabric.nicsPerNode).
  const used = (gpus: number): number =>
    nics >= gpusPerNode ? (gpus * nics) / gpusPerNode : Math.ceil((gpus * nics) / gpusPerNode);
  const whole = Math.floor(ranksPerDomain / gpusPerNode);
  return {
    ranks,
    domains: Math.ceil(ranks / ranksPerDomain),
    ranksPerDomain,
    nicsPerDomain: Math.max(1, whole * nics + used(ranksPerDomain % gpusPerNode)),
  };
}
