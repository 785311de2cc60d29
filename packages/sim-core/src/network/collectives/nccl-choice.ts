import { ncclTables } from './nccl-tables.js';
import { busBandwidthFactor, type CollectiveOp, type Protocol } from './types.js';

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
  /** NVLS bandwidth seen by the user of an all-reduce (algorithm bandwidth), 0 = no NVLS. */
  readonly nvlsAlgorithmBandwidth?: number;
}

export interface NcclCandidate {
  readonly algorithm: 'ring' | 'tree' | 'nvls' | 'nvls-tree' | 'pat';
  readonly protocol: Protocol;
  readonly latencySeconds: number;
  /** S over this is the bandwidth part of the time. */
  readonly bytesPerSecond: number;
}

const protocols: readonly Protocol[] = ['LL', 'LL128', 'Simple'];
const micro = 1e-6;

function protocolBusBandwidth(setting: NcclSetting, algorithm: 'ring' | 'tree', protocol: Protocol): number {
  const bus = setting.ringBusBandwidth;
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
export function ncclCandidates(op: CollectiveOp, setting: NcclSetting): NcclCandidate[] {
  const { ranks, nodes } = setting;
  const candidates: NcclCandidate[] = [];
  const onePerNode = nodes > 1 && ranks === nodes;
  protocols.forEach((protocol, p) => {
    const ringSteps = op === 'all_reduce' ? 2 * (ranks - 1) : ranks - 1;
    const interSteps = nodes > 1 ? (op === 'all_reduce' ? 2 * (nodes - 1) : nodes - 1) : 0;
    const overhead = nodes > 1 ? setting.netOverheadMicroseconds * (protocol === 'Simple' ? 3 : 1) : 0;
    const intra = ncclTables.scaleUp.ring[p] ?? 0;
    const inter = (onePerNode ? ncclTables.network.tree[p] : ncclTables.network.ring[p]) ?? 0;
    const ringLatency =
      (ncclTables.base.ring[p] ?? 0) + (ringSteps - interSteps) * Math.max(intra, overhead) + interSteps * inter;
    candidates.push({
      algorithm: 'ring',
      protocol,
      latencySeconds: ringLatency * micro,
      bytesPerSecond: protocolBusBandwidth(setting, 'ring', protocol) / busBandwidthFactor(op, ranks),
    });
    if (op !== 'all_reduce') return;
    const treeSteps =
      (ranks / nodes - 1) * (ncclTables.scaleUp.tree[p] ?? 0) +
      Math.floor(Math.log2(nodes)) * (ncclTables.network.tree[p] ?? 0);
    candidates.push({
      algorithm: 'tree',
      protocol,
      latencySeconds: ((ncclTables.base.tree[p] ?? 0) + 2 * treeSteps) * micro,
      bytesPerSecond: protocolBusBandwidth(setting, 'tree', protocol) / 2,
    });
  });
  return candidates;
}

/** The candidate of least latency + S / bandwidth. */
export function ncclChoice(
  candidates: readonly NcclCandidate[],
  bytes: number,
): NcclCandidate & { readonly seconds: number } {
  let best: (NcclCandidate & { seconds: number }) | undefined;
  for (const candidate of candidates) {
    const seconds = candidate.latencySeconds + bytes / candidate.bytesPerSecond;
    if (!best || seconds < best.seconds) best = { ...candidate, seconds };
  }
  if (!best) throw new RangeError('ncclChoice: no candidates');
  return best;
}
