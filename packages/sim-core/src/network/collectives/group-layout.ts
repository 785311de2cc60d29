import type { Cluster } from '../../platform/cluster.js';
import { scaleUpDomainGpus, scaleUpDomainOf } from '../../platform/scale-up-domain.js';
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
  // The chips of a torus have nothing but its links.
  if (cluster.fabric.kind === 'torus') return { ranks, domains: 1, ranksPerDomain: ranks, nicsPerDomain: 1 };
  const ranksPerDomain = Math.min(ranks, scaleUpDomainGpus(cluster));
  const { gpusPerNode } = cluster;
  const nics = nicsPerNode(cluster);
  // GPU i of a node uses NIC floor(i * nics / gpusPerNode) (Cluster.fabric.nicsPerNode).
  const used = (gpus: number): number =>
    nics >= gpusPerNode ? (gpus * nics) / gpusPerNode : Math.ceil((gpus * nics) / gpusPerNode);
  const nicsOf = (members: number): number =>
    Math.max(1, Math.floor(members / gpusPerNode) * nics + used(members % gpusPerNode));
  const last = ranks % ranksPerDomain;
  return {
    ranks,
    domains: Math.ceil(ranks / ranksPerDomain),
    ranksPerDomain,
    nicsPerDomain: nicsOf(ranksPerDomain),
    ...(last > 0 && nicsOf(last) < nicsOf(ranksPerDomain) ? { leastNics: nicsOf(last) } : {}),
  };
}

/**
 * Layout of a group that sits on the given GPUs (global indices) of a cluster. Uneven groups: the domain with most members.
 * @throws RangeError when there is no GPU.
 */
export function groupLayoutOf(cluster: Cluster, gpus: readonly number[]): GroupLayout {
  if (gpus.length === 0) throw new RangeError('groupLayoutOf: no GPU');
  if (cluster.fabric.kind === 'torus') return packedGroupLayout(cluster, gpus.length);
  const { gpusPerNode } = cluster;
  const nics = nicsPerNode(cluster);
  const perGpu = Math.max(1, Math.floor(nics / gpusPerNode));
  const domains = new Map<number, { ranks: number; nics: Set<number> }>();
  for (const gpu of gpus) {
    const key = scaleUpDomainOf(cluster, gpu);
    const domain = domains.get(key) ?? { ranks: 0, nics: new Set<number>() };
    const first = Math.floor(gpu / gpusPerNode) * nics + Math.floor(((gpu % gpusPerNode) * nics) / gpusPerNode);
    for (let i = 0; i < perGpu; i++) domain.nics.add(first + i);
    domain.ranks++;
    domains.set(key, domain);
  }
  const fullest = [...domains.values()].reduce((a, b) => (b.ranks > a.ranks ? b : a));
  const least = Math.min(...[...domains.values()].map((domain) => domain.nics.size));
  return {
    ranks: gpus.length,
    domains: domains.size,
    ranksPerDomain: fullest.ranks,
    nicsPerDomain: fullest.nics.size,
    ...(least < fullest.nics.size ? { leastNics: least } : {}),
  };
}
