import { buildFabricGraph, type FabricGraph } from '../../platform/fabric-graph.js';
import { Router } from '../../platform/routes.js';
import { addUse, type LinkUse, type SharedLink, type UseLabel } from './link-use.js';
import type { NetworkFlows } from './network-flows.js';
import type { RankPlaces } from './placement-map.js';

/** True when flows must be routed one by one: they choose ways, or the fabric has no tiers whose links act as one. */
export function needsRoutes({ cluster: { fabric } }: RankPlaces): boolean {
  return fabric.kind !== 'torus' && !(fabric.kind === 'clos' && fabric.routing === 'spray');
}

/** Links that are down leave two ranks without a way. */
export class PartedFabricError extends RangeError {
  constructor(
    readonly from: number,
    readonly to: number,
  ) {
    super(`no way from rank ${from} to rank ${to} over the links that are up`);
    this.name = 'PartedFabricError';
  }
}

interface Load {
  readonly uses: Map<UseLabel, LinkUse[]>;
  /** By rank that sends over the link and by rank that takes in from it: share of its traffic, by label. */
  readonly senders: Map<number, Map<UseLabel, number>>;
  readonly receivers: Map<number, Map<UseLabel, number>>;
}

/**
 * Routes every flow over the fabric's graph and keeps the links that can fill: those on which the NICs behind their flows, sending
 * all they can, put more than the capacity (and the NICs ahead could take it in). Leaving the others out changes no rate.
 * @throws PartedFabricError when links that are down leave two ranks without a way.
 */
export function routedLinks(flows: NetworkFlows): SharedLink[] {
  const { places } = flows;
  const graph = buildFabricGraph(places.cluster);
  const capacity = capacities(graph, places);
  const loads = new Map<number, Load>();
  // What flows of the same activity have put on each link so far: the choice of `adaptive`, made when all of them start.
  let label: UseLabel | undefined;
  const taken = new Float64Array(graph.links);
  const router = new Router(graph, {
    seed: places.perturbation.seed,
    down: new Set(Array.from(capacity.keys()).filter((link) => capacity[link] === 0)),
    load: (link) => taken[link] ?? 0,
  });
  flows.all((flow) => {
    if (flow.label !== label) taken.fill(0);
    label = flow.label;
    const way = router.route(flow.from, flow.to);
    if (way.kind !== 'route') throw new PartedFabricError(flow.from, flow.to);
    way.links.forEach((link, i) => {
      const share = flow.share * (way.weights[i] ?? 0);
      taken[link] = (taken[link] ?? 0) + share / (capacity[link] ?? 1);
      if (graph.linkKind(link) !== 'fabric') return;
      let load = loads.get(link);
      if (!load) {
        load = { uses: new Map(), senders: new Map(), receivers: new Map() };
        loads.set(link, load);
      }
      addUse(load.uses, flow.label, { rank: flow.from, share, ranks: 1, together: 1 });
      addShare(load.senders, flow.from, flow.label, share);
      addShare(load.receivers, flow.to, flow.label, share);
    });
  });
  const nic = graph.capacity[graph.nicUp[0] ?? 0] ?? 0;
  return [...loads.keys()]
    .sort((a, b) => a - b)
    .flatMap((link) => {
      const load = loads.get(link);
      const capacityBytesPerSecond = capacity[link] ?? 0;
      if (!load) return [];
      const most = nic * Math.min(nicsFull(load.senders, places), nicsFull(load.receivers, places));
      return most <= capacityBytesPerSecond * (1 + 1e-9) ? [] : [{ capacityBytesPerSecond, uses: load.uses }];
    });
}

/** Capacity of each link of the graph with what is perturbed: factors by name, and other jobs' steady traffic. */
function capacities(graph: FabricGraph, places: RankPlaces): Float64Array {
  const capacity = graph.capacity.slice();
  for (const { link: name, capacityFactor } of places.perturbation.links) {
    const named = graph.linksNamed(name);
    // Of NICs and ports the plan keeps the books itself; here it matters whether they are up.
    for (const link of named) {
      if (graph.linkKind(link) === 'fabric' || capacityFactor === 0)
        capacity[link] = (capacity[link] ?? 0) * capacityFactor;
    }
  }
  const router = new Router(graph, { seed: places.perturbation.seed });
  const { gpusPerNode } = graph.cluster;
  for (const { from, to, bytesPerSecond } of places.traffic) {
    if (Math.max(from, to) >= graph.cluster.nodes) continue;
    for (let gpu = 0; gpu < gpusPerNode; gpu++) {
      const way = router.route(from * gpusPerNode + gpu, to * gpusPerNode + gpu);
      if (way.kind !== 'route') continue;
      way.links.forEach((link, i) => {
        if (graph.linkKind(link) !== 'fabric') return;
        const left = (capacity[link] ?? 0) - ((way.weights[i] ?? 0) * bytesPerSecond) / gpusPerNode;
        // What the other job leaves; it never takes a link whole, as fair sharing would not let it.
        capacity[link] = Math.max(left, 0.01 * (graph.capacity[link] ?? 0));
      });
    }
  }
  return capacity;
}

function addShare(shares: Map<number, Map<UseLabel, number>>, rank: number, label: UseLabel, share: number): void {
  let byLabel = shares.get(rank);
  if (!byLabel) {
    byLabel = new Map();
    shares.set(rank, byLabel);
  }
  byLabel.set(label, (byLabel.get(label) ?? 0) + share);
}

/** How many NICs' whole rate these ranks can put on the link at most: of each NIC the rank and activity that use it most. */
function nicsFull(shares: ReadonlyMap<number, ReadonlyMap<UseLabel, number>>, places: RankPlaces): number {
  const byNic = new Map<number, number>();
  for (const [rank, byLabel] of shares) {
    const nic = places.nicOf(rank);
    byNic.set(nic, Math.max(byNic.get(nic) ?? 0, ...byLabel.values()));
  }
  let sum = 0;
  for (const share of byNic.values()) sum += share;
  return sum;
}
