import type { DragonflyLinks } from './dragonfly-links.js';
import type { FabricGraph } from './fabric-graph.js';
import { flowChoice } from './flow-hash.js';
import type { ShortestPaths } from './shortest-paths.js';
import { blend, type PathQuery, type SwitchPaths, singlePath, type WeightedLinks } from './switch-paths.js';

/** Tiers of the hash that Valiant's detour uses, apart from those of minimal ways. */
const detourTier = 1000;

/**
 * Ways of a dragonfly (Kim et al., ISCA 2008). Minimal: at most local, global, local; of the cables between two groups
 * those that need the fewest hops. Valiant: minimal to a group drawn by the flow's hash, minimal from there. Adaptive
 * (UGAL): Valiant when the minimal way is fuller than twice the detour. Links that are down leave the next shortest way.
 */
export class DragonflyPaths implements SwitchPaths {
  constructor(
    readonly graph: FabricGraph,
    readonly dragonfly: DragonflyLinks,
    readonly fallback: ShortestPaths,
  ) {}

  connects(from: number, to: number): boolean {
    return this.fallback.connects(from, to);
  }

  between(from: number, to: number, query: PathQuery): WeightedLinks | undefined {
    const { firstRouter } = this.dragonfly;
    const [a, b] = [from - firstRouter, to - firstRouter];
    const minimal = this.#choose(this.#minimal(a, b), query, 0);
    if (query.choice !== 'valiant' && query.choice !== 'adaptive') {
      return minimal ?? this.fallback.between(from, to, query);
    }
    const detour = this.#detour(a, b, query);
    if (!minimal || !detour) return minimal ?? detour ?? this.fallback.between(from, to, query);
    if (query.choice === 'valiant') return detour;
    return this.#fullness(minimal.links, query) > 2 * this.#fullness(detour.links, query) ? detour : minimal;
  }

  #group(router: number): number {
    return Math.floor(router / this.dragonfly.routersPerGroup);
  }

  #local(a: number, b: number): number[] {
    const { local, routersPerGroup } = this.dragonfly;
    return a === b ? [] : [local[a * routersPerGroup + (b % routersPerGroup)] ?? -1];
  }

  /** All minimal ways between two routers that are up, those with the fewest hops. */
  #minimal(a: number, b: number): number[][] {
    const [from, to] = [this.#group(a), this.#group(b)];
    const all =
      from === to
        ? [this.#local(a, b)]
        : (this.dragonfly.global[from * this.dragonfly.groups + to] ?? []).map(({ fromRouter, toRouter, link }) => [
            ...this.#local(a, fromRouter),
            link,
            ...this.#local(toRouter, b),
          ]);
    const up = all.filter((path) => !path.some((link) => this.fallback.down.has(link)));
    const fewest = Math.min(...up.map((path) => path.length));
    return up.filter((path) => path.length === fewest);
  }

  #choose(paths: readonly number[][], query: PathQuery, tier: number): WeightedLinks | undefined {
    const [first] = paths;
    if (!first) return undefined;
    if (query.choice === 'spray')
      return blend(paths.map((path) => ({ way: singlePath(path), share: 1 / paths.length })));
    if (query.choice === 'static') return singlePath(paths[query.destinationIndex % paths.length] ?? first);
    if (query.choice !== 'adaptive') return singlePath(paths[flowChoice(query.flow, tier, paths.length)] ?? first);
    const least = Math.min(...paths.map((path) => this.#fullness(path, query)));
    const equal = paths.filter((path) => this.#fullness(path, query) <= least);
    return singlePath(equal[flowChoice(query.flow, tier, equal.length)] ?? first);
  }

  #detour(a: number, b: number, query: PathQuery): WeightedLinks | undefined {
    const { groups, routersPerGroup } = this.dragonfly;
    const [from, to] = [this.#group(a), this.#group(b)];
    const others = Array.from({ length: groups }, (_, g) => g).filter((g) => g !== from && g !== to);
    if (from === to || others.length === 0) return undefined;
    const via = others[flowChoice(query.flow, detourTier, others.length)] ?? 0;
    const exits = this.dragonfly.global[from * groups + via] ?? [];
    const out = this.#choose(
      exits
        .map(({ fromRouter, link }) => [...this.#local(a, fromRouter), link])
        .filter((path) => !path.some((link) => this.fallback.down.has(link))),
      query,
      detourTier + 1,
    );
    if (!out) return undefined;
    const landing = (this.graph.to[out.links.at(-1) ?? 0] ?? 0) - this.dragonfly.firstRouter;
    if (this.#group(landing) !== via || landing < 0 || landing >= groups * routersPerGroup) return undefined;
    const onward = this.#choose(this.#minimal(landing, b), query, detourTier + 2);
    return onward && singlePath([...out.links, ...onward.links]);
  }

  #fullness(path: readonly number[], { load }: PathQuery): number {
    return path.reduce((most, link) => Math.max(most, load(link) / (this.graph.capacity[link] ?? 1)), 0);
  }
}
