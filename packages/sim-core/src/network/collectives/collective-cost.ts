import { type CollectiveAlgorithm, requireOperation } from './algorithms/algorithm.js';
import type { CollectiveFabric } from './collective-fabric.js';
import { composedCost, extraMicroseconds, idleCostSeconds, type ProtocolCost, wireBytes } from './composed-cost.js';
import { demandOfSteps } from './demand-of-steps.js';
import { linkDemand } from './link-demand.js';
import { type NcclCandidate, type NcclSetting, ncclCandidates, ncclChoice } from './nccl-choice.js';
import { ncclTables } from './nccl-tables.js';
import { nvlsRamp } from './nvls-ramp.js';
import {
  type AlgorithmName,
  algorithmOperations,
  algorithmsOf,
  busBandwidthFactor,
  type CollectiveOp,
  type GroupLayout,
  type Protocol,
} from './types.js';

/** A collective as the fluid network takes it: a delay, then volume 1 with weights in bytes. */
export interface CollectiveCost {
  /** One of ours, or the name of a user's own. */
  readonly algorithm: string;
  readonly protocol: Protocol;
  /** Seconds before the fluid part; takes no bandwidth. */
  readonly latencySeconds: number;
  /** Bytes that the busiest port carries per direction, flags of the protocol included. */
  readonly scaleUpBytes: number;
  /** Bytes that one NIC carries per direction. */
  readonly nicBytes: number;
  /** Upper bound of the rate in 1/s: what protocol or algorithm reach where the links would give more. */
  readonly rateCap: number;
  /** Seconds on idle links: latency + 1 / min(rateCap, reachable port / scaleUpBytes, reachable NIC / nicBytes). */
  readonly secondsAlone: number;
}

const nothing: CollectiveCost = {
  algorithm: 'ring',
  protocol: 'Simple',
  latencySeconds: 0,
  scaleUpBytes: 0,
  nicBytes: 0,
  rateCap: Number.POSITIVE_INFINITY,
  secondsAlone: 0,
};

/** Bytes per second that one device reaches through the reducing switch. */
function nvlsBytesPerSecond(fabric: CollectiveFabric): number {
  if (!fabric.hasNvls) return 0;
  const { plannedShare, nvlsEfficiency } = ncclTables.generations[fabric.generation];
  return fabric.scaleUpBytesPerSecond * plannedShare * nvlsEfficiency;
}

/**
 * The group as NCCL's tuner sees it: bandwidths of the ports inside a domain and of its NICs, never of the switches above. NCCL plans
 * with `nChannels * (nNodes <= 2 ? bwIntra : bwInter)` of its own topology graph (ncclTopoTuneModel, src/graph/tuning.cc), whose nodes
 * are GPUs, PCIe and NVLink switches, CPUs, NICs and their ports (src/graph/topo.h): a port is where it ends. So neither
 * oversubscription, hashing nor a torus changes what is chosen here; how long the choice then takes, `fabricTime` says.
 */
function ncclSetting(group: GroupLayout, fabric: CollectiveFabric): NcclSetting {
  const { domains, ranksPerDomain } = group;
  const table = ncclTables.generations[fabric.generation];
  const infinite = Number.POSITIVE_INFINITY;
  const port = ranksPerDomain > 1 ? fabric.scaleUpBytesPerSecond * fabric.nvlinkMax : infinite;
  const nics =
    domains > 1 ? fabric.nicBytesPerSecond * fabric.nicMax * (group.leastNics ?? group.nicsPerDomain) : infinite;
  const extra = extraMicroseconds(fabric);
  return {
    ranks: group.ranks,
    nodes: domains,
    ringBusBandwidth: Math.min(port, nics),
    treeBusBandwidth: Math.min(port, nics * treeRelief(group)),
    llMaxBandwidth: table.llMax,
    ll128PerChannelBandwidth: table.ll128PerChannel,
    channels: table.channels,
    netOverheadMicroseconds: 1,
    scaleUpKind: fabric.scaleUpKind,
    extraScaleUpMicroseconds: extra.scaleUp,
    extraNetworkMicroseconds: extra.network,
    nvlsBytesPerSecond: nvlsBytesPerSecond(fabric),
    pat: true,
    nvlsTreeLimit: Math.min(
      nics * nvlsTreeRelief(group),
      (table.nvlsTreePerChannel[domains > 2 ? 1 : 0] ?? 0) * ranksPerDomain,
    ),
  };
}

/** Of two nodes each sends S to the other in a double tree, where inner nodes of longer trees send 2 S; how much of it arrives. */
function treeRelief({ domains }: GroupLayout): number {
  return domains === 2 ? 2 * ncclTables.twoNodeTreeShare : 1;
}

function nvlsTreeRelief({ domains }: GroupLayout): number {
  return domains === 2 ? 2 : 1;
}

/** How a choice of NCCL's tuner runs: wire bytes, chunk pipeline and loaded hops beside what the tuner reckons with. */
function executed(
  choice: NcclCandidate,
  op: CollectiveOp,
  bytes: number,
  group: GroupLayout,
  fabric: CollectiveFabric,
): ProtocolCost {
  const { ranks, domains, ranksPerDomain: local } = group;
  const nics = group.leastNics ?? group.nicsPerDomain;
  const { protocol } = choice;
  const table = ncclTables.generations[fabric.generation];
  const onPort = local > 1 ? 1 : 0;
  const onNic = domains > 1 ? 1 / nics : 0;
  const infinite = Number.POSITIVE_INFINITY;
  switch (choice.algorithm) {
    case 'ring': {
      const data = busBandwidthFactor(op, ranks) * bytes;
      const wire = data * wireBytes[protocol];
      const limit = { LL: table.llMax, LL128: table.channels * table.ll128PerChannel, Simple: infinite }[protocol];
      return {
        protocol,
        latencySeconds: choice.loadedLatencySeconds,
        scaleUpBytes: wire * onPort,
        nicBytes: wire * onNic,
        rateCap: data > 0 ? limit / data : infinite,
      };
    }
    case 'tree':
    case 'pat': {
      const data = choice.algorithm === 'pat' ? busBandwidthFactor(op, ranks) * bytes : 2 * bytes;
      const wire = data * wireBytes[protocol];
      return {
        protocol,
        latencySeconds: choice.loadedLatencySeconds,
        scaleUpBytes: wire * onPort,
        nicBytes: (wire * onNic) / (choice.algorithm === 'tree' ? treeRelief(group) : 1),
        rateCap: bytes > 0 ? choice.bytesPerSecond / bytes : infinite,
      };
    }
    case 'nvls':
    case 'nvls-tree': {
      // All-reduce: a port sends its data and its reduced slice; the halves multicast or reduce in one direction only.
      const perByte = op === 'all_reduce' ? 1 + 1 / local : (ranks - 1) / ranks;
      const overNetwork = domains > 1;
      const rate = nvlsBytesPerSecond(fabric) / perByte;
      const ramp = nvlsRamp(
        bytes,
        table.nvlsChannels * local,
        rate,
        overNetwork ? 4 : 2,
        domains >= 4 ? ncclTables.nvlsTreeChunkBytes : ncclTables.nvlsChunkBytes,
      );
      return {
        protocol,
        latencySeconds: choice.loadedLatencySeconds + ramp.fillSeconds,
        scaleUpBytes: bytes * perByte,
        nicBytes: (2 * bytes * onNic) / nvlsTreeRelief(group),
        rateCap: bytes > 0 ? (rate * ramp.efficiency) / bytes : infinite,
      };
    }
  }
}

/**
 * Cost of one collective on an idle fabric and what it puts on links. Without a named algorithm the one that NCCL's tuner
 * picks: least latency + bytes / bandwidth (spec/model.md 5.3); its execution then takes what chunks and loaded hops add.
 * @param bytes S as an NCCL user counts it (spec/model.md 5.1).
 * @param algorithm A name, or an algorithm of your own, which is priced by its steps.
 * @throws RangeError when the named algorithm cannot run the operation on this group, or bytes is negative.
 */
export function collectiveCost(
  op: CollectiveOp,
  bytes: number,
  group: GroupLayout,
  fabric: CollectiveFabric,
  algorithm?: AlgorithmName | CollectiveAlgorithm,
): CollectiveCost {
  if (!(bytes >= 0)) throw new RangeError(`collectiveCost: bytes is ${bytes}`);
  if (typeof algorithm === 'object') {
    requireOperation(algorithm, op);
    if (group.ranks <= 1) return { ...nothing, algorithm: algorithm.name };
    const demand = demandOfSteps(algorithm, op, bytes, group, fabric);
    return priced(algorithm.name, composedCost(demand, group, fabric), fabric);
  }
  if (algorithm && !algorithmOperations[algorithm].includes(op)) {
    throw new RangeError(`${algorithm} cannot run ${op}; algorithms that can: ${algorithmsOf(op).join(', ')}`);
  }
  if (group.ranks <= 1) return { ...nothing, algorithm: algorithm ?? nothing.algorithm };
  if (algorithm === 'sharp' && fabric.hasSwitches === false) {
    throw new RangeError('sharp cannot run all_reduce on this group: no switches join its devices');
  }
  const named = algorithm ?? (op === 'all_to_all' || op === 'send_recv' ? 'posted' : undefined);
  const demand = named && linkDemand(op, bytes, group, named);
  if (named && demand) return priced(named, composedCost(demand, group, fabric), fabric);
  // On a torus a tree is a chain through all devices: nobody who is free to choose takes it.
  const all = ncclCandidates(op, ncclSetting(group, fabric)).filter(
    (candidate) => named !== undefined || fabric.hasSwitches !== false || candidate.algorithm !== 'tree',
  );
  const candidates = named ? all.filter((candidate) => candidate.algorithm === named) : all;
  if (candidates.length === 0) throw new RangeError(`${named} cannot run ${op} on this group: ${whyNot(named, group)}`);
  const choice = ncclChoice(candidates, bytes);
  return priced(choice.algorithm, executed(choice, op, bytes, group, fabric), fabric);
}

function whyNot(algorithm: AlgorithmName | undefined, { domains, ranksPerDomain }: GroupLayout): string {
  if (algorithm === 'pat') return 'it needs several nodes with one rank each';
  if (algorithm === 'nvls' && domains > 1) return 'it stays inside one scale-up domain; nvls-tree spans several';
  if (algorithm === 'nvls-tree' && domains === 1) return 'it spans several scale-up domains; nvls stays inside one';
  if (ranksPerDomain <= 2) return 'it needs more than two ranks in a scale-up domain';
  return 'the scale-up switches do not reduce';
}

function priced(algorithm: string, cost: ProtocolCost, fabric: CollectiveFabric): CollectiveCost {
  return { algorithm, ...cost, secondsAlone: idleCostSeconds(cost, fabric) };
}
