import type { Cluster } from './cluster.js';
import type { Device } from './device.js';

/** GPUs of one scale-up domain: a whole node at least; a larger `device.scaleUp.domain` spans nodes (NVL72). PCIe: one node. */
export function scaleUpDomainGpus(cluster: Cluster): number {
  if (cluster.node.kind === 'pcie') return cluster.gpusPerNode;
  return Math.max(cluster.gpusPerNode, cluster.device.scaleUp.domain);
}

/** Scale-up domain of a GPU (global index). */
export function scaleUpDomainOf(cluster: Cluster, gpu: number): number {
  return Math.floor(gpu / scaleUpDomainGpus(cluster));
}

/** Device of a node: the one of the range that holds it, or the cluster's. */
export function deviceOfNode(cluster: Cluster, node: number): Device {
  for (const range of cluster.deviceRanges ?? []) {
    if (node >= range.first && node < range.first + range.count) return range.device;
  }
  return cluster.device;
}

/** Bytes per second of a GPU's own port, one way: of its PCIe slot where the node states one, else of its scale-up link. */
export function portBytesPerSecond({ node }: Cluster, device: Device): number {
  const stated = node.kind === 'pcie' ? node.pcieBytesPerSecond : undefined;
  return stated ?? device.scaleUp.bandwidthBytesPerSecond;
}
