import { torusRing } from '../../network/collectives/index.js';
import { bytesPerSecondOfGbps } from '../../platform/clos-shape.js';
import type { TorusFabric } from '../../platform/cluster.js';
import { buildFabricGraph } from '../../platform/fabric-graph.js';
import { Router } from '../../platform/routes.js';
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
interface Uses {
  readonly links: readonly number[];
  readonly shares: readonly number[];
  /** Links of its longest way. */
  readonly longest: number;
}

/** Uses of a pattern whose first chip is at the origin. */
interface Shape extends Uses {
  readonly pattern: TorusPattern;
  readonly chips: Int32Array;
}

interface Hop {
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

interface Way {
  readonly links: readonly number[];
  readonly weights?: readonly number[];
}

/**
 * Ways of activities over the cables of a torus, worked out once for all that lie alike. Link 2 (D c + d) of D dimensions goes from
 * chip c to the next one in dimension d, the link after it back.
 */
export class TorusWays {
  readonly links: number;
  /** Bytes/s of each link as perturbed, at the rate that transfers reach; 0: down. */
  readonly capacity: Float64Array;
  readonly #dims: readonly number[];
  /** As `TorusLinks` has it. */
  readonly #plus: readonly number[];
  readonly #strides: readonly number[];
  /** By dimension: the coordinate of each chip. */
  readonly #places: readonly Int32Array[];
  readonly #shapes = new Map<number, Shape[]>();
  /** Way round links that are down, where some are. */
  readonly #around: ((from: number, to: number) => Way) | undefined;
  /** By link, 0 between uses. */
  readonly #sums: Float64Array;
  /** Chips of an activity, moved so that the first is at the origin. */
  #moved = new Int32Array(64);

  constructor(fabric: TorusFabric, places: RankPlaces) {
    const { dims } = fabric;
    const chips = dims.reduce((product, extent) => product * extent, 1);
    this.#dims = dims;
    this.#strides = dims.map((_, d) => dims.slice(0, d).reduce((product, extent) => product * extent, 1));
    this.#places = dims.map((extent, d) =>
      Int32Array.from({ length: chips }, (_, chip) => Math.floor(chip / (this.#strides[d] ?? 1)) % extent),
    );
    this.links = 2 * chips * dims.length;
    this.#sums = new Float64Array(this.links);
    this.#plus = Array.from({ length: chips * dims.length }, (_, i) => 2 * i);
    const { nicMax } = places.cluster.device;
    this.capacity = new Float64Array(this.links).fill(bytesPerSecondOfGbps(fabric.linkGbps) * nicMax);
    this.#around =
      places.perturbation.links.length + places.traffic.length > 0 ? this.#perturb(places, nicMax) : undefined;
  }

  #perturb(places: RankPlaces, nicMax: number): ((from: number, to: number) => Way) | undefined {
    const graph = buildFabricGraph(places.cluster);
    const capacity = perturbedCapacities(graph, places);
    const ours = new Int32Array(graph.links);
    graph.torus?.plus.forEach((link, i) => {
      if (link < 0) return;
      for (const direction of [0, 1]) {
        ours[link + direction] = 2 * i + direction;
        this.capacity[2 * i + direction] = (capacity[link + direction] ?? 0) * nicMax;
      }
    });
    const down = new Set([...capacity.keys()].filter((link) => capacity[link] === 0));
    if (down.size === 0) return undefined;
    const router = new Router(graph, { seed: places.perturbation.seed, down });
    return (from, to) => {
      const way = router.route(from, to);
      if (way.kind !== 'route') throw new PartedFabricError(from, to);
      return { links: way.links.map((link) => ours[link] ?? 0), weights: way.weights };
    };
  }

  /**
   * Calls back for each link that an activity crosses; returns the length of its longest way.
   * @throws PartedFabricError when links that are down leave two chips that talk without a way.
   */
  lay(pattern: TorusPattern, chips: ArrayLike<number>, take: (link: number, share: number) => void): number {
    const first = chips[0] ?? 0;
    const shape = this.#shape(pattern, chips);
    const around = this.#around;
    // Only activities whose own way is down go round.
    if (around && shape.links.some((link) => this.capacity[this.#linkFrom(first, link)] === 0)) {
      const { links, shares, longest } = this.#summed(hopsOf(pattern, this.#dims, Array.from(chips)), around);
      links.forEach((link, i) => {
        take(link, shares[i] ?? 0);
      });
      return longest;
    }
    for (let i = 0; i < shape.links.length; i++) {
      take(this.#linkFrom(first, shape.links[i] as number), shape.shares[i] as number);
    }
    return shape.longest;
  }

  #shape(pattern: TorusPattern, chips: ArrayLike<number>): Shape {
    const count = chips.length;
    if (count > this.#moved.length) this.#moved = new Int32Array(2 * count);
    const moved = this.#moved;
    const first = chips[0] as number;
    let hash = count;
    for (let i = 0; i < count; i++) {
      const chip = this.#shifted(chips[i] as number, first, -1);
      moved[i] = chip;
      hash = (Math.imul(hash, 0x01000193) ^ chip) | 0;
    }
    const alike = this.#shapes.get(hash) ?? [];
    for (const shape of alike) {
      if (shape.pattern === pattern && shape.chips.length === count && shape.chips.every((c, i) => c === moved[i])) {
        return shape;
      }
    }
    const own = moved.slice(0, count);
    const torus = { dims: this.#dims, plus: this.#plus };
    const uses = this.#summed(hopsOf(pattern, this.#dims, Array.from(own)), (from, to) => ({
      links: dimensionOrder(torus, from, to),
    }));
    const shape = { pattern, chips: own, ...uses };
    alike.push(shape);
    this.#shapes.set(hash, alike);
    return shape;
  }

  #summed(hops: readonly Hop[], wayOf: (from: number, to: number) => Way): Uses {
    const sums = this.#sums;
    const links: number[] = [];
    let longest = 0;
    for (const { from, to, share } of hops) {
      const way = wayOf(from, to);
      longest = Math.max(longest, way.links.length);
      for (let i = 0; i < way.links.length; i++) {
        const link = way.links[i] as number;
        if (sums[link] === 0) links.push(link);
        sums[link] = (sums[link] as number) + share * (way.weights?.[i] ?? 1);
      }
    }
    const shares = links.map((link) => sums[link] as number);
    for (const link of links) sums[link] = 0;
    return { links, shares, longest };
  }

  /** Link that lies as one does when seen from another chip than the origin. */
  #linkFrom(chip: number, link: number): number {
    const width = 2 * this.#dims.length;
    const which = link % width;
    return this.#shifted((link - which) / width, chip, 1) * width + which;
  }

  /** Chip that is reached from one by the coordinates of another, or by their opposites. */
  #shifted(chip: number, by: number, sign: 1 | -1): number {
    let at = 0;
    for (let d = 0; d < this.#dims.length; d++) {
      const extent = this.#dims[d] as number;
      const places = this.#places[d] as Int32Array;
      let place = (places[chip] as number) + sign * (places[by] as number);
      if (place < 0) place += extent;
      else if (place >= extent) place -= extent;
      at += place * (this.#strides[d] as number);
    }
    return at;
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
