import { widen } from '../../kernel/widen.js';
import { buildFabricGraph, type FabricGraph } from '../../platform/fabric-graph.js';
import { Router } from '../../platform/routes.js';
import { addUse, type LinkUse, type SharedLink, type UseLabel } from './link-use.js';
import type { NetworkFlow, NetworkFlows } from './network-flows.js';
import { PartedFabricError } from './parted-fabric-error.js';
import type { RankPlaces } from './placement-map.js';

/** True when flows must be routed one by one: they choose ways, or the fabric has no tiers whose links act as one. */
export function needsRoutes({ cluster: { fabric } }: RankPlaces): boolean {
  return fabric.kind !== 'torus' && !(fabric.kind === 'clos' && fabric.routing === 'spray');
}

/** Flows and what they put on links of the fabric, in columns that grow. */
class RoutedFlows {
  readonly labels: UseLabel[] = [];
  #label = new Int32Array(4096);
  #from = new Int32Array(4096);
  #to = new Int32Array(4096);
  #flows = 0;
  #flow = new Int32Array(4096);
  #link = new Int32Array(4096);
  #share = new Float64Array(4096);
  #uses = 0;

  add({ label, from, to }: NetworkFlow): void {
    if (this.labels[this.labels.length - 1] !== label) this.labels.push(label);
    const flow = this.#flows++;
    if (flow === this.#from.length) {
      this.#label = widen(this.#label, new Int32Array(2 * flow));
      this.#from = widen(this.#from, new Int32Array(2 * flow));
      this.#to = widen(this.#to, new Int32Array(2 * flow));
    }
    this.#label[flow] = this.labels.length - 1;
    this.#from[flow] = from;
    this.#to[flow] = to;
  }

  /** The flow added last crosses a link with a share of what its rank sends. */
  cross(link: number, share: number): void {
    const use = this.#uses++;
    if (use === this.#link.length) {
      this.#flow = widen(this.#flow, new Int32Array(2 * use));
      this.#link = widen(this.#link, new Int32Array(2 * use));
      this.#share = widen(this.#share, new Float64Array(2 * use));
    }
    this.#flow[use] = this.#flows - 1;
    this.#link[use] = link;
    this.#share[use] = share;
  }

  /** Calls back for each link that is crossed, in order of id, with its uses in the order in which they were added. */
  byLink(links: number, take: (link: number, uses: readonly NetworkFlow[]) => void): void {
    const start = new Int32Array(links + 1);
    for (let use = 0; use < this.#uses; use++) {
      const at = (this.#link[use] as number) + 1;
      start[at] = (start[at] as number) + 1;
    }
    for (let link = 0; link < links; link++) start[link + 1] = (start[link + 1] as number) + (start[link] as number);
    const order = new Int32Array(this.#uses);
    const next = start.slice();
    for (let use = 0; use < this.#uses; use++) {
      const link = this.#link[use] as number;
      order[next[link] as number] = use;
      next[link] = (next[link] as number) + 1;
    }
    for (let link = 0; link < links; link++) {
      const uses = order.subarray(start[link] as number, start[link + 1] as number);
      if (uses.length > 0)
        take(
          link,
          Array.from(uses, (use) => this.#use(use)),
        );
    }
  }

  #use(use: number): NetworkFlow {
    const flow = this.#flow[use] as number;
    return {
      label: this.labels[this.#label[flow] as number] ?? 'data',
      from: this.#from[flow] as number,
      to: this.#to[flow] as number,
      share: this.#share[use] as number,
    };
  }
}

/**
 * Routes every flow over the fabric's graph and keeps the links that can fill: those on which the NICs behind their flows, sending
 * all they can, put more than the capacity (and the NICs ahead could take it in). Leaving the others out changes no rate.
 * @throws PartedFabricError when links that are down leave two ranks without a way.
 */
export function routedLinks(flows: NetworkFlows): SharedLink[] {
  const { places } = flows;
  const graph = buildFabricGraph(places.cluster);
  const capacity = perturbedCapacities(graph, places);
  const routed = new RoutedFlows();
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
    routed.add(flow);
    way.links.forEach((link, i) => {
      const share = flow.share * (way.weights[i] ?? 0);
      taken[link] = (taken[link] ?? 0) + share / (capacity[link] ?? 1);
      if (graph.linkKind(link) === 'fabric') routed.cross(link, share);
    });
  });
  const nic = graph.capacity[graph.nicUp[0] ?? 0] ?? 0;
  const shared: SharedLink[] = [];
  routed.byLink(graph.links, (link, crossing) => {
    const capacityBytesPerSecond = capacity[link] ?? 0;
    const most =
      nic *
      Math.min(
        nicsFull(crossing, places, ({ from }) => from),
        nicsFull(crossing, places, ({ to }) => to),
      );
    if (most <= capacityBytesPerSecond * (1 + 1e-9)) return;
    const uses = new Map<UseLabel, LinkUse[]>();
    for (const { label: of, from, share } of crossing) addUse(uses, of, { rank: from, share, ranks: 1, together: 1 });
    shared.push({ capacityBytesPerSecond, uses });
  });
  return shared;
}

/** Capacity of each link of the graph with what is perturbed: factors by name, and other jobs' steady traffic. */
export function perturbedCapacities(graph: FabricGraph, places: RankPlaces): Float64Array {
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

/** How many NICs' whole rate these flows can put on the link at most: of each NIC the rank and activity that use it most. */
function nicsFull(uses: readonly NetworkFlow[], places: RankPlaces, rankOf: (use: NetworkFlow) => number): number {
  const sums = new Map<number, Map<UseLabel, number>>();
  for (const use of uses) {
    const rank = rankOf(use);
    const byLabel = sums.get(rank) ?? new Map<UseLabel, number>();
    sums.set(rank, byLabel);
    byLabel.set(use.label, (byLabel.get(use.label) ?? 0) + use.share);
  }
  const byNic = new Map<number, number>();
  for (const [rank, byLabel] of sums) {
    const nic = places.nicOf(rank);
    byNic.set(nic, Math.max(byNic.get(nic) ?? 0, ...byLabel.values()));
  }
  let sum = 0;
  for (const share of byNic.values()) sum += share;
  return sum;
}
