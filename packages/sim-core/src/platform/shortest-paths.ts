import type { FabricGraph } from './fabric-graph.js';
import { flowChoice } from './flow-hash.js';
import { vertexKinds } from './graph-builder.js';
import { type PathQuery, type SwitchPaths, singlePath, type WeightedLinks } from './switch-paths.js';

/** Hops from each vertex that forwards to a target, and how many shortest ways there are; -1 = none. Hosts take no room. */
interface Distances {
  readonly target: number;
  /** Links out of each vertex that forwards which bring a packet one hop nearer, in order of id; found when first asked for. */
  readonly next: (readonly number[])[];
  readonly hops: Int32Array;
  readonly ways: Float64Array;
}

/**
 * Shortest ways over the links that are not down. Only switches forward (and the chips of a torus), hosts do not.
 * Parallel cables count as ways of their own. Distances are found once for each target.
 */
export class ShortestPaths implements SwitchPaths {
  /** Number of each vertex among those that forward; -1 for a host. */
  readonly #forwarder: Int32Array;
  readonly #forwarders: number;
  readonly #inFirst: Int32Array;
  readonly #distances: Distances[];
  /** How full the best way from a vertex is, as of the pass that is written beside it. */
  readonly #fullness: Float64Array;
  readonly #fullnessOf: Int32Array;
  /** 1 where that is how full the emptiest way is, 0 where it is one that was empty enough. */
  readonly #isLeast: Uint8Array;
  #pass = 0;
  /** Of a pour: bytes that have come to each vertex that forwards, and those vertices by hops to the target; empty between pours. */
  readonly #arrived: Float64Array;
  readonly #levels: number[][] = [];

  constructor(
    readonly graph: FabricGraph,
    readonly down: ReadonlySet<number> = new Set(),
  ) {
    const forwarding = [vertexKinds.indexOf('switch'), graph.torus ? vertexKinds.indexOf('gpu') : -1];
    let forwarders = 0;
    this.#forwarder = Int32Array.from(graph.vertexKind, (kind) => (forwarding.includes(kind) ? forwarders++ : -1));
    this.#forwarders = forwarders;
    this.#inFirst = graph.outFirst;
    this.#distances = new Array<Distances>(graph.vertices);
    this.#arrived = new Float64Array(forwarders);
    this.#fullness = new Float64Array(graph.vertices);
    this.#fullnessOf = new Int32Array(graph.vertices);
    this.#isLeast = new Uint8Array(graph.vertices);
  }

  /** Number of shortest ways and their length; undefined when disconnected. */
  count(from: number, to: number): { readonly hops: number; readonly ways: number } | undefined {
    const distances = this.#towards(to);
    const hops = this.#hops(from, distances);
    return hops < 0 ? undefined : { hops, ways: this.#ways(from, distances) };
  }

  connects(from: number, to: number): boolean {
    return from === to || this.#hops(from, this.#towards(to)) >= 0;
  }

  #hops(vertex: number, { target, hops }: Distances): number {
    if (vertex === target) return 0;
    const forwarder = this.#forwarder[vertex] ?? -1;
    return forwarder < 0 ? -1 : (hops[forwarder] ?? -1);
  }

  #ways(vertex: number, { target, ways }: Distances): number {
    return vertex === target ? 1 : (ways[this.#forwarder[vertex] ?? -1] ?? 0);
  }

  between(from: number, to: number, query: PathQuery): WeightedLinks | undefined {
    const distances = this.#towards(to);
    if (this.#hops(from, distances) < 0) return undefined;
    switch (query.choice) {
      case 'spray':
        return this.#spray(from, distances);
      case 'adaptive':
        return this.#leastLoaded(from, distances, query);
      case 'static':
        return this.#static(from, distances, query.destinationIndex);
      default:
        return this.#single(from, distances, (_, tier, links) => flowChoice(query.flow, tier, links.length));
    }
  }

  #next(vertex: number, distances: Distances): readonly number[] {
    const forwarder = this.#forwarder[vertex] ?? -1;
    const known = distances.next[forwarder];
    if (known) return known;
    const { graph, down } = this;
    const wanted = this.#hops(vertex, distances) - 1;
    const found: number[] = [];
    for (let i = graph.outFirst[vertex] ?? 0; i < (graph.outFirst[vertex + 1] ?? 0); i++) {
      const link = graph.outLinks[i] ?? 0;
      if (this.#hops(graph.to[link] ?? 0, distances) === wanted && !down.has(link)) found.push(link);
    }
    if (forwarder >= 0) distances.next[forwarder] = found;
    return found;
  }

  /** Destination-modulo tables (D-mod-k, Zahavi 2010): each tier takes the next digit of the destination's number. */
  #static(from: number, distances: Distances, destinationIndex: number): WeightedLinks {
    let left = destinationIndex;
    return this.#single(from, distances, (_, __, links) => {
      const port = left % links.length;
      left = Math.floor(left / links.length);
      return port;
    });
  }

  #single(
    from: number,
    distances: Distances,
    pick: (vertex: number, tier: number, choices: readonly number[]) => number,
  ): WeightedLinks {
    const links: number[] = [];
    let vertex = from;
    for (let tier = 0; vertex !== distances.target; tier++) {
      const choices = this.#next(vertex, distances);
      const link = (choices.length === 1 ? choices[0] : choices[pick(vertex, tier, choices)]) ?? 0;
      links.push(link);
      vertex = this.graph.to[link] ?? 0;
    }
    return singlePath(links);
  }

  /** Even over all shortest ways: at each vertex in proportion to the ways that lead on from each neighbour. */
  #spray(from: number, distances: Distances): WeightedLinks {
    const links: number[] = [];
    const weights: number[] = [];
    let level = new Map([[from, 1]]);
    while (level.size > 0) {
      const below = new Map<number, number>();
      for (const [vertex, share] of level) {
        if (vertex === distances.target) continue;
        for (const link of this.#next(vertex, distances)) {
          const to = this.graph.to[link] ?? 0;
          const part = (share * this.#ways(to, distances)) / this.#ways(vertex, distances);
          links.push(link);
          weights.push(part);
          below.set(to, (below.get(to) ?? 0) + part);
        }
      }
      level = below;
    }
    return { links, weights };
  }

  /** The shortest way whose fullest link is least full; equals by the flow's hash, tier by tier. */
  #leastLoaded(from: number, distances: Distances, query: PathQuery): WeightedLinks {
    const pass = ++this.#pass;
    const { capacity, to } = this.graph;
    // `enough`: what the way to the vertex is full already, so that a way on that is no fuller need not be the emptiest.
    const fullness = (vertex: number, enough: number): number => {
      if (vertex === distances.target) return 0;
      if (this.#fullnessOf[vertex] === pass) {
        const known = this.#fullness[vertex] ?? 0;
        if (known <= enough || this.#isLeast[vertex] === 1) return known;
      }
      let least = Number.POSITIVE_INFINITY;
      for (const link of this.#next(vertex, distances)) {
        const own = query.load(link) / (capacity[link] ?? 1);
        // What lies beyond can only be fuller.
        if (own >= least) continue;
        least = Math.min(least, Math.max(own, fullness(to[link] ?? 0, own)));
        if (least <= enough) break;
      }
      this.#fullnessOf[vertex] = pass;
      this.#fullness[vertex] = least;
      this.#isLeast[vertex] = least <= enough ? 0 : 1;
      return least;
    };
    const within = (link: number, least: number): boolean =>
      query.load(link) / (capacity[link] ?? 1) <= least && fullness(to[link] ?? 0, least) <= least;
    return this.#single(from, distances, (vertex, tier, choices) => {
      if (choices.length === 1) return 0;
      const least = fullness(vertex, Number.NEGATIVE_INFINITY);
      const equal = choices.filter((link) => within(link, least));
      return choices.indexOf(equal[flowChoice(query.flow, tier, equal.length)] ?? 0);
    });
  }

  /**
   * Adds to `loads` what bytes that enter at these vertices put on links on their way to a target, even over all shortest ways:
   * vertex after vertex towards the target, so that bytes which met take the rest of the way as one.
   * @returns false when one of the vertices does not reach the target.
   */
  pour(target: number, bytesAt: ReadonlyMap<number, number>, loads: Float64Array): boolean {
    const distances = this.#towards(target);
    for (const vertex of bytesAt.keys()) if (this.#hops(vertex, distances) < 0) return false;
    for (const [vertex, bytes] of bytesAt) this.#arrive(vertex, bytes, distances);
    const levels = this.#levels;
    for (let hops = levels.length - 1; hops > 0; hops--) {
      const level = levels[hops] ?? [];
      for (const vertex of level) {
        const forwarder = this.#forwarder[vertex] ?? 0;
        const bytes = this.#arrived[forwarder] ?? 0;
        const ways = distances.ways[forwarder] ?? 1;
        for (const link of this.#next(vertex, distances)) {
          const to = this.graph.to[link] ?? 0;
          const part = (bytes * this.#ways(to, distances)) / ways;
          loads[link] = (loads[link] ?? 0) + part;
          this.#arrive(to, part, distances);
        }
        this.#arrived[forwarder] = 0;
      }
      level.length = 0;
    }
    return true;
  }

  /** Notes bytes that have come to a vertex on their way to the target, where they are not there yet. */
  #arrive(vertex: number, bytes: number, distances: Distances): void {
    const hops = this.#hops(vertex, distances);
    if (hops <= 0 || bytes === 0) return;
    const forwarder = this.#forwarder[vertex] ?? 0;
    const before = this.#arrived[forwarder] ?? 0;
    this.#arrived[forwarder] = before + bytes;
    if (before !== 0) return;
    let level = this.#levels[hops];
    if (!level) {
      level = [];
      while (this.#levels.length < hops) this.#levels.push([]);
      this.#levels[hops] = level;
    }
    level.push(vertex);
  }

  /** Breadth first from the target against the links' direction; the reverse of link l is l xor 1. */
  #towards(target: number): Distances {
    const known = this.#distances[target];
    if (known) return known;
    const { graph, down } = this;
    const hops = new Int32Array(this.#forwarders).fill(-1);
    const ways = new Float64Array(this.#forwarders);
    const distances: Distances = { target, hops, ways, next: [] };
    const queue = [target];
    for (let head = 0; head < queue.length; head++) {
      const vertex = queue[head] ?? 0;
      const beyond = this.#hops(vertex, distances) + 1;
      const on = this.#ways(vertex, distances);
      for (let i = this.#inFirst[vertex] ?? 0; i < (this.#inFirst[vertex + 1] ?? 0); i++) {
        const link = (graph.outLinks[i] ?? 0) ^ 1;
        const source = graph.from[link] ?? 0;
        const forwarder = this.#forwarder[source] ?? -1;
        if (forwarder < 0 || source === target || down.has(link)) continue;
        if (hops[forwarder] === -1) {
          hops[forwarder] = beyond;
          queue.push(source);
        }
        if (hops[forwarder] === beyond) ways[forwarder] = (ways[forwarder] ?? 0) + on;
      }
    }
    this.#distances[target] = distances;
    return distances;
  }
}
