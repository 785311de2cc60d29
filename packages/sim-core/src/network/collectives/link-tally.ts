import type { FabricGraph } from '../../platform/fabric-graph.js';
import type { Router } from '../../platform/routes.js';
import { longestWay } from '../../platform/torus-paths.js';
import { inSwitch, type Transfer } from './algorithms/algorithm.js';
import { DisconnectedError } from './link-bytes.js';

/** Members of a group by scale-up domain and by their place in it; member m sits on GPU m of the cluster. */
export interface MemberPlaces {
  readonly members: number;
  domainOf(member: number): number;
  localOf(member: number): number;
}

/** Members behind one switch, in all and of each domain. */
interface SwitchCount {
  whole: number;
  readonly byDomain: Map<number, number>;
}

/**
 * Bytes on every link of transfers that run together, for as many transfers as there are: sprayed bytes that enter the fabric at
 * one switch and leave it at another are poured as one, and an all-to-all is counted by where members sit. `adaptive` looks at
 * what the transfers before have put on links.
 */
export class LinkTally {
  /** Bytes, each divided by the share of a link's rate that it reaches. */
  readonly loads: Float64Array;
  /** Most links that one transfer crossed. */
  longest = 0;
  /** Sprayed bytes that are not poured yet: by exit, then by entry. */
  readonly #waiting = new Map<number, Map<number, number>>();

  constructor(
    readonly graph: FabricGraph,
    readonly router: Router,
    loads: Float64Array = new Float64Array(graph.links),
  ) {
    this.loads = loads;
  }

  clear(): void {
    this.loads.fill(0);
    this.longest = 0;
  }

  /** @throws DisconnectedError when no way leads there. */
  add({ from, to, bytes }: Transfer): void {
    if (from === inSwitch || to === inSwitch) {
      const port = this.graph.parentLink[from === inSwitch ? to : from] ?? -1;
      if (port >= 0) this.#put([from === inSwitch ? port ^ 1 : port], bytes);
      return;
    }
    const parts = this.router.parts(from, to);
    if (!parts) throw new DisconnectedError(from, to);
    for (const part of parts) {
      const own = bytes * part.share;
      this.#put(part.before, own);
      this.#put(part.after, own);
      if (part.entry === part.exit) continue;
      if (this.router.sprays) {
        this.#wait(part.entry, part.exit, own);
        continue;
      }
      const { links, weights } = this.router.between(part, from, to);
      for (let i = 0; i < links.length; i++) {
        const link = links[i] ?? 0;
        this.loads[link] = (this.loads[link] ?? 0) + own * (weights[i] ?? 0);
      }
      this.longest = Math.max(this.longest, links.length);
    }
  }

  /** Transfers that switches add up where they meet, and whose sum they copy on the way back: a link carries it once each way. */
  addSummed(transfers: readonly Transfer[]): void {
    const most = new Map<number, Map<number, number>>();
    for (const { from, to, bytes } of transfers) {
      const way = this.router.route(from, to);
      if (way.kind !== 'route') throw new DisconnectedError(from, to);
      const ofTree = most.get(to) ?? new Map<number, number>();
      most.set(to, ofTree);
      way.links.forEach((link, i) => {
        ofTree.set(link, Math.max(ofTree.get(link) ?? 0, bytes * (way.weights[i] ?? 0)));
      });
    }
    for (const ofTree of most.values()) for (const [link, bytes] of ofTree) this.#put([link, link ^ 1], bytes);
  }

  /**
   * Bytes from each of the first chips of a torus that is up to each other one. Ways go dimension by dimension: on a line of
   * dimension d are those whose source has the line's coordinates in the dimensions after d and whose target has them in those
   * before, so that sources and targets are counted for each place of the line.
   */
  countTorus(members: number, bytes: number): void {
    const { torus } = this.graph;
    if (!torus) return;
    const { dims, plus } = torus;
    const chips = dims.reduce((product, extent) => product * extent, 1);
    let stride = 1;
    dims.forEach((extent, d) => {
      const block = stride * extent;
      const sources = new Float64Array(chips / stride);
      const targets = new Float64Array(block);
      for (let chip = 0; chip < members; chip++) {
        sources[Math.floor(chip / stride)] = (sources[Math.floor(chip / stride)] ?? 0) + 1;
        targets[chip % block] = (targets[chip % block] ?? 0) + 1;
      }
      for (let after = 0; after < chips / block; after++) {
        for (let before = 0; before < stride; before++) {
          for (let from = 0; from < extent; from++) {
            const leaving = (sources[after * extent + from] ?? 0) * bytes;
            if (leaving === 0) continue;
            for (let to = 0; to < extent; to++) {
              const load = leaving * (targets[to * stride + before] ?? 0);
              if (load === 0) continue;
              const forward = (to - from + extent) % extent;
              const up = 2 * forward <= extent;
              const hops = up ? forward : extent - forward;
              for (let hop = 0; hop < hops; hop++) {
                const place = up ? (from + hop) % extent : (from - hop - 1 + extent) % extent;
                const chip = after * block + place * stride + before;
                const link = (plus[chip * dims.length + d] ?? 0) + (up ? 0 : 1);
                this.loads[link] = (this.loads[link] ?? 0) + load;
              }
            }
          }
        }
      }
      stride = block;
    });
    this.longest = Math.max(this.longest, longestWay(dims, members, members));
  }

  /** Sprays what waits. */
  pour(): void {
    for (const [exit, bytesAt] of this.#waiting) this.router.pour(exit, bytesAt, this.loads);
    this.#waiting.clear();
  }

  /**
   * Bytes from each member to each of other domains, or to those at its own place in them (a rail), where packets are sprayed or
   * follow tables, over equal nodes that are all up: how a transfer leaves depends on its source and on the target's place in the domain, how it
   * arrives on its target, and the switches between on both ends' switches. So they are counted, not routed one by one.
   */
  count({ members, domainOf, localOf }: MemberPlaces, railsOnly: boolean, bytes: number): void {
    const atPlace: number[][] = [];
    const all: number[] = [];
    for (let member = 0; member < members; member++) {
      const place = localOf(member);
      const alike = atPlace[place] ?? [];
      alike.push(member);
      atPlace[place] = alike;
      all.push(member);
    }
    for (const targets of atPlace) {
      const sources = railsOnly ? targets : all;
      const leaving = this.#ends(sources, targets, domainOf, bytes, 'before');
      const arriving = this.#ends(targets, sources, domainOf, bytes, 'after');
      if (!this.router.sprays) {
        const [entries] = leaving;
        if (entries) this.#countByTarget(targets, sources, entries, domainOf, bytes);
        continue;
      }
      leaving.forEach((entries, stripe) => {
        const exits = arriving[stripe];
        if (!exits) return;
        for (const [exit, to] of exits) {
          for (const [entry, from] of entries) {
            let pairs = from.whole * to.whole;
            for (const [domain, some] of from.byDomain) pairs -= some * (to.byDomain.get(domain) ?? 0);
            if (entry !== exit && pairs > 0) this.#wait(entry, exit, pairs * bytes);
          }
        }
      });
    }
  }

  /** Where tables choose, the way between two switches depends on the target too: bytes for each of `targets` from each entry. */
  #countByTarget(
    targets: readonly number[],
    sources: readonly number[],
    entries: ReadonlyMap<number, SwitchCount>,
    domainOf: (member: number) => number,
    bytes: number,
  ): void {
    for (const target of targets) {
      const domain = domainOf(target);
      const source = sources.find((one) => domainOf(one) !== domain);
      const part = source === undefined ? undefined : this.router.parts(source, target)?.[0];
      if (source === undefined || !part) continue;
      for (const [entry, { whole, byDomain }] of entries) {
        const senders = whole - (byDomain.get(domain) ?? 0);
        if (entry === part.exit || senders <= 0) continue;
        const { links } = this.router.between({ ...part, entry }, source, target);
        this.#put(links, senders * bytes);
      }
    }
  }

  /**
   * Loads the ends of transfers between `ours` and those of `others` in other domains, and counts by stripe and switch how many of
   * ours are there; the count of a stripe that carries a share of each transfer is that share.
   */
  #ends(
    ours: readonly number[],
    others: readonly number[],
    domainOf: (member: number) => number,
    bytes: number,
    side: 'before' | 'after',
  ): Map<number, SwitchCount>[] {
    const perDomain = new Map<number, number>();
    for (const other of others) perDomain.set(domainOf(other), (perDomain.get(domainOf(other)) ?? 0) + 1);
    const [first] = others;
    const elsewhere = others.find((other) => domainOf(other) !== domainOf(first ?? 0));
    const found: Map<number, SwitchCount>[] = [];
    for (const own of ours) {
      const domain = domainOf(own);
      const peer = first !== undefined && domainOf(first) !== domain ? first : elsewhere;
      if (peer === undefined || domainOf(peer) === domain) continue;
      const [from, to] = side === 'before' ? [own, peer] : [peer, own];
      const parts = this.router.parts(from, to);
      if (!parts) throw new DisconnectedError(from, to);
      const peers = others.length - (perDomain.get(domain) ?? 0);
      parts.forEach((part, stripe) => {
        this.#put(part[side], bytes * part.share * peers);
        const at = side === 'before' ? part.entry : part.exit;
        const switches = found[stripe] ?? new Map<number, SwitchCount>();
        found[stripe] = switches;
        const here = switches.get(at) ?? { whole: 0, byDomain: new Map<number, number>() };
        // Both ends of a stripe have its share: each takes the root of it, so that the pair has it once.
        const weight = Math.sqrt(part.share);
        here.whole += weight;
        here.byDomain.set(domain, (here.byDomain.get(domain) ?? 0) + weight);
        switches.set(at, here);
      });
    }
    return found;
  }

  #put(links: readonly number[], bytes: number): void {
    for (const link of links) this.loads[link] = (this.loads[link] ?? 0) + bytes;
  }

  #wait(entry: number, exit: number, bytes: number): void {
    const bytesAt = this.#waiting.get(exit) ?? new Map<number, number>();
    bytesAt.set(entry, (bytesAt.get(entry) ?? 0) + bytes);
    this.#waiting.set(exit, bytesAt);
  }
}
