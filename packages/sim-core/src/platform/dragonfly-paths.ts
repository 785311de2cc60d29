import type { DragonflyLinks, GlobalLink } from './dragonfly-links.js';
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
    const cables = this.#minimal(a, b);
    if (query.choice === 'spray') {
      const share = 1 / cables.length;
      if (cables.length === 0) return this.fallback.between(from, to, query);
      return blend(cables.map((cable) => ({ way: singlePath(this.#path(a, cable, b)), share })));
    }
    const minimal = this.#pick(a, cables, b, query, 0);
    const direct = minimal && this.#path(a, minimal, b);
    const detour = query.choice === 'valiant' || query.choice === 'adaptive' ? this.#detour(a, b, query) : undefined;
    if (!direct || !detour) {
      const only = direct ?? detour;
      return only ? singlePath(only) : this.fallback.between(from, to, query);
    }
    const takesDetour = query.choice === 'valiant' || this.#fullness(direct, query) > 2 * this.#fullness(detour, query);
    return singlePath(takesDetour ? detour : direct);
  }

  /** Adds to `loads` what sprayed bytes that enter at these routers put on links on their way to one that they reach. */
  pour(exit: number, bytesAt: ReadonlyMap<number, number>, loads: Float64Array): void {
    const { firstRouter } = this.dragonfly;
    const b = exit - firstRouter;
    const put = (link: number, bytes: number): void => {
      if (link >= 0) loads[link] = (loads[link] ?? 0) + bytes;
    };
    let detours: Map<number, number> | undefined;
    for (const [entry, bytes] of bytesAt) {
      if (entry === exit) continue;
      const a = entry - firstRouter;
      const cables = this.#minimal(a, b);
      if (cables.length === 0) {
        detours ??= new Map();
        detours.set(entry, bytes);
      }
      for (const { fromRouter, toRouter, link } of cables) {
        const part = bytes / cables.length;
        put(this.#local(a, fromRouter), part);
        put(link, part);
        put(this.#local(toRouter, b), part);
      }
    }
    if (detours) this.fallback.pour(exit, detours, loads);
  }

  #group(router: number): number {
    return Math.floor(router / this.dragonfly.routersPerGroup);
  }

  /** Link between two routers of a group, -1 where they are one. */
  #local(a: number, b: number): number {
    const { local, routersPerGroup } = this.dragonfly;
    return a === b ? -1 : (local[a * routersPerGroup + (b % routersPerGroup)] ?? -1);
  }

  #isDown(link: number): boolean {
    return this.fallback.down.has(link);
  }

  /** Global cables of the minimal ways between two routers that are up, those with the fewest hops; inside a group their own link. */
  #minimal(a: number, b: number): readonly GlobalLink[] {
    const [from, to] = [this.#group(a), this.#group(b)];
    if (from === to) {
      const link = this.#local(a, b);
      return link < 0 || this.#isDown(link) ? [] : [{ fromRouter: a, toRouter: b, link }];
    }
    let cables = this.dragonfly.global[from * this.dragonfly.groups + to] ?? [];
    if (this.fallback.down.size > 0) {
      cables = cables.filter(
        ({ fromRouter, toRouter, link }) =>
          !this.#isDown(link) && !this.#isDown(this.#local(a, fromRouter)) && !this.#isDown(this.#local(toRouter, b)),
      );
    }
    if (cables.length <= 1) return cables;
    const hops = ({ fromRouter, toRouter }: GlobalLink): number =>
      (a === fromRouter ? 0 : 1) + (b === toRouter ? 0 : 1);
    const fewest = cables.reduce((least, cable) => Math.min(least, hops(cable)), 2);
    return fewest === 2 ? cables : cables.filter((cable) => hops(cable) === fewest);
  }

  /** Links from router a over a cable to router b. */
  #path(a: number, { fromRouter, toRouter, link }: GlobalLink, b: number): number[] {
    return [this.#local(a, fromRouter), link, this.#local(toRouter, b)].filter((one) => one >= 0);
  }

  /** The cable by which a flow goes on to b, or only leaves. */
  #pick(
    a: number,
    cables: readonly GlobalLink[],
    b: number | undefined,
    query: PathQuery,
    tier: number,
  ): GlobalLink | undefined {
    if (cables.length <= 1) return cables[0];
    if (query.choice === 'static') return cables[query.destinationIndex % cables.length];
    if (query.choice !== 'adaptive') return cables[flowChoice(query.flow, tier, cables.length)];
    const fullness = cables.map((cable) => this.#fullness(this.#path(a, cable, b ?? cable.toRouter), query));
    const least = Math.min(...fullness);
    const equal = cables.filter((_, i) => (fullness[i] ?? 0) <= least);
    return equal[flowChoice(query.flow, tier, equal.length)];
  }

  #detour(a: number, b: number, query: PathQuery): number[] | undefined {
    const { groups } = this.dragonfly;
    const [from, to] = [this.#group(a), this.#group(b)];
    if (from === to || groups <= 2) return undefined;
    // The drawn one of the groups but these two.
    let via = flowChoice(query.flow, detourTier, groups - 2);
    if (via >= Math.min(from, to)) via++;
    if (via >= Math.max(from, to)) via++;
    let exits = this.dragonfly.global[from * groups + via] ?? [];
    if (this.fallback.down.size > 0) {
      exits = exits.filter(({ fromRouter, link }) => !this.#isDown(link) && !this.#isDown(this.#local(a, fromRouter)));
    }
    const out = this.#pick(a, exits, undefined, query, detourTier + 1);
    if (!out) return undefined;
    const onward = this.#pick(out.toRouter, this.#minimal(out.toRouter, b), b, query, detourTier + 2);
    if (!onward) return undefined;
    const { fromRouter, toRouter, link } = onward;
    const links = [this.#local(a, out.fromRouter), out.link, this.#local(out.toRouter, fromRouter), link];
    return [...links, this.#local(toRouter, b)].filter((one) => one >= 0);
  }

  #fullness(path: readonly number[], { load }: PathQuery): number {
    let most = 0;
    for (const link of path) most = Math.max(most, load(link) / (this.graph.capacity[link] ?? 1));
    return most;
  }
}
