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
    return this.fallback.connects(from, to);
  }

  between(from: number, to: number, query: PathQuery): WeightedLinks | undefined {
    const links = dimensionOrder(this.torus, from, to);
    return links.some((link) => this.fallback.down.has(link))
      ? this.fallback.between(from, to, query)
      : singlePath(links);
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
