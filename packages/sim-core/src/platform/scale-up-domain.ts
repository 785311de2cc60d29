import type { Cluster } from './cluster.js';
import type { Device } from './device.js';

/** A `device.scaleUp.domain` up to this is a board (HGX), and no board leaves its node; a larger one is a rack (NVL72). */
const largestBoard = 8;

/** Whether a domain of so many GPUs spans nodes. */
export const isRackScale = (domain: number): boolean => domain > largestBoard;

/** GPUs of one scale-up domain: a whole node at least; that of a rack spans nodes. PCIe: one node. */
export function scaleUpDomainGpus({ node, gpusPerNode, device }: Cluster): number {
  const { domain } = device.scaleUp;
  return node.kind !== 'pcie' && isRackScale(domain) ? Math.max(gpusPerNode, domain) : gpusPerNode;
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
