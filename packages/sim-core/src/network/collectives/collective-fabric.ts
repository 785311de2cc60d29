import type { Cluster } from '../../platform/cluster.js';
import type { Device } from '../../platform/device.js';
import { portBytesPerSecond } from '../../platform/scale-up-domain.js';
import { ncclTables } from './nccl-tables.js';

/** What collectives run on: peak and reachable bandwidths per direction, latencies, and the device's row of NCCL's tables. */
export interface CollectiveFabric {
  /** Peak of one device's scale-up port. */
  readonly scaleUpBytesPerSecond: number;
  /** Reachable share of it. */
  readonly nvlinkMax: number;
  readonly nicBytesPerSecond: number;
  readonly nicMax: number;
  readonly generation: Device['ncclGeneration'];
  readonly scaleUpKind: 'nvlink' | 'pci';
  readonly hasNvls: boolean;
  /** False where no switches join the devices (a torus), so that nothing between them can reduce (default true). */
  readonly hasSwitches?: boolean;
  /** Latency of a path inside a scale-up domain, and between two. */
  readonly scaleUpLatencySeconds: number;
  readonly networkLatencySeconds: number;
}

/** Latency of the longest path between two nodes: two NICs and the switches up and down. */
function networkLatency({ fabric }: Cluster): number {
  const [nic, hop] = [1e-6, 5e-7];
  switch (fabric.kind) {
    case 'clos':
      return 2 * (fabric.nicLatencySeconds ?? nic) + (2 * fabric.tiers - 1) * (fabric.switchLatencySeconds ?? hop);
    case 'dragonfly':
      return 2 * nic + 4 * hop;
    case 'torus':
      return fabric.dims.reduce((hops, extent) => hops + Math.floor(extent / 2), 0) * hop;
    case 'graph':
      return 2 * nic + 3 * hop;
  }
}

/** The fabric of a cluster as collectives see it. */
export function collectiveFabricOf(cluster: Cluster): CollectiveFabric {
  const { device, fabric } = cluster;
  const gbps = fabric.kind === 'torus' ? fabric.linkGbps : fabric.nicGbps;
  const generation = device.ncclGeneration;
  return {
    scaleUpBytesPerSecond: portBytesPerSecond(cluster, device),
    nvlinkMax: device.nvlinkMax,
    nicBytesPerSecond: (gbps * 1e9) / 8,
    nicMax: device.nicMax,
    generation,
    scaleUpKind: cluster.node.kind === 'pcie' ? 'pci' : 'nvlink',
    hasNvls:
      cluster.node.kind === 'nvswitch' &&
      // Chips of a torus are joined by cables, not by switches that could reduce.
      fabric.kind !== 'torus' &&
      ncclTables.generations[generation].nvlsEfficiency > 0,
    hasSwitches: fabric.kind !== 'torus',
    scaleUpLatencySeconds: device.scaleUp.latencySeconds,
    networkLatencySeconds: networkLatency(cluster),
  };
}
