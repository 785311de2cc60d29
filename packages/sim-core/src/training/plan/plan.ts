import type { Cluster } from '../../platform/cluster.js';
import { isHybrid, type Job, type Perturbation } from '../job.js';
import { linkKey, refineWithLinks } from './link-refinement.js';
import type { LinkUse, SharedLink, UseLabel } from './link-use.js';
import { RankPlaces } from './placement-map.js';
import { activeKinds, isRegular, productBlocks, type RankBlocks, singleRankBlocks } from './rank-blocks.js';
import { type GroupKind, RankGrid } from './rank-grid.js';
import { type Colouring, colouringOf } from './refinement.js';
import { sharedLinks } from './shared-links.js';

/** Ranks that cannot be told apart: simulated once. */
export interface RankClass {
  readonly representative: number;
  /** Number of ranks. */
  readonly multiplicity: number;
  readonly stage: number;
  /** Index into RankPlaces.devices. */
  readonly device: number;
  readonly slowFactor: number;
  /** Index into Plan.nics. */
  readonly nic: number;
}

/** How the members of one communicator lie on scale-up domains and NICs. */
export interface GroupPlacement {
  readonly ranks: number;
  readonly domains: number;
  readonly ranksPerDomain: number;
  readonly nicsPerDomain: number;
}

/** Communicators that cannot be told apart: one of them, by the classes of its members. */
export interface GroupClass {
  readonly kind: GroupKind;
  readonly classes: readonly number[];
  /** Ranks of classes[i] in one such group. */
  readonly counts: readonly number[];
  readonly placement: GroupPlacement;
}

/** NICs that cannot be told apart, with the ranks of each class behind one of them. */
export interface NicClass {
  readonly capacityFactor: number;
  readonly classes: readonly number[];
  readonly counts: readonly number[];
}

/** Links of the fabric that cannot be told apart, with what the ranks of each class put on one of them. */
export interface LinkClass {
  readonly capacityBytesPerSecond: number;
  readonly uses: ReadonlyMap<UseLabel, readonly ClassedUse[]>;
}

export interface ClassedUse extends LinkUse {
  readonly rankClass: number;
}

/** Who sits where and who talks to whom, in classes with multiplicities (architecture: Plan). */
export interface Plan {
  readonly job: Job;
  readonly cluster: Cluster;
  readonly grid: RankGrid;
  readonly places: RankPlaces;
  readonly kinds: readonly GroupKind[];
  readonly classes: readonly RankClass[];
  readonly groups: readonly GroupClass[];
  readonly nics: readonly NicClass[];
  /** Of the fabric's links those that can hold traffic back. */
  readonly links: readonly LinkClass[];
  /** Group class (index into groups) of a class for a kind. */
  groupOf(kind: GroupKind, rankClass: number): number;
  /** Class at another pipeline stage with the same tensor, context and data coordinates. */
  peer(rankClass: number, stage: number): number;
  classOfRank(rank: number): number;
  /** True when two classes' representatives' pipeline neighbours share a scale-up domain. */
  sharesDomain(rankClass: number, stage: number): boolean;
}

export interface PlanOptions {
  /** false: every rank is a class of its own. */
  readonly fold: boolean;
}

/** Ranks draw for themselves: then no two are alike. */
const jitters = ({ jitter, pauses }: Perturbation): boolean => jitter.sigma > 0 || (pauses?.perHostHour ?? 0) > 0;

function initialColouring(blocks: RankBlocks, grid: RankGrid, places: RankPlaces): Colouring {
  const keys: string[] = new Array(blocks.count);
  for (let block = 0; block < blocks.count; block++) {
    const rank = blocks.representative[block] ?? 0;
    const first = rank % grid.stageRanks;
    const ahead = rank + grid.stageRanks;
    const hops = `${places.domainOf(rank) === places.domainOf(first)}${ahead < grid.ranks && places.domainOf(ahead) === places.domainOf(rank)}`;
    const nic = places.nicFactorOf(places.nicOf(rank));
    keys[block] =
      `${blocks.stage[block]}|${places.deviceOf(rank)}|${places.slowFactorOf(rank)}|${places.portFactorOf(rank)}|${nic}|${hops}`;
  }
  return colouringOf(keys);
}

/** The finest partition worth starting from: merged coordinates where the placement is regular, else single ranks. */
export function startingBlocks(
  grid: RankGrid,
  places: RankPlaces,
  kinds: readonly GroupKind[],
  mergeable: boolean,
  links: readonly SharedLink[] = [],
): RankBlocks {
  // Groups that are no product of tensor, context and data coordinates look alike only where nothing is singled out.
  const products = !kinds.includes('expert') && !kinds.includes('shard');
  const touched = places.touchedRanks();
  const regular =
    mergeable &&
    places.devices.length === 1 &&
    links.length === 0 &&
    isRegular(grid, places, kinds) &&
    (touched.length === 0 || (places.privateNics && products));
  if (!regular) return singleRankBlocks(grid, places, kinds);
  const merged = productBlocks(grid, touched, kinds);
  // Many scattered stragglers single out every coordinate: then the product is no smaller than the list of ranks.
  return merged.count < grid.ranks ? merged : singleRankBlocks(grid, places, kinds);
}

/**
 * Lays a job's ranks over a cluster and folds those that cannot be told apart (spec/model.md 4.1 and 8).
 * @throws RangeError when the parallel shape needs more devices than the cluster has.
 */
export function buildPlan(job: Job, cluster: Cluster, perturbation: Perturbation, options: PlanOptions): Plan {
  const grid = new RankGrid(job.parallel, isHybrid(job) ? job.options.shardGroup : 0);
  if (grid.ranks > cluster.nodes * cluster.gpusPerNode) {
    throw new RangeError(
      `buildPlan: job needs ${grid.ranks} devices, cluster has ${cluster.nodes * cluster.gpusPerNode}`,
    );
  }
  const places = new RankPlaces(cluster, perturbation, grid.ranks);
  const kinds = activeKinds(job);
  const fold = options.fold && !jitters(perturbation);
  const links = sharedLinks(grid, places, kinds);
  const blocks = startingBlocks(grid, places, kinds, fold, links);
  const colouring = fold
    ? refineWithLinks(blocks, initialColouring(blocks, grid, places), grid, links)
    : { colours: blocks.count, colourOf: Int32Array.from({ length: blocks.count }, (_, i) => i) };
  return new FoldedPlan(job, cluster, grid, places, kinds, blocks, colouring, links);
}

class FoldedPlan implements Plan {
  readonly classes: readonly RankClass[];
  readonly groups: readonly GroupClass[];
  readonly nics: readonly NicClass[];
  readonly links: readonly LinkClass[];
  readonly #groupOf: ReadonlyMap<GroupKind, Int32Array>;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;

  constructor(
    readonly job: Job,
    readonly cluster: Cluster,
    readonly grid: RankGrid,
    readonly places: RankPlaces,
    readonly kinds: readonly GroupKind[],
    readonly blocks: RankBlocks,
    readonly colouring: Colouring,
    links: readonly SharedLink[],
  ) {
    const { colours, colourOf } = colouring;
    const firstBlock = new Int32Array(colours).fill(-1);
    const multiplicity = new Float64Array(colours);
    for (let block = blocks.count - 1; block >= 0; block--) {
      const colour = colourOf[block] ?? 0;
      firstBlock[colour] = block;
      multiplicity[colour] = (multiplicity[colour] ?? 0) + (blocks.multiplicity[block] ?? 0);
    }
    this.#next = new Int32Array(colours).fill(-1);
    this.#previous = new Int32Array(colours).fill(-1);
    for (let block = 0; block < blocks.count; block++) {
      const ahead = blocks.nextStage[block] ?? -1;
      if (ahead < 0) continue;
      this.#next[colourOf[block] ?? 0] = colourOf[ahead] ?? -1;
      this.#previous[colourOf[ahead] ?? 0] = colourOf[block] ?? -1;
    }
    const { groups, groupOf } = this.#groupClasses(firstBlock);
    this.groups = groups;
    this.#groupOf = groupOf;
    const nicOf: number[] = [];
    this.nics = this.#nicClasses(firstBlock, nicOf);
    this.links = this.#linkClasses(links);
    this.classes = Array.from({ length: colours }, (_, colour) => {
      const representative = blocks.representative[firstBlock[colour] ?? 0] ?? 0;
      return {
        representative,
        multiplicity: multiplicity[colour] ?? 0,
        stage: blocks.stage[firstBlock[colour] ?? 0] ?? 0,
        device: places.deviceOf(representative),
        slowFactor: places.slowFactorOf(representative),
        nic: nicOf[colour] ?? 0,
      };
    });
  }

  groupOf(kind: GroupKind, rankClass: number): number {
    return this.#groupOf.get(kind)?.[rankClass] ?? -1;
  }

  peer(rankClass: number, stage: number): number {
    let at = rankClass;
    for (let s = this.classes[rankClass]?.stage ?? 0; s < stage; s++) at = this.#next[at] ?? -1;
    for (let s = this.classes[rankClass]?.stage ?? 0; s > stage; s--) at = this.#previous[at] ?? -1;
    return at;
  }

  classOfRank(rank: number): number {
    return this.colouring.colourOf[this.blocks.blockOf(rank)] ?? 0;
  }

  sharesDomain(rankClass: number, stage: number): boolean {
    const own = this.classes[rankClass];
    if (!own) return false;
    const other = own.representative + (stage - own.stage) * this.grid.stageRanks;
    return this.places.domainOf(own.representative) === this.places.domainOf(other);
  }

  #groupClasses(firstBlock: Int32Array): { groups: GroupClass[]; groupOf: Map<GroupKind, Int32Array> } {
    const { blocks, colouring, grid, places } = this;
    const groups: GroupClass[] = [];
    const groupOf = new Map<GroupKind, Int32Array>();
    const placements = new Map<string, GroupPlacement>();
    for (const membership of blocks.memberships) {
      const kind = membership.kind;
      if (kind === 'nic') continue;
      const wanted = new Set<number>();
      for (const block of firstBlock) wanted.add(membership.groupOf[block] ?? 0);
      const sums = new Map<number, Map<number, number>>();
      for (let block = 0; block < blocks.count; block++) {
        const group = membership.groupOf[block] ?? 0;
        if (!wanted.has(group)) continue;
        let sum = sums.get(group);
        if (!sum) {
          sum = new Map();
          sums.set(group, sum);
        }
        const colour = colouring.colourOf[block] ?? 0;
        sum.set(colour, (sum.get(colour) ?? 0) + (membership.weight[block] ?? 0));
      }
      const interned = new Map<string, number>();
      const column = new Int32Array(colouring.colours);
      for (let colour = 0; colour < colouring.colours; colour++) {
        const block = firstBlock[colour] ?? 0;
        const sum = sums.get(membership.groupOf[block] ?? 0) ?? new Map<number, number>();
        const members = [...sum].sort((a, b) => a[0] - b[0]);
        const key = members.join(';');
        let group = interned.get(key);
        if (group === undefined) {
          group = groups.length;
          interned.set(key, group);
          const base = grid.groupBase(kind, blocks.representative[block] ?? 0);
          const placementKey = `${kind}|${base % Math.max(places.domainRanks, 1)}`;
          let placement = places.privateNics ? placements.get(placementKey) : undefined;
          if (!placement) {
            placement = groupPlacement(grid, places, kind, base);
            placements.set(placementKey, placement);
          }
          groups.push({ kind, classes: members.map((m) => m[0]), counts: members.map((m) => m[1]), placement });
        }
        column[colour] = group;
      }
      groupOf.set(kind, column);
    }
    return { groups, groupOf };
  }

  #linkClasses(links: readonly SharedLink[]): LinkClass[] {
    const colourOf = (rank: number): number => this.classOfRank(rank);
    const seen = new Set<string>();
    return links.flatMap((link) => {
      const key = linkKey(this.grid, link, colourOf);
      if (seen.has(key)) return [];
      seen.add(key);
      const uses = [...link.uses].map(
        ([label, all]) => [label, all.map((use) => ({ ...use, rankClass: colourOf(use.rank) }))] as const,
      );
      return [{ capacityBytesPerSecond: link.capacityBytesPerSecond, uses: new Map(uses) }];
    });
  }

  #nicClasses(firstBlock: Int32Array, nicOf: number[]): NicClass[] {
    const { places, grid, colouring } = this;
    const nics: NicClass[] = [];
    const interned = new Map<string, number>();
    for (let colour = 0; colour < colouring.colours; colour++) {
      const rank = this.blocks.representative[firstBlock[colour] ?? 0] ?? 0;
      const nic = places.nicOf(rank);
      const counts = new Map<number, number>();
      if (places.privateNics) counts.set(colour, 1);
      else {
        const first = places.nodeOf(rank) * places.gpusPerNode;
        for (let other = first; other < Math.min(first + places.gpusPerNode, grid.ranks); other++) {
          if (places.nicOf(other) !== nic) continue;
          const c = this.classOfRank(other);
          counts.set(c, (counts.get(c) ?? 0) + 1);
        }
      }
      const members = [...counts].sort((a, b) => a[0] - b[0]);
      const capacityFactor = places.nicFactorOf(nic);
      const key = `${capacityFactor}|${members.join(';')}`;
      const known = interned.get(key);
      if (known === undefined) {
        interned.set(key, nics.length);
        nics.push({ capacityFactor, classes: members.map((m) => m[0]), counts: members.map((m) => m[1]) });
      }
      nicOf[colour] = known ?? nics.length - 1;
    }
    return nics;
  }
}

function groupPlacement(grid: RankGrid, places: RankPlaces, kind: GroupKind, base: number): GroupPlacement {
  const stride = grid.groupStride(kind);
  const ranks = grid.groupSize(kind);
  let domains = 0;
  let ranksPerDomain = 0;
  let nicsPerDomain = 0;
  let domain = -1;
  let inDomain = 0;
  let nics = new Set<number>();
  for (let member = 0; member < ranks; member++) {
    const rank = base + member * stride;
    const at = places.domainOf(rank);
    if (at !== domain) {
      domain = at;
      domains++;
      inDomain = 0;
      nics = new Set();
    }
    inDomain++;
    nics.add(places.nicOf(rank));
    ranksPerDomain = Math.max(ranksPerDomain, inDomain);
    nicsPerDomain = Math.max(nicsPerDomain, nics.size);
  }
  return { ranks, domains, ranksPerDomain, nicsPerDomain };
}
