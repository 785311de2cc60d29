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

interface CoordinateBlocks {
  readonly representative: readonly number[];
  readonly size: readonly number[];
  of(coordinate: number): number;
}

function coordinateBlocks(extent: number, touched: ReadonlySet<number>): CoordinateBlocks {
  const singled = [...touched].sort((a, b) => a - b);
  const index = new Map(singled.map((coordinate, position) => [coordinate, position]));
  const representative = [...singled];
  const size = singled.map(() => 1);
  if (singled.length < extent) {
    let rest = 0;
    while (touched.has(rest)) rest++;
    representative.push(rest);
    size.push(extent - singled.length);
  }
  return { representative, size, of: (coordinate) => index.get(coordinate) ?? singled.length };
}

/** Blocks as products of coordinate blocks: each coordinate of a touched rank stands alone, the others are merged. */
export function productBlocks(
  grid: RankGrid,
  touchedRanks: readonly number[],
  kinds: readonly GroupKind[],
): RankBlocks {
  const { tensor, context, data, pipeline } = grid.parallel;
  const coordinates = (rank: number): readonly [number, number, number] => {
    const within = rank % grid.stageRanks;
    return [within % tensor, Math.floor(within / tensor) % context, Math.floor(within / (tensor * context))];
  };
  const touched = touchedRanks.map(coordinates);
  const tensorBlocks = coordinateBlocks(tensor, new Set(touched.map((c) => c[0])));
  const contextBlocks = coordinateBlocks(context, new Set(touched.map((c) => c[1])));
  const dataBlocks = coordinateBlocks(data, new Set(touched.map((c) => c[2])));
  const nt = tensorBlocks.size.length;
  const nc = contextBlocks.size.length;
  const nd = dataBlocks.size.length;
  const perStage = nt * nc * nd;
  const count = perStage * pipeline;
  const representative = new Int32Array(count);
  const multiplicity = new Float64Array(count);
  const stage = new Int32Array(count);
  const weights = new Map<string, Float64Array>(kinds.map((kind) => [kind, new Float64Array(count)]));
  const groups = new Map<string, Int32Array>(kinds.map((kind) => [kind, new Int32Array(count)]));
  for (let block = 0; block < count; block++) {
    const s = Math.floor(block / perStage);
    const within = block % perStage;
    const ti = within % nt;
    const ci = Math.floor(within / nt) % nc;
    const di = Math.floor(within / (nt * nc));
    const [ts, cs, ds] = [tensorBlocks.size[ti] ?? 0, contextBlocks.size[ci] ?? 0, dataBlocks.size[di] ?? 0];
    const t = tensorBlocks.representative[ti] ?? 0;
    const c = contextBlocks.representative[ci] ?? 0;
    const d = dataBlocks.representative[di] ?? 0;
    representative[block] = t + tensor * (c + context * (d + data * s));
    multiplicity[block] = ts * cs * ds;
    stage[block] = s;
    const put = (kind: GroupKind, group: number, weight: number): void => {
      const groupColumn = groups.get(kind);
      const weightColumn = weights.get(kind);
      if (!groupColumn || !weightColumn) return;
      groupColumn[block] = group;
      weightColumn[block] = weight;
    };
    put('tensor', ci + nc * (di + nd * s), ts);
    put('context', ti + nt * (di + nd * s), cs);
    put('data', ti + nt * s, cs * ds);
    // Only reached with no touched rank, where each stage is one block: all of its expert groups look alike.
    put('expert', s, grid.groupSize('expert'));
    put('expertData', s, grid.groupSize('expertData'));
    put('shard', s, grid.groupSize('shard'));
    put('replica', s, grid.groupSize('replica'));
  }
  const memberships: Membership[] = kinds.map((kind) => {
    const groupOf = groups.get(kind) ?? new Int32Array(count);
    let highest = -1;
    for (const group of groupOf) highest = Math.max(highest, group);
    return { kind, groupOf, weight: weights.get(kind) ?? new Float64Array(count), groups: highest + 1 };
  });
  return {
    count,
    representative,
    multiplicity,
    stage,
    memberships,
    nextStage: Int32Array.from({ length: count }, (_, block) => (block + perStage < count ? block + perStage : -1)),
    blockOf: (rank) => {
      const [t, c, d] = coordinates(rank);
      const s = grid.stageOf(rank);
      return tensorBlocks.of(t) + nt * (contextBlocks.of(c) + nc * (dataBlocks.of(d) + nd * s));
    },
  };
}
