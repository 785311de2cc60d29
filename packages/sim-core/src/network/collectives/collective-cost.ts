import type { Cluster } from '../../platform/cluster.js';
import type { Device } from '../../platform/device.js';
import { type NcclCandidate, type NcclSetting, ncclCandidates, ncclChoice } from './nccl-choice.js';
import { ncclTables } from './nccl-tables.js';
import { type AlgorithmName, busBandwidthFactor, type CollectiveOp, type GroupLayout, type Protocol } from './types.js';

/** What collectives run on: peak and reachable bandwidths per direction, and the device generation's NCCL tables. */
export interface CollectiveFabric {
  /** Peak of one device's scale-up port. */
  readonly scaleUpBytesPerSecond: number;
  readonly nvlinkMax: number;
  readonly nicBytesPerSecond: number;
  readonly nicMax: number;
  readonly generation: Device['ncclGeneration'];
  readonly hasNvls: boolean;
  /** Seconds that a pipeline of chunks needs to fill before a large message runs at full rate. */
  readonly fillSeconds: number;
}

/** A collective as the fluid network takes it: a delay, then volume 1 with weights in bytes. */
export interface CollectiveCost {
  readonly algorithm: AlgorithmName;
  readonly protocol: Protocol;
  /** Seconds before the fluid part; takes no bandwidth. */
  readonly latencySeconds: number;
  /** Bytes that the busiest port carries per direction, in units of reachable bandwidth (protocol overhead included). */
  readonly scaleUpBytes: number;
  /** Bytes that one NIC carries per direction. */
  readonly nicBytes: number;
  /** Upper bound of the rate in 1/s. */
  readonly rateCap: number;
  readonly secondsAlone: number;
}

/** The fabric of a cluster as collectives see it. */
export function collectiveFabricOf(cluster: Cluster): CollectiveFabric {
  const { device, fabric } = cluster;
  const gbps = fabric.kind === 'torus' ? fabric.linkGbps : fabric.nicGbps;
  const generation = device.ncclGeneration;
  return {
    scaleUpBytesPerSecond: device.scaleUp.bandwidthBytesPerSecond,
    nvlinkMax: device.nvlinkMax,
    nicBytesPerSecond: (gbps * 1e9) / 8,
    nicMax: device.nicMax,
    generation,
    hasNvls: cluster.node.kind === 'nvswitch' && ncclTables.nvlsEfficiency[generation] > 0,
    fillSeconds: 0,
  };
}

/** Bandwidth at which a ring of the group runs: its ports inside a domain, the NICs of a domain together between them. */
function ringBusBandwidth(group: GroupLayout, fabric: CollectiveFabric): number {
  const port = group.ranksPerDomain > 1 ? fabric.scaleUpBytesPerSecond * fabric.nvlinkMax : Number.POSITIVE_INFINITY;
  const nics =
    group.domains > 1 ? fabric.nicBytesPerSecond * fabric.nicMax * group.nicsPerDomain : Number.POSITIVE_INFINITY;
  return Math.min(port, nics);
}

function ncclSetting(group: GroupLayout, fabric: CollectiveFabric): NcclSetting {
  const { generation } = fabric;
  return {
    ranks: group.ranks,
    nodes: group.domains,
    ringBusBandwidth: ringBusBandwidth(group, fabric),
    llMaxBandwidth: ncclTables.llMax[generation],
    ll128PerChannelBandwidth: ncclTables.ll128PerChannel[generation],
    channels: ncclTables.channels[generation],
    netOverheadMicroseconds: 1,
  };
}

/** In-switch reduction: a port sends its data once and takes part in reducing 1/n of it (NCCL nvls; spec/model.md 5.2). */
function nvlsBytes(op: CollectiveOp, ranks: number): number | undefined {
  if (op === 'all_reduce') return 1 + 1 / ranks;
  // The switch multicasts, so only the receive side of an all-gather (the send side of a reduce-scatter) carries the whole.
  if (op === 'all_gather' || op === 'reduce_scatter') return (ranks - 1) / ranks;
  return undefined;
}

function candidatesOf(op: CollectiveOp, group: GroupLayout, fabric: CollectiveFabric): NcclCandidate[] {
  const candidates = ncclCandidates(op, ncclSetting(group, fabric));
  const perByte = nvlsBytes(op, group.ranks);
  if (fabric.hasNvls && group.domains === 1 && group.ranks > 2 && op === 'all_reduce' && perByte) {
    const { generation } = fabric;
    const bytesPerSecond =
      Math.min(ncclTables.planned[generation], fabric.scaleUpBytesPerSecond) * ncclTables.nvlsEfficiency[generation];
    candidates.push({
      algorithm: 'nvls',
      protocol: 'Simple',
      latencySeconds: ncclTables.scaleUp.nvls * 1e-6,
      bytesPerSecond: bytesPerSecond / perByte,
    });
  }
  return candidates;
}

/** One message or one side of an all-to-all: base latency of the ring plus one hop (spec/model.md 5.2, posted). */
function directLatency(group: GroupLayout): number {
  const hop = group.domains > 1 ? ncclTables.network.ring[2] : ncclTables.scaleUp.ring[2];
  return ((ncclTables.base.ring[2] ?? 0) + (hop ?? 0)) * 1e-6;
}

/**
 * Cost of one collective on an idle fabric and what it puts on links. Without a named algorithm the one that NCCL's tuner
 * picks: least latency + bytes / bandwidth (spec/model.md 5.3).
 * @param bytes S as an NCCL user counts it (spec/model.md 5.1).
 * @throws RangeError when the named algorithm cannot run the operation on this group.
 */
export function collectiveCost(
  op: CollectiveOp,
  bytes: number,
  group: GroupLayout,
  fabric: CollectiveFabric,
  algorithm?: AlgorithmName,
): CollectiveCost {
  if (!(bytes >= 0)) throw new RangeError(`collectiveCost: bytes is ${bytes}`);
  if (group.ranks <= 1) {
    return {
      algorithm: 'ring',
      protocol: 'Simple',
      latencySeconds: 0,
      scaleUpBytes: 0,
      nicBytes: 0,
      rateCap: Number.POSITIVE_INFINITY,
      secondsAlone: 0,
    };
  }
  if (op === 'send_recv' || op === 'broadcast' || op === 'reduce') {
    return finish('ring', 'Simple', directLatency(group), bytes, group, fabric, bytes, bytes / group.nicsPerDomain);
  }
  if (op === 'all_to_all') return allToAll(bytes, group, fabric);
  const candidates = candidatesOf(op, group, fabric).filter(
    (c) => algorithm === undefined || c.algorithm === algorithm,
  );
  if (candidates.length === 0) throw new RangeError(`collectiveCost: ${algorithm} cannot run ${op} on this group`);
  const choice = ncclChoice(candidates, bytes);
  const bus = ringBusBandwidth(group, fabric);
  // The candidate's time is spread over the links in proportion to what binds it, so that alone it takes exactly that time.
  const wireBytes = (bytes * bus) / choice.bytesPerSecond;
  const usesPort = group.ranksPerDomain > 1;
  const factor = busBandwidthFactor(op, group.ranks);
  const portBytes = usesPort ? (choice.algorithm === 'nvls' ? wireBytes : Math.min(wireBytes, factor * bytes * 2)) : 0;
  const nicBytes = group.domains > 1 ? wireBytes / group.nicsPerDomain : 0;
  return finish(choice.algorithm, choice.protocol, choice.latencySeconds, bytes, group, fabric, portBytes, nicBytes);
}

/** Every rank sends S/n to each other: those outside its domain cross its NIC, the others its port. */
function allToAll(bytes: number, group: GroupLayout, fabric: CollectiveFabric): CollectiveCost {
  const inside = (bytes * (group.ranksPerDomain - 1)) / group.ranks;
  const outside = (bytes * (group.ranks - group.ranksPerDomain)) / group.ranks;
  const nicBytes = (outside * group.ranksPerDomain) / group.nicsPerDomain;
  return finish('posted', 'Simple', directLatency(group), bytes, group, fabric, inside, nicBytes);
}

function finish(
  algorithm: AlgorithmName,
  protocol: Protocol,
  latencySeconds: number,
  bytes: number,
  group: GroupLayout,
  fabric: CollectiveFabric,
  scaleUpBytes: number,
  nicBytes: number,
): CollectiveCost {
  const port = group.ranksPerDomain > 1 ? scaleUpBytes : 0;
  const nic = group.domains > 1 ? nicBytes : 0;
  const portSeconds = port / (fabric.scaleUpBytesPerSecond * fabric.nvlinkMax);
  const nicSeconds = nic / (fabric.nicBytesPerSecond * fabric.nicMax);
  return {
    algorithm,
    protocol,
    latencySeconds: latencySeconds + (protocol === 'Simple' && bytes > 0 ? fabric.fillSeconds : 0),
    scaleUpBytes: port,
    nicBytes: nic,
    rateCap: Number.POSITIVE_INFINITY,
    secondsAlone: latencySeconds + Math.max(portSeconds, nicSeconds),
  };
}
