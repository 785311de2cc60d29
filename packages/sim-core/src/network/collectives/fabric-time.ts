import { defaultSwitchLatencySeconds, gpuOfNic } from '../../platform/clos-shape.js';
import type { Cluster } from '../../platform/cluster.js';
import { buildFabricGraph, type FabricGraph } from '../../platform/fabric-graph.js';
import { Router } from '../../platform/routes.js';
import { type CollectiveAlgorithm, inSwitch, type Transfer } from './algorithms/algorithm.js';
import type { CollectiveCost } from './collective-cost.js';
import { collectivePhases } from './collective-phases.js';
import { wireBytes } from './composed-cost.js';
import { countable, dealtBytes, stepDistances } from './dealt-bytes.js';
import { LinkTally } from './link-tally.js';
import type { CollectiveOp, GroupLayout } from './types.js';

/** A link that is not what it should be: 0 = down, flows take other ways. */
export interface LinkFactor {
  /** As `FabricGraph.linksNamed` takes it. */
  readonly link: string;
  readonly capacityFactor: number;
}

/** What the links of a cluster need for a collective of a group, beside what its closed form reckons with. */
export interface FabricTime {
  /** Seconds of the fullest link of each phase, summed, for each byte of S; 0 where ports and NICs alone can be the limit. */
  readonly secondsPerByte: number;
  /** Seconds that ways over several chips of a torus add. */
  readonly latencySeconds: number;
  /** Share of the pairs of an all-to-all that were counted; below 1 evenly spread distances stand for all. */
  readonly countedShare: number;
}

const free: FabricTime = { secondsPerByte: 0, latencySeconds: 0, countedShare: 1 };

/** A link that a collective cannot do without is down. */
export class StalledError extends RangeError {
  constructor(readonly link: string) {
    super(`stalls: ${link} is down and there is no way round it`);
  }
}

/**
 * What a collective of the first GPUs of an otherwise idle cluster needs of its links: the transfers of its algorithm are laid over
 * the routes of its GPUs, so that oversubscribed tiers, hashes that collide, cables that several hops share, PCIe trees, slow NICs
 * of uneven groups and links that are down are felt.
 * @param layout Of those GPUs (`packedGroupLayout`).
 * @throws DisconnectedError when no way leads between two GPUs that have to talk, StalledError when a port is down.
 */
export function fabricTime(
  cluster: Cluster,
  layout: GroupLayout,
  op: CollectiveOp,
  algorithm: string | CollectiveAlgorithm,
  links: readonly LinkFactor[] = [],
): FabricTime {
  const { ranks, ranksPerDomain } = layout;
  if (!linksCount(cluster, layout, links)) return free;
  const steps = stepDistances(ranks);
  const form = collectivePhases(
    layout,
    op,
    algorithm,
    cluster.fabric.kind === 'torus' ? cluster.fabric.dims : undefined,
    steps,
  );
  // Of phases that take their turns, those inside domains add to the others.
  const inside = links.length > 0 || insideCounts(cluster) || (form.steps && algorithm !== 'posted');
  const graph = buildFabricGraph(links.length > 0 ? cluster : partOf(cluster, ranks));
  const capacity = capacities(graph, links);
  const down = new Set([...capacity.keys()].filter((link) => capacity[link] === 0));
  const loads = new Float64Array(graph.links);
  const router = new Router(graph, { down, load: (link) => loads[link] ?? 0, pxnOver: (gpu) => gpu < ranks });
  const tally = new LinkTally(graph, router, loads);
  const { nicMax, nvlinkMax } = cluster.device;
  const torus = graph.torus?.dims;
  const domainOf = (member: number): number => Math.floor(member / ranksPerDomain);
  const counted = countable(graph, router, down);

  const add = (transfer: Transfer): void => {
    const { from, to, bytes } = transfer;
    const stays = from === inSwitch || to === inSwitch || domainOf(from) === domainOf(to);
    if (stays && !inside) return;
    // Torus links are cables like those of any network.
    tally.add({ from, to, bytes: bytes / (stays && !torus ? nvlinkMax : nicMax) });
  };
  const dealtOn = { tally, layout, counted, inside, reach: nicMax, add };
  const nics = nicPools(graph, router);
  let secondsPerByte = 0;
  let extraHops = 0;
  let countedShare = algorithm === 'pairwise' ? steps.length / (ranks - 1) : 1;
  // The bytes of steps that are taken stand for the others already; so must their hops.
  const stepsForEach = 1 / countedShare;
  for (const { transfers, everyPair, summed } of form.phases) {
    tally.clear();
    for (const transfer of transfers) add(transfer);
    if (everyPair) countedShare = Math.min(countedShare, dealtBytes(everyPair, dealtOn));
    if (summed) tally.addSummed(summed.map((transfer) => ({ ...transfer, bytes: transfer.bytes / nicMax })));
    tally.pour();
    secondsPerByte += slowest(graph, tally.loads, capacity, nics);
    if (torus && form.steps) extraHops += stepsForEach * Math.max(0, tally.longest - 1);
  }
  return {
    secondsPerByte,
    latencySeconds: extraHops * defaultSwitchLatencySeconds,
    countedShare,
  };
}

/** True when links other than ports and NICs can be the limit of a group, so that `fabricTime` builds the graph of its nodes. */
export function linksCount(cluster: Cluster, layout: GroupLayout, links: readonly LinkFactor[] = []): boolean {
  if (layout.ranks <= 1) return false;
  if (links.length > 0 || insideCounts(cluster)) return true;
  return layout.domains > 1 && !carriesAll(cluster, layout);
}

/** Seconds of a collective of `bytes` alone on a fabric that needs that time of its links. */
export function secondsOnFabric(cost: CollectiveCost, bytes: number, time: FabricTime): number {
  const links = bytes * wireBytes[cost.protocol] * time.secondsPerByte;
  return Math.max(cost.secondsAlone, cost.latencySeconds + links) + time.latencySeconds;
}

/** Links inside nodes or domains can be the limit beyond what the closed form knows: PCIe trees, a torus, unlike devices. */
function insideCounts({ node, fabric, deviceRanges }: Cluster): boolean {
  return node.kind === 'pcie' || fabric.kind === 'torus' || (deviceRanges?.length ?? 0) > 0;
}

/** A sprayed Clos without oversubscription carries whatever the NICs of equal domains send, if their slots do. */
function carriesAll({ fabric, node, gpusPerNode }: Cluster, { ranks, ranksPerDomain }: GroupLayout): boolean {
  if (fabric.kind !== 'clos' || fabric.routing !== 'spray' || ranks % ranksPerDomain !== 0) return false;
  const nicsPerGpu = Math.max(1, (fabric.nicsPerNode ?? gpusPerNode) / gpusPerNode);
  const slotNeeds = fabric.nicGbps * 1.25e8 * nicsPerGpu;
  return (
    fabric.oversubscription <= 1 &&
    (fabric.spineOversubscription ?? fabric.oversubscription) <= 1 &&
    (node.pcieBytesPerSecond ?? slotNeeds) >= slotNeeds
  );
}

/** The nodes that hold the group, where nothing of the others is on its ways: the tiers of a Clos do not depend on them. */
function partOf(cluster: Cluster, ranks: number): Cluster {
  if (cluster.fabric.kind !== 'clos' || cluster.deviceRanges) return cluster;
  return { ...cluster, nodes: Math.min(cluster.nodes, Math.ceil(ranks / cluster.gpusPerNode)) };
}

function capacities(graph: FabricGraph, links: readonly LinkFactor[]): Float64Array {
  const capacity = graph.capacity.slice();
  for (const { link: name, capacityFactor } of links) {
    for (const link of graph.linksNamed(name)) capacity[link] = (capacity[link] ?? 0) * capacityFactor;
  }
  return capacity;
}

/** Position of the first GPU behind each NIC where GPUs have several and flows do not stripe: NCCL pins its channels evenly on them. */
function nicPools(graph: FabricGraph, router: Router): Int32Array | undefined {
  const { gpusPerNode } = graph.cluster;
  if (router.sprays || graph.nics <= graph.gpus) return undefined;
  return Int32Array.from({ length: graph.nics }, (_, nic) => {
    const node = graph.nodeOfNic(nic);
    const sharing = { gpusPerNode, nicsPerNode: graph.nicsOfNode(node) };
    return node * gpusPerNode + gpuOfNic(sharing, nic - (graph.firstNic[node] ?? 0));
  });
}

/** Seconds of the fullest link. @throws StalledError when it is down. */
function slowest(
  graph: FabricGraph,
  loads: Float64Array,
  capacity: Float64Array,
  pools: Int32Array | undefined,
): number {
  let most = 0;
  const pooled = new Map<number, { load: number; capacity: number }>();
  for (let link = 0; link < loads.length; link++) {
    const load = loads[link] ?? 0;
    const kind = graph.linkKind(link);
    if (pools && (kind === 'nic' || kind === 'pcie')) {
      // The NIC is at the lower end of its cable, at the upper end of its slot.
      const upward = link % 2 === 0;
      const nic = ((kind === 'nic') === upward ? (graph.from[link] ?? 0) : (graph.to[link] ?? 0)) - graph.gpus;
      const key = 4 * (pools[nic] ?? 0) + (kind === 'nic' ? 2 : 0) + (upward ? 1 : 0);
      const pool = pooled.get(key) ?? { load: 0, capacity: 0 };
      pooled.set(key, { load: pool.load + load, capacity: pool.capacity + (capacity[link] ?? 0) });
    } else if (load > 0) {
      if (capacity[link] === 0) throw new StalledError(graph.linkName(link));
      most = Math.max(most, load / (capacity[link] ?? 0));
    }
  }
  for (const pool of pooled.values()) if (pool.load > 0) most = Math.max(most, pool.load / pool.capacity);
  return most;
}
