import type { Cluster } from '../../platform/cluster.js';
import type { Job } from '../job.js';
import { groupClasses } from './group-classes.js';
import type { GroupPlacements } from './group-placement.js';
import { linkKey } from './link-refinement.js';
import type { SharedLink } from './link-use.js';
import { nicClasses } from './nic-classes.js';
import type { RankPlaces } from './placement-map.js';
import type { GroupClass, LinkClass, NicClass, Plan, RankClass } from './plan.js';
import type { RankBlocks } from './rank-blocks.js';
import type { GroupKind, RankGrid } from './rank-grid.js';
import type { Colouring } from './refinement.js';
import { TorusPlan } from './torus-plan.js';
import type { TorusTransfers } from './torus-transfers.js';

/** The plan of a colouring of blocks: a class a colour, by one of its blocks. */
export class FoldedPlan implements Plan {
  readonly classes: readonly RankClass[];
  readonly groups: readonly GroupClass[];
  readonly nics: readonly NicClass[];
  readonly links: readonly LinkClass[];
  readonly torus: TorusPlan | undefined;
  readonly #groupOf: ReadonlyMap<GroupKind, Int32Array>;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;

  constructor(
    readonly job: Job,
    readonly cluster: Cluster,
    readonly grid: RankGrid,
    readonly places: RankPlaces,
    readonly kinds: readonly GroupKind[],
    placements: GroupPlacements,
    readonly blocks: RankBlocks,
    readonly colouring: Colouring,
    links: readonly SharedLink[],
    torus?: { readonly transfers: TorusTransfers; readonly linkColourOf: Int32Array | undefined },
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
    const { groups, groupOf } = groupClasses(blocks, colouring, firstBlock, placements);
    this.groups = groups;
    this.#groupOf = groupOf;
    const representatives = firstBlock.map((block) => blocks.representative[block] ?? 0);
    const { nics, nicOf } = nicClasses(places, representatives, grid.ranks, (rank) => this.classOfRank(rank));
    this.nics = nics;
    this.links = this.#linkClasses(links);
    this.torus = torus && new TorusPlan(torus.transfers, representatives, colouring, torus.linkColourOf);
    this.classes = Array.from(representatives, (representative, colour) => ({
      representative,
      multiplicity: multiplicity[colour] ?? 0,
      stage: blocks.stage[firstBlock[colour] ?? 0] ?? 0,
      device: places.deviceOf(representative),
      slowFactor: places.slowFactorOf(representative),
      nic: nicOf[colour] ?? 0,
    }));
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
}
