import type { TorusFabric } from '../../platform/cluster.js';
import { isHybrid, type Job } from '../job.js';
import { hopsOf } from './link-use.js';
import type { RankPlaces } from './placement-map.js';
import type { GroupKind, RankGrid } from './rank-grid.js';
import { RowColumns, type Rows, turned } from './rows.js';
import { type TorusPattern, TorusWays } from './torus-ways.js';

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

/** Activities in the order in which they are added, label by label. */
class Activities {
  readonly labels: TorusLabel[] = [];
  readonly activityOf: Int32Array[] = [];
  readonly members = new RowColumns();
  readonly uses = new RowColumns();
  /** By activity: index of its label, and links of its longest way. */
  readonly labelOf: number[] = [];
  readonly longestOf: number[] = [];

  constructor(
    readonly ways: TorusWays,
    readonly ranks: number,
  ) {}

  begin(label: TorusLabel): void {
    this.labels.push(label);
    this.activityOf.push(new Int32Array(this.ranks).fill(-1));
  }

  /** @param pattern Of what `chips` send; none: nothing. */
  add(members: ArrayLike<number>, pattern: TorusPattern | undefined, chips: ArrayLike<number> = members): void {
    const own = this.activityOf[this.labels.length - 1] as Int32Array;
    for (let i = 0; i < members.length; i++) {
      const rank = members[i] as number;
      own[rank] = this.labelOf.length;
      this.members.add(rank, 1);
    }
    this.members.end();
    const longest = pattern ? this.ways.lay(pattern, chips, (link, share) => this.uses.add(link, share)) : 0;
    this.uses.end();
    this.labelOf.push(this.labels.length - 1);
    this.longestOf.push(longest);
  }
}

/**
 * @param wraps Messages go from the last stage to the first, too.
 * @throws PartedFabricError when links that are down leave two ranks that talk without a way.
 */
export function torusTransfers(
  job: Job,
  fabric: TorusFabric,
  grid: RankGrid,
  places: RankPlaces,
  kinds: readonly GroupKind[],
  wraps: boolean,
): TorusTransfers {
  const ways = new TorusWays(fabric, places);
  const { ranks, stageRanks } = grid;
  const all = new Activities(ways, ranks);
  for (const kind of kinds) {
    const size = grid.groupSize(kind);
    if (size <= 1) continue;
    all.begin(kind);
    const stride = grid.groupStride(kind);
    // With hybrid sharding the shards and the replicas of a data group talk instead of it.
    const pattern = kind === 'data' && isHybrid(job) ? undefined : patternOf(kind, job);
    const group = new Int32Array(size);
    for (let base = 0; base < ranks; base++) {
      if (grid.groupBase(kind, base) !== base) continue;
      for (let i = 0; i < size; i++) group[i] = base + i * stride;
      all.add(group, pattern);
    }
  }
  for (const hop of hopsOf(grid, wraps)) {
    all.begin(`hop ${hop}`);
    for (let from = 0; from < ranks; from++) {
      const to = from + hop * stageRanks;
      if (to >= 0 && to < ranks) all.add([from], 'message', [from, to]);
    }
  }
  if (grid.parallel.pipeline > 1 && (job.model.tiedEmbeddings || (job.model.mtpLayers ?? 0) > 0)) {
    all.begin('tie');
    for (let first = 0; first < stageRanks; first++) all.add([first, first + ranks - stageRanks], 'ring');
  }
  const { labels, activityOf } = all;
  const labelOf = Int32Array.from(all.labelOf);
  const links = distinctLinks(ways, all.uses.done());
  return {
    labels,
    labelOf,
    longestOf: Int32Array.from(all.longestOf),
    members: all.members.done(),
    activityOf,
    ...links,
    blocksAlone: blocksAlone(links.usersOf, labelOf, labels),
    worldSecondsPerByte: worldSeconds(ways, ranks),
  };
}

function blocksAlone({ start, item }: Rows, labelOf: Int32Array, labels: readonly TorusLabel[]): boolean {
  const inner = labels.map((label) => inBlocks.has(label));
  for (let link = 0; link + 1 < start.length; link++) {
    const [first, end] = [start[link] as number, start[link + 1] as number];
    if (end - first < 2) continue;
    for (let at = first; at < end; at++) if (inner[labelOf[item[at] as number] as number]) return false;
  }
  return true;
}

/** Seconds of the fullest link for each byte that a member sends in a collective of all ranks. */
function worldSeconds(ways: TorusWays, ranks: number): number {
  let most = 0;
  if (ranks > 1) {
    const everyone = Int32Array.from({ length: ranks }, (_, rank) => rank);
    ways.lay('ring', everyone, (link, share) => {
      most = Math.max(most, share / (ways.capacity[link] as number));
    });
  }
  return most;
}

/** Of links with the same users and shares the slowest, numbered anew in the order of the links, with their users. */
function distinctLinks(ways: TorusWays, uses: Rows): Pick<TorusTransfers, 'capacity' | 'linksOf' | 'usersOf'> {
  const { start, item, share } = turned(uses, ways.links);
  const same = (a: number, b: number): boolean => {
    const [of, other] = [start[a] as number, start[b] as number];
    const count = (start[a + 1] as number) - of;
    if ((start[b + 1] as number) - other !== count) return false;
    for (let i = 0; i < count; i++) {
      if (item[of + i] !== item[other + i] || share[of + i] !== share[other + i]) return false;
    }
    return true;
  };
  /** First link of each kind, by hash, and the slowest of its kind. */
  const firsts = new Map<number, number[]>();
  const slowest = new Map<number, number>();
  for (let link = 0; link < ways.links; link++) {
    const end = start[link + 1] as number;
    if (end === start[link]) continue;
    let hash = 0;
    for (let at = start[link] as number; at < end; at++)
      hash = (Math.imul(hash, 0x01000193) ^ (item[at] as number)) | 0;
    const known = firsts.get(hash) ?? [];
    const first = known.find((other) => same(link, other));
    if (first === undefined) {
      known.push(link);
      firsts.set(hash, known);
      slowest.set(link, link);
    } else if ((ways.capacity[link] as number) < (ways.capacity[slowest.get(first) ?? first] as number)) {
      slowest.set(first, link);
    }
  }
  const kept = new RowColumns();
  const capacity = Float64Array.from(slowest.values(), (link) => ways.capacity[link] as number);
  for (const link of slowest.keys()) {
    for (let at = start[link] as number; at < (start[link + 1] as number); at++)
      kept.add(item[at] as number, share[at] as number);
    kept.end();
  }
  const usersOf = kept.done();
  return { capacity, usersOf, linksOf: turned(usersOf, uses.start.length - 1) };
}
