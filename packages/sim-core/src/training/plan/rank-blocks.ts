import { isHybrid, type Job } from '../job.js';
import type { RankPlaces } from './placement-map.js';
import type { GroupKind, RankGrid } from './rank-grid.js';

/** Membership of blocks in the groups of one kind: each block lies in one group, with as many ranks as its weight. */
export interface Membership {
  readonly kind: GroupKind | 'nic';
  readonly groupOf: Int32Array;
  readonly weight: Float64Array;
  readonly groups: number;
}

/**
 * Ranks in blocks that are alike by construction: the finest partition that folding starts from. Where the placement is
 * regular, coordinates that nothing singles out are merged before any rank is listed, so a plan for a million ranks has a
 * handful of blocks; otherwise each rank is a block of its own.
 */
export interface RankBlocks {
  readonly count: number;
  readonly representative: Int32Array;
  readonly multiplicity: Float64Array;
  readonly stage: Int32Array;
  readonly memberships: readonly Membership[];
  /** Block of the same tensor, context and data coordinates one stage later, -1 at the last. */
  readonly nextStage: Int32Array;
  /** Block that holds a rank. */
  blockOf(rank: number): number;
}

/** Kinds of groups that exist in a job's plan: of experts only when the model has any, of hybrid sharding only with it. */
export function activeKinds(job: Job): readonly GroupKind[] {
  const experts: readonly GroupKind[] = job.model.experts ? ['expert', 'data', 'expertData'] : ['data'];
  return ['tensor', 'context', ...experts, ...(isHybrid(job) ? (['shard', 'replica'] as const) : [])];
}

/** True when all groups of one kind and stage lie on the scale-up domains in the same way. */
export function isRegular(grid: RankGrid, places: RankPlaces, kinds: readonly GroupKind[]): boolean {
  const domain = places.domainRanks;
  const divides = (a: number, b: number): boolean => a % b === 0 || b % a === 0;
  if (!divides(grid.stageRanks, domain)) return false;
  return kinds.every((kind) => {
    const stride = grid.groupStride(kind);
    return divides(stride, domain) && divides(stride * grid.groupSize(kind), domain);
  });
}

/** One block a rank. */
export function singleRankBlocks(grid: RankGrid, places: RankPlaces, kinds: readonly GroupKind[]): RankBlocks {
  const count = grid.ranks;
  const representative = Int32Array.from({ length: count }, (_, rank) => rank);
  const ones = new Float64Array(count).fill(1);
  const stage = representative.map((rank) => grid.stageOf(rank));
  const memberships: Membership[] = kinds.map((kind) => {
    const groupOf = new Int32Array(count).fill(-1);
    const stride = grid.groupStride(kind);
    const size = grid.groupSize(kind);
    let groups = 0;
    for (let rank = 0; rank < count; rank++) {
      if ((groupOf[rank] ?? -1) >= 0) continue;
      for (let member = 0; member < size; member++) groupOf[rank + member * stride] = groups;
      groups++;
    }
    return { kind, groupOf, weight: ones, groups };
  });
  if (!places.privateNics) memberships.push(nicMembership(count, ones, (rank) => places.nicOf(rank)));
  return {
    count,
    representative,
    multiplicity: ones,
    stage,
    memberships,
    nextStage: representative.map((rank) => (rank + grid.stageRanks < count ? rank + grid.stageRanks : -1)),
    blockOf: (rank) => rank,
  };
}

function nicMembership(count: number, weight: Float64Array, idOf: (rank: number) => number): Membership {
  const dense = new Map<number, number>();
  const groupOf = new Int32Array(count);
  for (let rank = 0; rank < count; rank++) {
    const id = idOf(rank);
    const known = dense.get(id);
    if (known === undefined) dense.set(id, dense.size);
    groupOf[rank] = known ?? dense.size - 1;
  }
  return { kind: 'nic', groupOf, weight, groups: dense.size };
}

/** One block a stage, where nothing tells its ranks apart. */
export function stageBlocks(grid: RankGrid, kinds: readonly GroupKind[]): RankBlocks {
  const count = grid.parallel.pipeline;
  const stage = Int32Array.from({ length: count }, (_, s) => s);
  const memberships = kinds.map(
    // All groups of a kind in a stage look alike: one stands for them.
    (kind): Membership => ({
      kind,
      groupOf: stage,
      weight: new Float64Array(count).fill(grid.groupSize(kind)),
      groups: count,
    }),
  );
  return {
    count,
    representative: stage.map((s) => s * grid.stageRanks),
    multiplicity: new Float64Array(count).fill(grid.stageRanks),
    stage,
    memberships,
    nextStage: stage.map((s) => (s + 1 < count ? s + 1 : -1)),
    blockOf: (rank) => grid.stageOf(rank),
  };
}
