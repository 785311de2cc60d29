import type { Cluster } from '../../platform/cluster.js';
import type { Job } from '../job.js';
import type { GroupPlacement } from './group-placement.js';
import type { LinkUse, UseLabel } from './link-use.js';
import type { RankPlaces } from './placement-map.js';
import type { GroupKind, RankGrid } from './rank-grid.js';
import type { TorusPlan } from './torus-plan.js';

export type { GroupPlacement } from './group-placement.js';

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
  /** Cables of a torus, which all that is sent there crosses; undefined on other fabrics. */
  readonly torus: TorusPlan | undefined;
  /** Group class (index into groups) of a class for a kind. */
  groupOf(kind: GroupKind, rankClass: number): number;
  /** Class at another pipeline stage with the same tensor, context and data coordinates. */
  peer(rankClass: number, stage: number): number;
  classOfRank(rank: number): number;
  /** True when two classes' representatives' pipeline neighbours share a scale-up domain. */
  sharesDomain(rankClass: number, stage: number): boolean;
}
