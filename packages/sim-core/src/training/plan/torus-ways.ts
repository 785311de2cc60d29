import { torusRing } from '../../network/collectives/index.js';
import { buildFabricGraph, type FabricGraph } from '../../platform/fabric-graph.js';
import { Router } from '../../platform/routes.js';
import type { TorusLinks } from '../../platform/torus-links.js';
import { dimensionOrder } from '../../platform/torus-paths.js';
import { PartedFabricError } from './parted-fabric-error.js';
import type { RankPlaces } from './placement-map.js';
import { perturbedCapacities } from './routed-links.js';

/**
 * How the members of an activity send: `ring` along each dimension both ways, `pairs` from each to each other one, `shift` from
 * each to the next, `message` from the first to the second.
 */
export type TorusPattern = 'ring' | 'pairs' | 'shift' | 'message';

/** Links that an activity crosses, and of the bytes that one member sends the share that each carries. */
export interface TorusUses {
  readonly links: readonly number[];
  readonly shares: readonly number[];
  /** Links of its longest way. */
  readonly longest: number;
}

interface Hop {
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

/** Uses of a pattern whose first chip is at the origin: of each link the chip that owns its cable, and which of its links it is. */
interface Shape {
  readonly owner: readonly number[];
  readonly which: readonly number[];
  readonly shares: readonly number[];
  readonly longest: number;
}

/** Ways of activities over the cables of a torus, worked out once for all that lie alike. */
export class TorusWays {
  readonly graph: FabricGraph;
  /** Bytes/s of each link as perturbed; 0: down. */
  readonly capacity: Float64Array;
  readonly #torus: TorusLinks;
  readonly #strides: readonly number[];
  readonly #places: RankPlaces;
  readonly #router: Router | undefined;
  readonly #shapes = new Map<string, Shape>();
  /** By link: the chip that owns its cable, and which of its links it is: 2 for each dimension. */
  readonly #owner: Int32Array;
  readonly #which: Int32Array;

  constructor(places: RankPlaces) {
    this.graph = buildFabricGraph(places.cluster);
    const { torus } = this.graph;
    if (!torus) throw new Error('TorusWays: the fabric is no torus');
    this.#torus = torus;
    this.#places = places;
    this.capacity = perturbedCapacities(this.graph, places);
    const { dims, plus } = torus;
    this.#strides = dims.map((_, d) => dims.slice(0, d).reduce((product, extent) => product * extent, 1));
    this.#owner = new Int32Array(this.graph.links);
    this.#which = new Int32Array(this.graph.links);
    plus.forEach((link, i) => {
      if (link < 0) return;
      for (const direction of [0, 1]) {
        this.#owner[link ^ direction] = Math.floor(i / dims.length);
        this.#which[link ^ direction] = 2 * (i % dims.length) + direction;
      }
    });
    const down = new Set<number>();
    this.capacity.forEach((bytesPerSecond, link) => {
      if (bytesPerSecond === 0) down.add(link);
    });
    this.#router =
      down.size > 0 ? new Router(this.graph, { seed: places.perturbation.seed, down }) : undefined;
  }

  /** @throws PartedFabricError when links that are down leave two chips that talk without a way. */
  uses(pattern: TorusPattern, chips: readonly number[]): TorusUses {
    const [first = 0] = chips;
    const { owner, which, shares, longest } = this.#shape(pattern, chips);
    const links = owner.map((chip, i) => this.#linkOf(this.#moved(chip, first, 1), which[i] ?? 0));
    // Only activities whose own way is down go round.
    if (!this.#router || links.every((link) => (this.capacity[link] ?? 0) > 0)) return { links, shares, longest };
    return this.#around(hopsOf(pattern, this.#torus.dims, chips), this.#router);
  }

  #shape(pattern: TorusPattern, chips: readonly number[]): Shape {
    const [first = 0] = chips;
    const atOrigin = chips.map((chip) => this.#moved(chip, first, -1));
    const key = `${pattern}/${atOrigin.join(',')}`;
    const known = this.#shapes.get(key);
    if (known) return known;
    const hops = hopsOf(pattern, this.#torus.dims, atOrigin);
    const { links, shares, longest } = summed(hops, ({ from, to }) => {
      const way = dimensionOrder(this.#torus, from, to);
      return { links: way, weights: way.map(() => 1) };
    });
    const shape = {
      owner: links.map((link) => this.#owner[link] ?? 0),
      which: links.map((link) => this.#which[link] ?? 0),
      shares,
      longest,
    };
    this.#shapes.set(key, shape);
    return shape;
  }

  #around(hops: readonly Hop[], router: Router): TorusUses {
    return summed(hops, ({ from, to }) => {
      const way = router.route(from, to);
      if (way.kind !== 'route') throw new PartedFabricError(from, to);
      return way;
    });
  }

  #linkOf(owner: number, which: number): number {
    const { dims, plus } = this.#torus;
    return (plus[owner * dims.length + (which >> 1)] ?? 0) + (which & 1);
  }

  /** Chip that is reached from one by the coordinates of another, or by their opposites. */
  #moved(chip: number, by: number, sign: 1 | -1): number {
    let at = 0;
    const { dims } = this.#torus;
    for (let d = 0; d < dims.length; d++) {
      const extent = dims[d] as number;
      const stride = this.#strides[d] as number;
      const place = (Math.floor(chip / stride) % extent) + sign * (Math.floor(by / stride) % extent);
      at += ((place + extent) % extent) * stride;
    }
    return at;
  }

  /** Bytes/s of a link at the rate that transfers reach on it. */
  reachable(link: number): number {
    return (this.capacity[link] ?? 0) * this.#places.cluster.device.nicMax;
  }
}

/** Transfers of a pattern between chips, for one byte that each member sends. */
function hopsOf(pattern: TorusPattern, dims: readonly number[], chips: readonly number[]): Hop[] {
  const size = chips.length;
  const at = (i: number): number => chips[i % size] ?? 0;
  switch (pattern) {
    case 'ring':
      // One round sends (n - 1) / n of the buffer.
      return torusRing(dims, chips, 1).map(({ from, to, bytes }) => ({ from, to, share: (bytes * size) / (size - 1) }));
    case 'pairs':
      return chips.flatMap((from, i) =>
        chips.slice(1).map((_, distance) => ({ from, to: at(i + distance + 1), share: 1 / (size - 1) })),
      );
    case 'shift':
      return chips.map((from, i) => ({ from, to: at(i + 1), share: 1 }));
    case 'message':
      return [{ from: at(0), to: at(1), share: 1 }];
  }
}

function summed(
  hops: readonly Hop[],
  wayOf: (hop: Hop) => { readonly links: readonly number[]; readonly weights: readonly number[] },
): TorusUses {
  const sums = new Map<number, number>();
  let longest = 0;
  for (const hop of hops) {
    const { links, weights } = wayOf(hop);
    longest = Math.max(longest, links.length);
    for (let i = 0; i < links.length; i++) {
      const link = links[i] ?? 0;
      sums.set(link, (sums.get(link) ?? 0) + hop.share * (weights[i] ?? 0));
    }
  }
  return { links: [...sums.keys()], shares: [...sums.values()], longest };
}
