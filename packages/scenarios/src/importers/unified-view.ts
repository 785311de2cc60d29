import { type Cluster, type Device, type FabricSpec, type Routing, recogniseClos } from '@regatta/sim-core';
import { ibGraph } from './ib-graph.js';
import type { IbFabric } from './ibnetdiscover.js';
import { type NodeInside, nodeInside } from './node-inside.js';
import type { NvidiaSmiTopo } from './nvidia-smi-topo.js';
import { slurmFabric } from './slurm-fabric.js';
import type { SlurmTopology } from './slurm-types.js';

/** What is known of a cluster that exists; any of the three may be missing. */
export interface ClusterSources {
  /** Inside of a node. */
  readonly topo?: NvidiaSmiTopo;
  /** Switches, cables and their rates. */
  readonly fabric?: IbFabric;
  /** Levels of switches and the names of the compute nodes. */
  readonly slurm?: SlurmTopology;
}

/** What the sources do not say. */
export interface UnifiedOptions {
  readonly device: Device;
  readonly name?: string;
  /** GPUs of a node where there is no topo matrix (default: as many as NICs). */
  readonly gpusPerNode?: number;
  /** NICs of a node where neither matrix nor cables say (default: one for each GPU). */
  readonly nicsPerNode?: number;
  /** Rate of a NIC, and of any cable whose rate no file states (default 400). */
  readonly nicGbps?: number;
  /** Down over up bandwidth where Slurm's file is the only word on the switches (default 1). */
  readonly oversubscription?: number;
  readonly routing?: Routing;
}

/** A cluster made of what its own tools say. Node k of the cluster is called nodeNames[k] there. */
export interface UnifiedView {
  readonly cluster: Cluster;
  /** The same with its cables as the Clos that they are, when they are one: what a step on it is simulated on. */
  readonly clos?: Cluster;
  readonly nodeNames: readonly string[];
  readonly inside?: NodeInside;
  readonly warnings: readonly string[];
}

/** Bytes/s of one NVLink each way: 25e9 up to Hopper, 50e9 from Blackwell on (spec/input-formats.md 9). */
function nvlinkBytesPerSecond(device: Device): number {
  return device.ncclGeneration === 'blackwell' ? 5e10 : 2.5e10;
}

/**
 * Joins what `nvidia-smi topo -m`, `ibnetdiscover` and Slurm say into one cluster: the inside of the nodes from the
 * matrix, switches and rates from ibnetdiscover, else levels from Slurm. With both, Slurm says which hosts are compute
 * nodes and in which order.
 */
export function unifiedView(sources: ClusterSources, options: UnifiedOptions): UnifiedView {
  const inside = sources.topo && nodeInside(sources.topo);
  const warnings = [sources.topo, sources.fabric, sources.slurm].flatMap((source) => source?.warnings ?? []);
  const joined = fabricOf(sources, options, inside);
  const gpusPerNode = inside?.gpus ?? options.gpusPerNode ?? joined.nicsPerNode;
  const device = deviceWith(options.device, inside, gpusPerNode, warnings);
  const cluster: Cluster = {
    name: options.name ?? 'imported',
    device,
    nodes: joined.nodeNames.length,
    gpusPerNode,
    node: inside ? pcieRate(inside, device) : { kind: 'nvswitch' },
    fabric: joined.fabric,
  };
  const regular = recogniseClos(cluster);
  return {
    cluster,
    ...(regular ? { clos: { ...cluster, fabric: regular } } : {}),
    nodeNames: joined.nodeNames,
    ...(inside ? { inside } : {}),
    warnings: [...warnings, ...joined.warnings],
  };
}

interface JoinedFabric {
  readonly fabric: FabricSpec;
  readonly nodeNames: readonly string[];
  readonly nicsPerNode: number;
  readonly warnings: readonly string[];
}

function fabricOf({ fabric, slurm }: ClusterSources, options: UnifiedOptions, inside?: NodeInside): JoinedFabric {
  const nicGbps = options.nicGbps ?? 400;
  const routing = options.routing ?? 'spray';
  if (fabric) return ibGraph(fabric, { nicGbps, routing, ...(slurm ? { slurm } : {}), ...(inside ? { inside } : {}) });
  const stated = inside && inside.nics.length > 0 ? inside.nics.length : (options.nicsPerNode ?? inside?.gpus);
  const nicsPerNode = stated ?? options.gpusPerNode ?? 1;
  if (slurm) {
    const made = slurmFabric(slurm, { nicGbps, nicsPerNode, oversubscription: options.oversubscription ?? 1, routing });
    return { ...made, nicsPerNode };
  }
  const alone: FabricSpec = {
    kind: 'clos',
    tiers: 2,
    rails: 1,
    nicGbps,
    nicsPerNode,
    nodesPerLeaf: 1,
    spinesPerPod: 1,
    oversubscription: 1,
    routing,
  };
  return { fabric: alone, nodeNames: ['node0'], nicsPerNode, warnings: [] };
}

/** Largest scale-up domain that is one board; a larger one is a rack's and spans nodes. */
const boardGpus = 8;

/** The device with the domain of these nodes and, if there is a matrix, the NVLinks that it shows. */
function deviceWith(device: Device, inside: NodeInside | undefined, gpus: number, warnings: string[]): Device {
  const domain = device.scaleUp.domain > boardGpus ? Math.max(gpus, device.scaleUp.domain) : gpus;
  const stated = device.scaleUp.bandwidthBytesPerSecond;
  if (!inside || inside.kind === 'pcie') return { ...device, scaleUp: { ...device.scaleUp, domain } };
  const bandwidthBytesPerSecond = inside.nvlinks * nvlinkBytesPerSecond(device);
  if (Math.abs(bandwidthBytesPerSecond / stated - 1) > 0.01) {
    warnings.push(
      `the matrix shows ${inside.nvlinks} NVLinks a GPU (${bandwidthBytesPerSecond / 1e9} GB/s), ${device.name} has ${stated / 1e9} GB/s; the matrix counts`,
    );
  }
  return { ...device, scaleUp: { ...device.scaleUp, bandwidthBytesPerSecond, domain } };
}

function pcieRate(inside: NodeInside, device: Device): Cluster['node'] {
  if (inside.node.kind !== 'pcie') return inside.node;
  return { ...inside.node, pcieBytesPerSecond: Math.min(5e10, device.scaleUp.bandwidthBytesPerSecond) };
}
