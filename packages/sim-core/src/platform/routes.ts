import { gpuOfNic, nicCountOfGpu, nicOfGpu } from './clos-shape.js';
import type { Routing } from './cluster.js';
import { DragonflyPaths } from './dragonfly-paths.js';
import type { FabricGraph } from './fabric-graph.js';
import { type FlowKey, flowChoice } from './flow-hash.js';
import { directLink, insidePath, rootOf } from './node-paths.js';
import { ShortestPaths } from './shortest-paths.js';
import { blend, type PathChoice, type SwitchPaths, singlePath, type WeightedLinks } from './switch-paths.js';
import { TorusPaths } from './torus-paths.js';

/** Settings of a router; the defaults are those of the fabric. */
export interface RouterOptions {
  readonly routing?: Routing | 'valiant' | 'dimension-order';
  /** Seed of the switches' hash (default 0). */
  readonly seed?: number;
  /** Links that are down. */
  readonly down?: ReadonlySet<number>;
  /** What a flow does whose way crosses a link that is down (default reroute). */
  readonly onDown?: 'reroute' | 'stall';
  /** Change the rail over the scale-up domain before entering the network (PXN); default: when the fabric has rails. */
  readonly pxn?: boolean;
  /** GPUs over which others of their node may change the rail: those that take part in the traffic (default all). */
  readonly pxnOver?: (gpu: number) => boolean;
  /** Load of a link, for `adaptive` (default 0 everywhere). */
  readonly load?: (link: number) => number;
}

/** A way between two GPUs, or why there is none. Latency and hops are means over the sprayed ways. */
export type Route =
  | (WeightedLinks & { readonly kind: 'route'; readonly latencySeconds: number; readonly hops: number })
  | { readonly kind: 'disconnected'; readonly from: string; readonly to: string }
  | { readonly kind: 'stalled'; readonly down: readonly number[] };

/** One end of a way: its links, the NIC's cable among them and the switch behind it. */
interface RouteEnd {
  readonly links: readonly number[];
  readonly cable: number;
  readonly meets: number;
}

/** A part that meets no switch. */
const straight: Omit<RoutePart, 'before'> = { share: 1, entry: -1, exit: -1, after: [], destinationIndex: 0 };

const choices: Readonly<Record<NonNullable<RouterOptions['routing']>, PathChoice>> = {
  spray: 'spray',
  ecmp: 'ecmp',
  'static-rail': 'static',
  adaptive: 'adaptive',
  valiant: 'valiant',
  'dimension-order': 'static',
};

/** A share of a flow: links that it crosses whole, and the switches between which its way is still to be chosen (-1: none). */
export interface RoutePart {
  readonly share: number;
  readonly before: readonly number[];
  readonly entry: number;
  readonly exit: number;
  readonly after: readonly number[];
  /** Number of the arriving NIC on its rail; without rails its global index. */
  readonly destinationIndex: number;
}

/** Finds ways between GPUs over a graph. Ways of healthy and of broken fabrics are two routers. */
export class Router {
  readonly #paths: SwitchPaths;
  /** By direction and GPU; ends and slots also by NIC of its node, null where there is none. Millions of pairs look here. */
  readonly #knownNics: readonly [(readonly number[])[], (readonly number[])[]] = [[], []];
  readonly #knownEnds: readonly [(RouteEnd | null)[], (RouteEnd | null)[]];
  readonly #mostNics: number;
  readonly #roots: Int32Array;
  readonly #knownSlots: (readonly number[] | null)[];
  readonly #down: ReadonlySet<number>;
  readonly #choice: PathChoice;
  readonly #pxn: boolean;

  constructor(
    readonly graph: FabricGraph,
    readonly options: RouterOptions = {},
  ) {
    // A stalling flow keeps the way it had when all was well.
    this.#down = options.onDown === 'stall' ? new Set() : (options.down ?? new Set());
    const shortest = new ShortestPaths(graph, this.#down);
    this.#paths = graph.dragonfly
      ? new DragonflyPaths(graph, graph.dragonfly, shortest)
      : graph.torus
        ? new TorusPaths(graph, graph.torus, shortest)
        : shortest;
    this.#choice = choices[options.routing ?? graph.cluster.fabric.routing];
    let mostNics = 0;
    for (let node = 0; node < graph.cluster.nodes; node++) mostNics = Math.max(mostNics, graph.nicsOfNode(node));
    this.#mostNics = mostNics;
    const ends = graph.gpus * mostNics;
    this.#knownSlots = new Array<readonly number[] | null>(ends);
    this.#knownEnds = [new Array<RouteEnd | null>(ends), new Array<RouteEnd | null>(ends)];
    this.#roots = Int32Array.from({ length: graph.gpus }, (_, gpu) => rootOf(graph, gpu));
    this.#pxn = options.pxn ?? (graph.clos?.rails ?? 1) > 1;
  }

  /** Way of a flow between two GPUs (global indices); `queuePair` tells parallel flows of one pair apart. */
  route(from: number, to: number, queuePair = 0): Route {
    const { graph, options } = this;
    if (!(from >= 0 && from < graph.gpus && to >= 0 && to < graph.gpus)) {
      throw new RangeError(`Router.route: GPUs ${from} and ${to} of ${graph.gpus}`);
    }
    const flow = this.#flow(from, to, queuePair);
    const parts = this.parts(from, to, queuePair);
    if (!parts) return { kind: 'disconnected', from: graph.vertexName(from), to: graph.vertexName(to) };
    const way = blend(parts.map((part) => ({ way: this.#whole(part, flow), share: part.share })));
    if (options.onDown === 'stall') {
      const blocked = way.links.filter((link) => options.down?.has(link));
      if (blocked.length > 0) return { kind: 'stalled', down: blocked };
    }
    let latencySeconds = 0;
    let hops = 0;
    way.links.forEach((link, i) => {
      const weight = way.weights[i] ?? 0;
      latencySeconds += weight * (graph.latency[link] ?? 0);
      hops += weight;
    });
    return { kind: 'route', ...way, latencySeconds, hops };
  }

  /** Parts of a flow before ways between switches are chosen; undefined when nothing leads there. `stall` is not looked at. */
  parts(from: number, to: number, queuePair = 0): readonly RoutePart[] | undefined {
    if (from === to) return [{ ...straight, before: [] }];
    const inside = this.#inside(from, to);
    return inside ? [{ ...straight, before: inside }] : this.#across(from, to, this.#flow(from, to, queuePair));
  }

  /** Way of a part of a flow between its two switches, which it has. */
  between({ entry, exit, destinationIndex }: RoutePart, from: number, to: number, queuePair = 0): WeightedLinks {
    return this.#between(entry, exit, this.#flow(from, to, queuePair), destinationIndex) ?? singlePath([]);
  }

  /** True when a way leads from one switch to another. */
  joins(from: number, to: number): boolean {
    return this.#paths.connects(from, to);
  }

  /** True when every shortest way takes the same share of the bytes, whatever the flow. */
  get sprays(): boolean {
    return this.#choice === 'spray';
  }

  /** True when tables choose: of a flow, only its destination decides on the way between two switches, and its NICs are fixed. */
  get usesTables(): boolean {
    return this.#choice === 'static' && !this.graph.torus && this.graph.nics <= this.graph.gpus;
  }

  /** Adds to `loads` what sprayed bytes that enter at these switches put on links on their way to a switch that they reach. */
  pour(exit: number, bytesAt: ReadonlyMap<number, number>, loads: Float64Array): void {
    this.#paths.pour(exit, bytesAt, loads);
  }

  #flow(source: number, destination: number, queuePair: number): FlowKey {
    return { source, destination, queuePair, seed: this.options.seed ?? 0 };
  }

  #whole({ before, entry, exit, after, destinationIndex }: RoutePart, flow: FlowKey): WeightedLinks {
    const middle = entry === exit ? undefined : this.#between(entry, exit, flow, destinationIndex);
    if (!middle) return singlePath([...before, ...after]);
    return {
      links: [...before, ...middle.links, ...after],
      weights: [...before.map(() => 1), ...middle.weights, ...after.map(() => 1)],
    };
  }

  /** Links that stay inside the node or scale-up domain. */
  #inside(from: number, to: number): readonly number[] | undefined {
    if (this.#roots[from] !== this.#roots[to]) return undefined;
    const links = insidePath(this.graph, from, to);
    return links && !links.some((link) => this.#down.has(link)) ? links : undefined;
  }

  #across(from: number, to: number, flow: FlowKey): RoutePart[] | undefined {
    if (this.graph.torus) {
      const part = { ...straight, before: [], entry: from, exit: to, destinationIndex: to };
      return this.#paths.connects(from, to) ? [part] : undefined;
    }
    const arrivals = this.#nicsOf(to, 1);
    const departures = this.#nicsOf(from, 0);
    if (arrivals.length === 0 || departures.length === 0) return undefined;
    const pairs = Math.max(arrivals.length, departures.length);
    // A GPU with several NICs stripes over them when packets are sprayed; otherwise the flow's hash picks one.
    if (pairs === 1) {
      const [arrival = 0] = arrivals;
      const only = this.#throughNics(from, this.#departure(from, departures[0] ?? 0, arrival), arrival, to);
      if (only) return [only];
    }
    const indices =
      this.#choice === 'spray' ? Array.from({ length: pairs }, (_, i) => i) : [flowChoice(flow, 2000, pairs)];
    const parts = indices.map((i) => {
      const arrival = arrivals[i % arrivals.length] ?? 0;
      const own = departures[i % departures.length] ?? 0;
      return this.#throughNics(from, this.#departure(from, own, arrival), arrival, to);
    });
    const ways = parts.filter((way) => way !== undefined);
    if (ways.length > 0) return ways.map((part) => ({ ...part, share: 1 / ways.length }));
    const detour = this.options.pxn === false ? undefined : this.#detour(from, to);
    return detour && [detour];
  }

  /** First way over any pair of NICs of the two nodes, nearest rails first: what is left when a rail or a leaf is down. */
  #detour(from: number, to: number): RoutePart | undefined {
    const { graph } = this;
    const nics = (gpu: number, direction: 0 | 1): number[] => {
      const node = Math.floor(gpu / graph.cluster.gpusPerNode);
      const first = graph.firstNic[node] ?? 0;
      return Array.from({ length: graph.nicsOfNode(node) }, (_, i) => first + i).filter((nic) =>
        this.#alive(nic, direction),
      );
    };
    const departures = nics(from, 0);
    for (const arrival of nics(to, 1)) {
      const own = this.#departure(from, departures[0] ?? -1, arrival);
      for (const out of new Set([own, ...departures])) {
        const way = this.#throughNics(from, out, arrival, to);
        if (way) return way;
      }
    }
    return undefined;
  }

  /** NIC to leave by: of the rail of the arrival if rails are changed before the network and it is up, else the GPU's own. */
  #departure(from: number, own: number, arrival: number): number {
    const { graph } = this;
    const { clos } = graph;
    if (!clos || !this.#pxn) return own;
    if ((own - arrival) % clos.rails === 0) return own;
    const peer = Math.floor(from / graph.cluster.gpusPerNode) * clos.nicsPerNode + (arrival % clos.nicsPerNode);
    const { gpusPerNode } = graph.cluster;
    const over = this.options.pxnOver;
    const beside = Math.floor(from / gpusPerNode) * gpusPerNode + gpuOfNic(clos, arrival % clos.nicsPerNode);
    if (over && !over(beside)) return own;
    return this.#alive(peer, 0) && this.#gpuToNic(from, peer) ? peer : own;
  }

  #throughNics(from: number, out: number, into: number, to: number): RoutePart | undefined {
    const first = this.#end(from, out, 0);
    const last = this.#end(to, into, 1);
    if (!first || !last) return undefined;
    // Two NICs on one cable: there is no switch between them.
    if (first.cable === last.cable) return { ...straight, before: first.links, after: last.links.slice(1) };
    const entry = first.meets;
    const exit = last.meets;
    if (!this.#paths.connects(entry, exit)) return undefined;
    // Written out: one of these is made for each of millions of pairs.
    const destinationIndex = this.#indexOfNic(into);
    return { share: 1, before: first.links, entry, exit, after: last.links, destinationIndex };
  }

  /** Links between a GPU and the fabric over a NIC, in the order of a direction (0 out, 1 in); undefined when they are not all up. */
  #end(gpu: number, nic: number, direction: 0 | 1): RouteEnd | undefined {
    const known = this.#knownEnds[direction];
    const key = this.#placeOf(gpu, nic);
    const end = known[key];
    if (end !== undefined) return end ?? undefined;
    const slots = this.#gpuToNic(gpu, nic);
    const cable = (this.graph.nicUp[nic] ?? -1) ^ direction;
    const links = slots && (direction === 0 ? [...slots, cable] : [cable, ...slots.map((link) => link ^ 1).reverse()]);
    const found =
      links && !links.some((link) => this.#down.has(link))
        ? { links, cable, meets: (direction === 0 ? this.graph.to[cable] : this.graph.from[cable]) ?? 0 }
        : undefined;
    known[key] = found ?? null;
    return found;
  }

  #between(from: number, to: number, flow: FlowKey, destinationIndex: number): WeightedLinks | undefined {
    if (from === to) return singlePath([]);
    const load = this.options.load ?? (() => 0);
    return this.#paths.between(from, to, { choice: this.#choice, flow, destinationIndex, load });
  }

  /** Number of a NIC on its rail; without rails its global index. */
  #indexOfNic(nic: number): number {
    const { clos } = this.graph;
    if (!clos) return nic;
    const local = nic % clos.nicsPerNode;
    return Math.floor(nic / clos.nicsPerNode) * clos.nicsPerRail + Math.floor(local / clos.rails);
  }

  /** Links from a GPU to a NIC of its node: its slot, or over the scale-up domain and the slot of the GPU beside the NIC. */
  #gpuToNic(gpu: number, nic: number): readonly number[] | undefined {
    const key = this.#placeOf(gpu, nic);
    let slots = this.#knownSlots[key];
    if (slots === undefined) {
      slots = this.#slotsBetween(gpu, nic) ?? null;
      this.#knownSlots[key] = slots;
    }
    return slots ?? undefined;
  }

  /** Place of a GPU and a NIC of its node in what is known of them. */
  #placeOf(gpu: number, nic: number): number {
    const node = Math.floor(gpu / this.graph.cluster.gpusPerNode);
    return gpu * this.#mostNics + nic - (this.graph.firstNic[node] ?? 0);
  }

  #slotsBetween(gpu: number, nic: number): readonly number[] | undefined {
    const { graph } = this;
    const { gpusPerNode, node } = graph.cluster;
    const vertex = graph.gpus + nic;
    if (node.kind === 'pcie') return insidePath(graph, gpu, vertex);
    const own = directLink(graph, gpu, vertex);
    if (own !== undefined) return [own];
    const at = graph.nodeOfNic(nic);
    const sharing = { gpusPerNode, nicsPerNode: graph.nicsOfNode(at) };
    const peer = at * gpusPerNode + gpuOfNic(sharing, nic - (graph.firstNic[at] ?? 0));
    const over = insidePath(graph, gpu, peer);
    const slot = directLink(graph, peer, vertex);
    return over && slot !== undefined ? [...over, slot] : undefined;
  }

  /** True when a NIC's cable is up in a direction (0 out, 1 in). */
  #alive(nic: number, direction: 0 | 1): boolean {
    const up = this.graph.nicUp[nic] ?? -1;
    return up >= 0 && !this.#down.has(up ^ direction);
  }

  /** NICs (global) that serve a GPU in a direction: its own that are up, else the next one of the node that is. */
  #nicsOf(gpu: number, direction: 0 | 1): readonly number[] {
    const known = this.#knownNics[direction];
    const nics = known[gpu] ?? this.#servingNics(gpu, direction);
    known[gpu] = nics;
    return nics;
  }

  #servingNics(gpu: number, direction: 0 | 1): readonly number[] {
    const { graph } = this;
    const { gpusPerNode } = graph.cluster;
    const node = Math.floor(gpu / gpusPerNode);
    const first = graph.firstNic[node] ?? 0;
    const count = graph.nicsOfNode(node);
    if (count === 0) return [];
    const sharing = { gpusPerNode, nicsPerNode: count };
    const local = gpu % gpusPerNode;
    const reaches = (nic: number): boolean => {
      if (!this.#alive(nic, direction)) return false;
      const way = this.#gpuToNic(gpu, nic);
      return way !== undefined && !way.some((link) => this.#down.has(link ^ direction));
    };
    const base = nicOfGpu(sharing, local);
    const own = Array.from({ length: nicCountOfGpu(sharing, local) }, (_, i) => first + base + i).filter(reaches);
    if (own.length > 0) return own;
    for (let step = 1; step < count; step++) {
      const nic = first + ((base + step) % count);
      if (reaches(nic)) return [nic];
    }
    return [];
  }
}
