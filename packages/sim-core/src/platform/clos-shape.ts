import type { ClosFabric, Cluster } from './cluster.js';

/**
 * The arithmetic of a folded Clos: counts, rates and who hangs where, without a node or a cable in memory. Good for
 * any size. A leaf belongs to one rail and serves `nodesPerLeaf` nodes. Leaves that share spines are a pod: with two
 * tiers all leaves (of one rail if rail-only), with three tiers `leavesPerPod` leaves of one rail, which is what
 * switches of equal radix can wire; cores join the pods (of one rail if rail-only). Every switch is fitted with all of
 * its uplinks, also a leaf or a pod that is not full.
 */
export interface ClosShape {
  readonly tiers: 2 | 3;
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly nicsPerNode: number;
  readonly rails: number;
  readonly railOnly: boolean;
  /** NICs of one node on one rail. */
  readonly nicsPerRail: number;
  readonly nodesPerLeaf: number;
  readonly leavesPerRail: number;
  readonly leaves: number;
  readonly leavesPerPod: number;
  readonly podsPerRail: number;
  readonly pods: number;
  /** Spines of one pod; each leaf has one cable to each of them. */
  readonly spinesPerPod: number;
  /** Cables of one spine towards the cores; 0 with two tiers. */
  readonly coresPerSpine: number;
  /** Cores in all; 0 with two tiers. Core s * coresPerSpine + j has one cable to spine s of each pod (of its rail). */
  readonly cores: number;
  /** Bytes/s of one NIC, each way. */
  readonly nicBytesPerSecond: number;
  /** Bytes/s of one cable leaf - spine and spine - core; the port counts are whole, so the cables take up the rest. */
  readonly leafCableBytesPerSecond: number;
  readonly spineCableBytesPerSecond: number;
  /** Bytes/s of a full leaf towards its NICs, and of a leaf towards all of its spines. */
  readonly leafDownBytesPerSecond: number;
  readonly leafUplinkBytesPerSecond: number;
  /** Bytes/s of one pod towards the cores; 0 with two tiers. */
  readonly podUplinkBytesPerSecond: number;
  readonly oversubscription: number;
  readonly spineOversubscription: number;
  readonly switchLatencySeconds: number;
  readonly nicLatencySeconds: number;
}

/** Seconds that a switch and a NIC add where a fabric states none (spec/model.md 6.2). */
export const defaultSwitchLatencySeconds = 5e-7;
export const defaultNicLatencySeconds = 1e-6;

/** Bytes per second of a rate in Gb/s. */
export function bytesPerSecondOfGbps(gbps: number): number {
  return gbps * 1.25e8;
}

function closOf(cluster: Cluster): ClosFabric {
  if (cluster.fabric.kind !== 'clos')
    throw new RangeError(`closShape: fabric.kind is ${cluster.fabric.kind}, not clos`);
  return cluster.fabric;
}

/** Shape of a cluster's Clos. Throws RangeError when the fabric is not a Clos or its NICs do not divide into rails. */
export function closShape(cluster: Cluster): ClosShape {
  const fabric = closOf(cluster);
  const nicsPerNode = fabric.nicsPerNode ?? cluster.gpusPerNode;
  const { rails, tiers } = fabric;
  const nicsPerRail = nicsPerNode / rails;
  if (!Number.isInteger(nicsPerRail) || nicsPerRail < 1) {
    throw new RangeError(`closShape: ${nicsPerNode} NICs of a node do not divide into ${rails} rails`);
  }
  const railOnly = fabric.railOnly ?? false;
  const nodesPerLeaf = fabric.nodesPerLeaf ?? 32;
  const leavesPerRail = Math.ceil(cluster.nodes / nodesPerLeaf);
  const leaves = leavesPerRail * rails;
  const podLeaves = tiers === 3 ? (fabric.leavesPerPod ?? 32) : railOnly ? leavesPerRail : leaves;
  const podsPerRail = tiers === 3 ? Math.ceil(leavesPerRail / podLeaves) : 1;
  const pods = tiers === 3 || railOnly ? podsPerRail * rails : 1;
  const nicBytesPerSecond = bytesPerSecondOfGbps(fabric.nicGbps);
  const leafDownPorts = nodesPerLeaf * nicsPerRail;
  const leafDownBytesPerSecond = leafDownPorts * nicBytesPerSecond;
  const leafUplinkBytesPerSecond = leafDownBytesPerSecond / fabric.oversubscription;
  const spinesPerPod = fabric.spinesPerPod ?? Math.max(1, Math.round(leafDownPorts / fabric.oversubscription));
  const spineOversubscription = fabric.spineOversubscription ?? fabric.oversubscription;
  const coresPerSpine = tiers === 3 ? Math.max(1, Math.round(podLeaves / spineOversubscription)) : 0;
  const podUplinkBytesPerSecond = tiers === 3 ? (podLeaves * leafUplinkBytesPerSecond) / spineOversubscription : 0;
  return {
    tiers,
    nodes: cluster.nodes,
    gpusPerNode: cluster.gpusPerNode,
    nicsPerNode,
    rails,
    railOnly,
    nicsPerRail,
    nodesPerLeaf,
    leavesPerRail,
    leaves,
    leavesPerPod: podLeaves,
    podsPerRail,
    pods,
    spinesPerPod,
    coresPerSpine,
    cores: spinesPerPod * coresPerSpine * (railOnly ? rails : 1),
    nicBytesPerSecond,
    leafCableBytesPerSecond: leafUplinkBytesPerSecond / spinesPerPod,
    spineCableBytesPerSecond: tiers === 3 ? podUplinkBytesPerSecond / (spinesPerPod * coresPerSpine) : 0,
    leafDownBytesPerSecond,
    leafUplinkBytesPerSecond,
    podUplinkBytesPerSecond,
    oversubscription: fabric.oversubscription,
    spineOversubscription: tiers === 3 ? spineOversubscription : 1,
    switchLatencySeconds: fabric.switchLatencySeconds ?? defaultSwitchLatencySeconds,
    nicLatencySeconds: fabric.nicLatencySeconds ?? defaultNicLatencySeconds,
  };
}

/** Counts of a node that decide which NIC serves which GPU. */
export interface NicSharing {
  readonly gpusPerNode: number;
  readonly nicsPerNode: number;
}

/** First (or only) NIC of a local GPU: floor(gpu * nics / gpus). */
export function nicOfGpu(shape: NicSharing, localGpu: number): number {
  return Math.floor((localGpu * shape.nicsPerNode) / shape.gpusPerNode);
}

/** How many NICs a local GPU has of its own; 1 also where several GPUs share one. They follow `nicOfGpu`. */
export function nicCountOfGpu(shape: NicSharing, localGpu: number): number {
  return Math.max(1, nicOfGpu(shape, localGpu + 1) - nicOfGpu(shape, localGpu));
}

/** A GPU that sits beside a local NIC: the first one that uses it. */
export function gpuOfNic(shape: NicSharing, nic: number): number {
  if (shape.nicsPerNode >= shape.gpusPerNode)
    return Math.floor(((nic + 1) * shape.gpusPerNode - 1) / shape.nicsPerNode);
  return Math.ceil((nic * shape.gpusPerNode) / shape.nicsPerNode);
}

/** Rail of a local NIC. */
export function railOfNic(shape: ClosShape, nic: number): number {
  return nic % shape.rails;
}

/** Leaf (0 <= leaf < leaves, rail by rail) of a node's local NIC. */
export function leafOf(shape: ClosShape, node: number, nic: number): number {
  return railOfNic(shape, nic) * shape.leavesPerRail + Math.floor(node / shape.nodesPerLeaf);
}

/** Rail of a leaf. */
export function railOfLeaf(shape: ClosShape, leaf: number): number {
  return Math.floor(leaf / shape.leavesPerRail);
}

/** Pod (0 <= pod < pods) of a leaf: the leaves that share its spines. */
export function podOf(shape: ClosShape, leaf: number): number {
  if (shape.tiers === 2) return shape.railOnly ? railOfLeaf(shape, leaf) : 0;
  const rail = railOfLeaf(shape, leaf);
  return rail * shape.podsPerRail + Math.floor((leaf - rail * shape.leavesPerRail) / shape.leavesPerPod);
}
