import type { RankPlaces } from './placement-map.js';
import type { GroupKind, RankGrid } from './rank-grid.js';

/** How the members of one communicator lie on scale-up domains and NICs. */
export interface GroupPlacement {
  readonly ranks: number;
  readonly domains: number;
  readonly ranksPerDomain: number;
  readonly nicsPerDomain: number;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Least common multiple of whole numbers above 0. */
export const leastCommonMultiple = (a: number, b: number): number => (a / gcd(a, b)) * b;

/** Placements of a plan's groups, each worked out once for all groups that lie alike. */
export class GroupPlacements {
  readonly #known = new Map<GroupKind, Map<number, GroupPlacement>>();
  readonly #interned = new Map<string, GroupPlacement>();
  readonly #ids = new Map<GroupPlacement, number>();
  /** Ranks after which the cluster's layout repeats. */
  readonly #period: number;
  /** Ranks that leave by another NIC than their own breach that. */
  readonly #rerouted: readonly number[];
  /** By kind, the first ranks of the groups that hold such ranks. */
  readonly #breached = new Map<GroupKind, ReadonlySet<number>>();

  constructor(
    readonly grid: RankGrid,
    readonly places: RankPlaces,
  ) {
    this.#period = leastCommonMultiple(places.gpusPerNode, places.domainRanks);
    this.#rerouted = places.reroutedRanks();
  }

  /** Placement of the group of a kind that holds a rank. */
  of(kind: GroupKind, rank: number): GroupPlacement {
    const base = this.grid.groupBase(kind, rank);
    // A breached group is a phase of its own, behind those of the period.
    const phase = this.#breachedOf(kind).has(base) ? this.#period + base : base % this.#period;
    let ofKind = this.#known.get(kind);
    if (!ofKind) {
      ofKind = new Map();
      this.#known.set(kind, ofKind);
    }
    const known = ofKind.get(phase);
    if (known) return known;
    const placement = this.#intern(placementOf(this.grid, this.places, kind, base));
    ofKind.set(phase, placement);
    return placement;
  }

  /** A number that equal placements share. */
  idOf(kind: GroupKind, rank: number): number {
    return this.#ids.get(this.of(kind, rank)) ?? -1;
  }

  #breachedOf(kind: GroupKind): ReadonlySet<number> {
    const known = this.#breached.get(kind) ?? new Set(this.#rerouted.map((rank) => this.grid.groupBase(kind, rank)));
    this.#breached.set(kind, known);
    return known;
  }

  #intern(placement: GroupPlacement): GroupPlacement {
    const key = `${placement.ranks}/${placement.domains}/${placement.ranksPerDomain}/${placement.nicsPerDomain}`;
    const known = this.#interned.get(key);
    if (known) return known;
    this.#interned.set(key, placement);
    this.#ids.set(placement, this.#ids.size);
    return placement;
  }
}

function placementOf(grid: RankGrid, places: RankPlaces, kind: GroupKind, base: number): GroupPlacement {
  const stride = grid.groupStride(kind);
  const ranks = grid.groupSize(kind);
  let domains = 0;
  let ranksPerDomain = 0;
  let nicsPerDomain = 0;
  let domain = -1;
  let inDomain = 0;
  const nics: number[] = [];
  for (let member = 0; member < ranks; member++) {
    const rank = base + member * stride;
    const at = places.domainOf(rank);
    if (at !== domain) {
      domain = at;
      domains++;
      inDomain = 0;
      nics.length = 0;
    }
    inDomain++;
    const nic = places.nicOf(rank);
    if (!nics.includes(nic)) nics.push(nic);
    ranksPerDomain = Math.max(ranksPerDomain, inDomain);
    nicsPerDomain = Math.max(nicsPerDomain, nics.length);
  }
  return { ranks, domains, ranksPerDomain, nicsPerDomain };
}
