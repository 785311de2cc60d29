import { isHop, type Job, type LinkTable, type RankPlaces } from '@regatta/sim-core';

/** Coordinates of a rank in both orders of spec/model.md 4.1. */
function coordinatesOf(job: Job, rank: number) {
  const { tensor, context, data, expert, expertTensor } = job.parallel;
  const stageRanks = tensor * context * data;
  const within = rank % stageRanks;
  return {
    stage: Math.floor(rank / stageRanks),
    tensor: within % tensor,
    context: Math.floor(within / tensor) % context,
    data: Math.floor(within / (tensor * context)),
    expertTensor: within % expertTensor,
    expert: Math.floor(within / expertTensor) % expert,
    expertData: Math.floor(within / (expertTensor * expert)),
  };
}

/** Name of the group of each kind that holds a rank: what its members have in common. */
function groupsOf(job: Job, rank: number): Record<string, string> {
  const c = coordinatesOf(job, rank);
  const member = Math.floor((c.context + job.parallel.context * c.data) / Math.max(1, job.options.shardGroup));
  const place = (c.context + job.parallel.context * c.data) % Math.max(1, job.options.shardGroup);
  return {
    tensor: `${c.stage}/${c.context}/${c.data}`,
    context: `${c.stage}/${c.tensor}/${c.data}`,
    data: `${c.stage}/${c.tensor}`,
    expert: `${c.stage}/${c.expertTensor}/${c.expertData}`,
    expertData: `${c.stage}/${c.expertTensor}/${c.expert}`,
    shard: `${c.stage}/${c.tensor}/${member}`,
    replica: `${c.stage}/${c.tensor}/${place}`,
  };
}

const rounded = (share: number): string => share.toFixed(7);

/**
 * Colour refinement as it is defined, without hashes, blocks or tiles: ranks stay together while they were and while, for each
 * kind of group, neighbour and link, they see the same colours. Quadratic; for small plans.
 */
export function naiveColours(
  job: Job,
  places: RankPlaces,
  kinds: readonly string[],
  table: LinkTable,
  ranks: number,
): number[] {
  const stageRanks = ranks / job.parallel.pipeline;
  const all = Array.from({ length: ranks }, (_, rank) => rank);
  const groups = all.map((rank) => groupsOf(job, rank));
  const membersOf = (kind: string, rank: number): number[] =>
    all.filter((other) => groups[other]?.[kind] === groups[rank]?.[kind]);
  const layout = (kind: string, rank: number): string => {
    const byDomain = new Map<number, Set<number>>();
    const counts = new Map<number, number>();
    for (const member of membersOf(kind, rank)) {
      const domain = places.domainOf(member);
      byDomain.set(domain, (byDomain.get(domain) ?? new Set()).add(places.nicOf(member)));
      counts.set(domain, (counts.get(domain) ?? 0) + 1);
    }
    const nics = Math.max(...[...byDomain.values()].map((set) => set.size));
    return `${byDomain.size}.${Math.max(...counts.values())}.${nics}`;
  };
  const sharesDomain = (rank: number, other: number): boolean =>
    other >= 0 && other < ranks && places.domainOf(rank) === places.domainOf(other);
  let signatures = all.map((rank) => {
    const own = [Math.floor(rank / stageRanks), places.deviceOf(rank), places.slowFactorOf(rank)];
    const ports = [places.portFactorOf(rank), places.nicFactorOf(places.nicOf(rank))];
    const near = [sharesDomain(rank, rank % stageRanks), sharesDomain(rank, rank + stageRanks)];
    return [...own, ...ports, ...near, ...kinds.map((kind) => layout(kind, rank))].join('|');
  });
  for (;;) {
    const names = [...new Set(signatures)];
    const colours = signatures.map((signature) => names.indexOf(signature));
    const seen = (others: readonly number[]): string =>
      others
        .map((other) => colours[other] ?? -1)
        .sort((a, b) => a - b)
        .join(',');
    const links = table.links.map(({ capacityBytesPerSecond, uses }) => {
      const parts = [...uses].map(([label, list]) => {
        const byColour = new Map<number, number>();
        const byGroup = new Map<string, number>();
        for (const { rank, share } of list) {
          const colour = colours[rank] ?? -1;
          byColour.set(colour, (byColour.get(colour) ?? 0) + share);
          const group = isHop(label) ? `${rank}` : (groups[rank]?.[label] ?? '');
          byGroup.set(group, (byGroup.get(group) ?? 0) + share);
        }
        const sums = [...byColour].map(([colour, sum]) => `${colour}:${rounded(sum)}`).sort();
        return `${label}=${sums.join(',')};${isHop(label) ? '' : [...byGroup.values()].map(rounded).sort().join(',')}`;
      });
      return `${capacityBytesPerSecond}|${parts.sort().join('|')}`;
    });
    const used = all.map((): string[] => []);
    for (const { block, label, share, link } of table.uses)
      used[block]?.push(`${label}:${rounded(share)}:${links[link]}`);
    const next = all.map((rank) => {
      const ofGroups = kinds.map((kind) => seen(membersOf(kind, rank)));
      const behindNic = places.privateNics
        ? ''
        : seen(all.filter((other) => places.nicOf(other) === places.nicOf(rank)));
      const stages = [colours[rank - stageRanks] ?? -1, colours[rank + stageRanks] ?? -1];
      return [colours[rank], ...ofGroups, behindNic, ...stages, ...(used[rank] ?? []).sort()].join(' / ');
    });
    if (new Set(next).size === names.length) return colours;
    signatures = next;
  }
}
