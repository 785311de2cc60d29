import type { Device } from './device.js';

/** How packets choose among equal paths. */
export type Routing = 'spray' | 'ecmp' | 'static-rail' | 'adaptive';

/** A folded Clos of leaves, spines and (three tiers) cores; rails > 1 gives each local NIC index leaves of its own. */
export interface ClosFabric {
  readonly kind: 'clos';
  readonly tiers: 2 | 3;
  /** Rails: local NIC i goes to a leaf of rail i mod rails. 1 = all NICs of a node on one leaf (top of rack). */
  readonly rails: number;
  readonly nicGbps: number;
  /** Down over up bandwidth at the leaves (and at the spines of three tiers, unless spineOversubscription says). */
  readonly oversubscription: number;
  readonly spineOversubscription?: number;
  readonly routing: Routing;
  /** NICs in a node (default gpusPerNode). GPU i uses NIC floor(i * nics / gpusPerNode). */
  readonly nicsPerNode?: number;
  /** Nodes that share one leaf of a rail (default 32). */
  readonly nodesPerLeaf?: number;
  /** Leaves (of one rail) that share a pod of spines, three tiers only (default 32). */
  readonly leavesPerPod?: number;
  /** Spines of a pod (default: one for each up port of a leaf). */
  readonly spinesPerPod?: number;
  /** Only same-rail traffic crosses the fabric: no spine between rails. */
  readonly railOnly?: boolean;
  /** Seconds a switch adds (default 5e-7) and a NIC adds (default 1e-6). */
  readonly switchLatencySeconds?: number;
  readonly nicLatencySeconds?: number;
}

export interface DragonflyFabric {
  readonly kind: 'dragonfly';
  readonly groups: number;
  readonly routersPerGroup: number;
  readonly hostsPerRouter: number;
  readonly globalLinksPerRouter: number;
  readonly nicGbps: number;
  readonly linkGbps?: number;
  readonly routing: Routing | 'valiant';
}

export interface TorusFabric {
  readonly kind: 'torus';
  /** Extent in each of 2 or 3 dimensions; each device sits on one point. */
  readonly dims: readonly number[];
  readonly linkGbps: number;
  readonly routing: 'dimension-order';
}

/** Any graph: vertices are `node<k>` or switches, edges are full-duplex cables. */
export interface GraphFabric {
  readonly kind: 'graph';
  readonly nicGbps: number;
  readonly switches: readonly string[];
  readonly cables: readonly { readonly from: string; readonly to: string; readonly gbps: number }[];
  readonly routing: Routing;
}

export type FabricSpec = ClosFabric | DragonflyFabric | TorusFabric | GraphFabric;

/** The inside of a node: how its devices reach each other and their NICs. */
export interface NodeSpec {
  readonly kind: 'nvswitch' | 'pcie';
  /** pcie only: devices under one PCIe switch (0 = straight on the host bridge) and bytes/s of a slot and between sockets. */
  readonly gpusPerPcieSwitch?: number;
  readonly pcieBytesPerSecond?: number;
  readonly interSocketBytesPerSecond?: number;
}

/** A cluster of equal nodes; a heterogeneous one lists runs of nodes with devices of their own. */
export interface Cluster {
  readonly name: string;
  readonly device: Device;
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly node: NodeSpec;
  readonly fabric: FabricSpec;
  /** Node ranges [first, first + count) whose device differs from `device`. */
  readonly deviceRanges?: readonly { readonly first: number; readonly count: number; readonly device: Device }[];
}
