import { isHybrid, type Job } from '../job.js';
import { hopsOf } from './link-use.js';
import type { RankPlaces } from './placement-map.js';
import type { GroupKind, RankGrid } from './rank-grid.js';
import { rowsOf, type Rows } from './rows.js';
import { type TorusPattern, type TorusUses, TorusWays } from './torus-ways.js';

/** What crosses the cables of a torus: collectives of a kind of group or of the holders of tied embeddings, or messages. */
export type TorusLabel = GroupKind | 'tie' | `hop ${number}`;

/** Groups that meet inside the blocks of a step. */
const inBlocks: ReadonlySet<TorusLabel> = new Set(['tensor', 'context', 'expert']);

/**
 * Every activity of a job on the links of its torus: each group's collective, each message, with the links that it crosses. Of links
 * that the same activities cross with the same shares the slowest is kept, which is exact: the others are never the fuller ones.
 */
export interface TorusTransfers {
  readonly labels: readonly TorusLabel[];
  /** By activity: index of its label, links of its longest way, its members (of a message: its sender). */
  readonly labelOf: Int32Array;
  readonly longestOf: Int32Array;
  readonly members: Rows;
  /** By label and rank: its activity, -1 where it has none. */
  readonly activityOf: readonly Int32Array[];
  /** Bytes/s of each link at the rate that transfers reach. */
  readonly capacity: Float64Array;
  /** By activity the links that it crosses, by link the activities that cross it, with the share of what one member sends. */
  readonly linksOf: Rows;
  readonly usersOf: Rows;
  /** True when no other activity crosses a link of a collective inside a block: it always takes what it takes alone. */
  readonly blocksAlone: boolean;
  /** Seconds on the fullest link for each byte that a member of a collective of all ranks sends: it meets nobody. */
  readonly worldSecondsPerByte: number;
}

/** How a kind of group sends: as its collectives in a step do. */
function patternOf(label: TorusLabel, { options }: Job): TorusPattern {
  if (label === 'expert') return 'pairs';
  if (label !== 'context' || options.contextKind === 'allgather') return 'ring';
  return options.contextKind === 'ring' ? 'shift' : 'pairs';
}

/**
 * @param wraps Messages go from the last stage to the first, too.
 * @throws PartedFabricError when links that are down leave two ranks that talk without a way.
 */
export function torusTransfers(
  job: Job,
  grid: RankGrid,
  places: RankPlaces,
  kinds: readonly GroupKind[],
  wraps: boolean,
): TorusTransfers {
  const ways = new TorusWays(places);
  const { ranks, stageRanks } = grid;
  const labels: TorusLabel[] = [];
  const labelOf: number[] = [];
  const longestOf: number[] = [];
  const members: number[][] = [];
  const uses: TorusUses[] = [];
  const activityOf: Int32Array[] = [];
  const add = (own: readonly number[], used: TorusUses): void => {
    for (const rank of own) (activityOf[labels.length - 1] as Int32Array)[rank] = labelOf.length;
    labelOf.push(labels.length - 1);
    longestOf.push(used.longest);
    members.push([...own]);
    uses.push(used);
  };
  const begin = (label: TorusLabel): void => {
    labels.push(label);
    activityOf.push(new Int32Array(ranks).fill(-1));
  };
  const silent: TorusUses = { links: [], shares: [], longest: 0 };
  for (const kind of kinds) {
    const size = grid.groupSize(kind);
    if (size <= 1) continue;
    begin(kind);
    const stride = grid.groupStride(kind);
    // With hybrid sharding the shards and the replicas of a data group talk instead of it.
    const talks = kind !== 'data' || !isHybrid(job);
    for (let base = 0; base < ranks; base++) {
      if (grid.groupBase(kind, base) !== base) continue;
      const group = Array.from({ length: size }, (_, i) => base + i * stride);
      add(group, talks ? ways.uses(patternOf(kind, job), group) : silent);
    }
  }
  for (const hop of hopsOf(grid, wraps)) {
    begin(`hop ${hop}`);
    for (let from = 0; from < ranks; from++) {
      const to = from + hop * stageRanks;
      if (to >= 0 && to < ranks) add([from], ways.uses('message', [from, to]));
    }
  }
  if (grid.parallel.pipeline > 1 && (job.model.tiedEmbeddings || (job.model.mtpLayers ?? 0) > 0)) {
    begin('tie');
    for (let first = 0; first < stageRanks; first++) {
      const pair = [first, first + ranks - stageRanks];
      add(pair, ways.uses('ring', pair));
    }
  }
  const { capacity, linksOf, usersOf } = distinctLinks(ways, uses);
  const inner = labels.map((label) => inBlocks.has(label));
  let blocksAlone = true;
  for (let link = 0; link < capacity.length; link++) {
    const [start, end] = [usersOf.start[link] as number, usersOf.start[link + 1] as number];
    if (end - start < 2) continue;
    for (let i = start; i < end; i++) if (inner[labelOf[usersOf.item[i] as number] as number]) blocksAlone = false;
  }
  return {
    labels,
    labelOf: Int32Array.from(labelOf),
    longestOf: Int32Array.from(longestOf),
    members: rowsOf(members),
    activityOf,
    capacity,
    linksOf,
    usersOf,
    blocksAlone,
    worldSecondsPerByte: ranks > 1 ? slowest(ways, ways.uses('ring', Array.from({ length: ranks }, (_, r) => r))) : 0,
  };
}

/** Seconds of the fullest link for each byte that a member sends. */
function slowest(ways: TorusWays, { links, shares }: TorusUses): number {
  return links.reduce((most, link, i) => Math.max(most, (shares[i] ?? 0) / ways.reachable(link)), 0);
}

/** Of links with the same users and shares the slowest, numbered anew, with their users. */
function distinctLinks(
  ways: TorusWays,
  uses: readonly TorusUses[],
): Pick<TorusTransfers, 'capacity' | 'linksOf' | 'usersOf'> {
  const users: number[][] = [];
  const sharesOf: number[][] = [];
  uses.forEach(({ links, shares }, activity) => {
    links.forEach((link, i) => {
      const known = users[link];
      if (known) {
        known.push(activity);
        sharesOf[link]?.push(shares[i] ?? 0);
      } else {
        users[link] = [activity];
        sharesOf[link] = [shares[i] ?? 0];
      }
    });
  });
  const kept = new Map<string, number>();
  users.forEach((list, link) => {
    const key = `${list.join(',')}|${sharesOf[link]?.join(',')}`;
    const known = kept.get(key);
    if (known === undefined || ways.reachable(link) < ways.reachable(known)) kept.set(key, link);
  });
  const order = [...kept.values()].sort((a, b) => a - b);
  const linksOf: number[][] = uses.map(() => []);
  const linkShares: number[][] = uses.map(() => []);
  order.forEach((link, l) => {
    users[link]?.forEach((activity, i) => {
      linksOf[activity]?.push(l);
      linkShares[activity]?.push(sharesOf[link]?.[i] ?? 0);
    });
  });
  return {
    capacity: Float64Array.from(order, (link) => ways.reachable(link)),
    linksOf: rowsOf(linksOf, linkShares),
    usersOf: rowsOf(
      order.map((link) => users[link] ?? []),
      order.map((link) => sharesOf[link] ?? []),
    ),
  };
}
