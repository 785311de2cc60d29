import type { FabricGraph } from './fabric-graph.js';
import type { ShortestPaths } from './shortest-paths.js';
import { type PathQuery, type SwitchPaths, singlePath, type WeightedLinks } from './switch-paths.js';
import { type TorusLinks, torusNeighbour } from './torus-links.js';

/**
 * Dimension-ordered routing: x first, then y, then z, each the shorter way round, the positive one when both are
 * equally long (spec/model.md 6.2). A way over a link that is down falls back to the shortest one left.
 */
export class TorusPaths implements SwitchPaths {
  constructor(
    readonly graph: FabricGraph,
    readonly torus: TorusLinks,
    readonly fallback: ShortestPaths,
  ) {}

  connects(from: number, to: number): boolean {
    // Distances to every chip would take the square of their number in memory.
    return this.fallback.down.size === 0 || this.fallback.connects(from, to);
  }

  between(from: number, to: number, query: PathQuery): WeightedLinks | undefined {
    const links = dimensionOrder(this.torus, from, to);
    return links.some((link) => this.fallback.down.has(link))
      ? this.fallback.between(from, to, query)
      : singlePath(links);
  }

  pour(exit: number, bytesAt: ReadonlyMap<number, number>, loads: Float64Array): void {
    for (const [entry, bytes] of bytesAt) {
      const links = dimensionOrder(this.torus, entry, exit);
      if (links.some((link) => this.fallback.down.has(link)))
        this.fallback.pour(exit, new Map([[entry, bytes]]), loads);
      else for (const link of links) loads[link] = (loads[link] ?? 0) + bytes;
    }
  }
}

/** Links of the dimension-ordered way between two chips. */
export function dimensionOrder({ dims, plus }: TorusLinks, from: number, to: number): number[] {
  const links: number[] = [];
  let chip = from;
  let stride = 1;
  dims.forEach((extent, d) => {
    const forward = (((Math.floor(to / stride) - Math.floor(from / stride)) % extent) + extent) % extent;
    const step = 2 * forward <= extent ? 1 : -1;
    for (let left = step === 1 ? forward : extent - forward; left > 0; left--) {
      const beside = torusNeighbour(dims, chip, d, step);
      const owner = step === 1 ? chip : beside;
      links.push((plus[owner * dims.length + d] ?? 0) + (step === 1 ? 0 : 1));
      chip = beside;
    }
    stride *= extent;
  });
  return links;
}

/** Links of the longest dimension-ordered way from one of the first `sources` chips of a torus to one of the first `targets`. */
export function longestWay(dims: readonly number[], sources: number, targets: number): number {
  const extent = dims.at(-1);
  if (extent === undefined || sources === 0 || targets === 0) return 0;
  const inner = dims.slice(0, -1);
  const block = inner.reduce((product, size) => product * size, 1);
  const around = (distance: number): number => Math.min(distance, extent - distance);
  // Whole layers of the last dimension come first, then one that is begun.
  const [from, to] = [Math.floor(sources / block), Math.floor(targets / block)];
  const [fromRest, toRest] = [sources % block, targets % block];
  const reach = (layers: number, other: number): number => {
    let most = 0;
    for (let layer = 0; layer < layers; layer++) most = Math.max(most, around(Math.abs(other - layer)));
    return most;
  };
  const ways = [0];
  if (from > 0 && to > 0) {
    ways.push(Math.max(reach(from, to - 1), reach(to, from - 1)) + longestWay(inner, block, block));
  }
  if (from > 0 && toRest > 0) ways.push(reach(from, to) + longestWay(inner, block, toRest));
  if (fromRest > 0 && to > 0) ways.push(reach(to, from) + longestWay(inner, fromRest, block));
  if (fromRest > 0 && toRest > 0) ways.push(around(Math.abs(from - to)) + longestWay(inner, fromRest, toRest));
  return Math.max(...ways);
}
