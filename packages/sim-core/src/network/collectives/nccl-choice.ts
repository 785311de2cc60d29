import { ncclTables } from './nccl-tables.js';
import { busBandwidthFactor, type CollectiveOp, type Protocol, protocols } from './types.js';

/** What NCCL's tuning model needs to know of a communicator. */
export interface NcclSetting {
  readonly ranks: number;
  readonly nodes: number;
  /** Bus bandwidth of the ring, bytes per second. */
  readonly ringBusBandwidth: number;
  readonly llMaxBandwidth: number;
  readonly ll128PerChannelBandwidth: number;
  readonly channels: number;
  /** Cost of handing a step to the network: 1 us on Intel hosts, 2 us on AMD. */
  readonly netOverheadMicroseconds: number;
  /** Links inside a node (default nvlink); over PCIe LL128 is off. */
  readonly scaleUpKind?: 'nvlink' | 'pci';
  /** Bus bandwidth of the tree where it differs from the ring's: between two nodes each NIC carries half of the ring's bytes. */
  readonly treeBusBandwidth?: number;
  /** Longer hops than the tables were measured on, in microseconds. */
  readonly extraScaleUpMicroseconds?: number;
  readonly extraNetworkMicroseconds?: number;
  /** In-switch reduction: bytes per second that one device reaches through its scale-up switch. */
  readonly nvlsBytesPerSecond?: number;
  /** NVLS tree: limit of its bus bandwidth by channels and NICs. */
  readonly nvlsTreeLimit?: number;
  /** Parallel aggregated trees compete (default no). */
  readonly pat?: boolean;
}

export interface NcclCandidate {
  readonly algorithm: 'ring' | 'tree' | 'nvls' | 'nvls-tree' | 'pat';
  readonly protocol: Protocol;
  readonly latencySeconds: number;
  /** S over this is the bandwidth part of the time. */
  readonly bytesPerSecond: number;
  /** The latency as it is under load, which the tuner does not know. */
  readonly loadedLatencySeconds: number;
}

const micro = 1e-6;

function protocolBusBandwidth(setting: NcclSetting, algorithm: 'ring' | 'tree', protocol: Protocol): number {
  const bus = algorithm === 'ring' ? setting.ringBusBandwidth : (setting.treeBusBandwidth ?? setting.ringBusBandwidth);
  const ll128 = Math.min(0.92 * bus, setting.channels * setting.ll128PerChannelBandwidth);
  if (algorithm === 'ring') {
    if (protocol === 'LL') return Math.min(setting.llMaxBandwidth, bus / 2);
    return protocol === 'LL128' ? ll128 : bus;
  }
  const tree = 0.92 * bus;
  if (protocol === 'LL') return Math.min(tree / 3.8, setting.llMaxBandwidth);
  if (protocol === 'LL128') return Math.min(tree * (setting.nodes === 1 ? 7 / 9 : 120 / 128), ll128);
  return tree;
}

/** Ring and tree over each protocol, with latency and bandwidth as NCCL's tuner has them (spec/model.md 5.3). */
function ringsAndTrees(op: CollectiveOp, setting: NcclSetting): NcclCandidate[] {
  const { ranks, nodes } = setting;
  const candidates: NcclCandidate[] = [];
  const hops = ncclTables[setting.scaleUpKind === 'pci' ? 'pci' : 'scaleUp'];
  const { network, base } = ncclTables;
  const onePerNode = nodes > 1 && ranks === nodes;
  const extraScaleUp = setting.extraScaleUpMicroseconds ?? 0;
  const extraNetwork = setting.extraNetworkMicroseconds ?? 0;
  const rounds = op === 'all_reduce' ? 2 : 1;
  const interSteps = rounds * (nodes - 1);
  const intraSteps = rounds * (ranks - 1) - interSteps;
  protocols.forEach((protocol, p) => {
    if (protocol === 'LL128' && setting.scaleUpKind === 'pci') return;
    const overhead = nodes > 1 ? setting.netOverheadMicroseconds * (protocol === 'Simple' ? 3 : 1) : 0;
    const intra = (hops.ring[p] ?? 0) + extraScaleUp;
    const inter = ((onePerNode ? network.tree[p] : network.ring[p]) ?? 0) + extraNetwork;
    const ring = (hop: number): number =>
      ((base.ring[p] ?? 0) + intraSteps * Math.max(hop, overhead) + interSteps * inter) * micro;
    candidates.push({
      algorithm: 'ring',
      protocol,
      latencySeconds: ring(intra),
      loadedLatencySeconds: ring(intra * (ncclTables.loadedHops[p] ?? 1)),
      bytesPerSecond: protocolBusBandwidth(setting, 'ring', protocol) / busBandwidthFactor(op, ranks),
    });
    if (op !== 'all_reduce') return;
    const treeSteps =
      (ranks / nodes - 1) * ((hops.tree[p] ?? 0) + extraScaleUp) +
      Math.floor(Math.log2(nodes)) * ((network.tree[p] ?? 0) + extraNetwork);
    const tree = ((base.tree[p] ?? 0) + 2 * treeSteps) * micro;
    candidates.push({
      algorithm: 'tree',
      protocol,
      latencySeconds: tree,
      loadedLatencySeconds: tree,
      bytesPerSecond: protocolBusBandwidth(setting, 'tree', protocol) / 2,
    });
  });
  return candidates;
}

/** NVLS in one node, its tree over several, PAT with one rank a node: what competes beside ring and tree. */
function others(op: CollectiveOp, setting: NcclSetting): NcclCandidate[] {
  const { ranks, nodes } = setting;
  const { network, scaleUp } = ncclTables;
  const candidate = (
    algorithm: NcclCandidate['algorithm'],
    microseconds: number,
    bytesPerSecond: number,
  ): NcclCandidate => {
    const latencySeconds = microseconds * micro;
    return { algorithm, protocol: 'Simple', latencySeconds, loadedLatencySeconds: latencySeconds, bytesPerSecond };
  };
  const logNodes = Math.floor(Math.log2(nodes));
  const halves = op === 'all_gather' || op === 'reduce_scatter';
  const found: NcclCandidate[] = [];
  const perNode = ranks / nodes;
  const nvls = ((setting.nvlsBytesPerSecond ?? 0) * (perNode - 1)) / perNode;
  const inside = scaleUp.nvls + (setting.extraScaleUpMicroseconds ?? 0);
  if (nodes === 1 && ranks > 2 && nvls > 0) {
    if (op === 'all_reduce') found.push(candidate('nvls', inside, nvls));
    if (halves) found.push(candidate('nvls', inside, (nvls * (ranks - 1)) / ranks));
  }
  if (nodes > 1 && perNode > 2 && nvls > 0 && op === 'all_reduce') {
    const across = 2 * logNodes * (network.nvlsTree + (setting.extraNetworkMicroseconds ?? 0));
    const limit = Math.min(2 * nvls, setting.nvlsTreeLimit ?? Number.POSITIVE_INFINITY);
    found.push(candidate('nvls-tree', inside + across, limit / 2));
  }
  if (setting.pat && nodes > 1 && ranks === nodes && halves) {
    const hop = network.pat / ncclTables.patHopDivisor + (setting.extraNetworkMicroseconds ?? 0);
    const microseconds = ncclTables.base.pat + logNodes * hop + ranks * ncclTables.patPerRankMicroseconds;
    found.push(candidate('pat', microseconds, setting.ringBusBandwidth * ncclTables.patShare));
  }
  return found;
}

/** Everything that competes for an operation on a communicator (spec/model.md 5.3). */
export function ncclCandidates(op: CollectiveOp, setting: NcclSetting): NcclCandidate[] {
  return [...ringsAndTrees(op, setting), ...others(op, setting)];
}

/** The candidate of least latency + S / bandwidth. @throws RangeError when there is none. */
export function ncclChoice(
  candidates: readonly NcclCandidate[],
  bytes: number,
): NcclCandidate & { readonly seconds: number } {
  let best: NcclCandidate | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const seconds = candidate.latencySeconds + bytes / candidate.bytesPerSecond;
    if (best && seconds >= least) continue;
    best = candidate;
    least = seconds;
  }
  if (!best) throw new RangeError('ncclChoice: no candidates');
  return { ...best, seconds: least };
}
