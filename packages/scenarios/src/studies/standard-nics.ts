import type { ColumnLayout, ColumnNode } from './ailing-columns.js';

/**
 * Standard numbers of the NICs that ail, where the GPUs of a tensor group may change places, and their NICs with them: 0, 1, ... in the
 * order of what ails in which columns. A NIC that is down hands over to the next one of its node, so such neighbours stay neighbours.
 */
export function standardNics(
  columns: readonly (readonly ColumnNode[])[],
  { tensorPeers, gpusPerNode }: ColumnLayout,
): (nic: number) => number {
  const peers = new Set<number>();
  const down = new Set<number>();
  for (const { nics } of columns.flat()) {
    for (const { nic, capacityFactor } of nics) {
      peers.add(nic % tensorPeers);
      if (capacityFactor === 0) down.add(nic);
    }
  }
  if (tensorPeers === 0 || down.size === tensorPeers || (down.size > 0 && tensorPeers !== gpusPerNode)) return asIs;
  const runs = runsOf(peers, down, tensorPeers)
    .map((run) => ({ run, signature: signatureOf(run, columns, tensorPeers) }))
    .sort((a, b) => (a.signature < b.signature ? -1 : a.signature > b.signature ? 1 : 0));
  const numberOf = new Map(runs.flatMap(({ run }) => run).map((peer, number) => [peer, number]));
  return (nic) => nic - (nic % tensorPeers) + (numberOf.get(nic % tensorPeers) ?? 0);
}

const asIs = (nic: number): number => nic;

/** Peers whose NICs ail, each with those after it that serve its traffic. */
function runsOf(peers: ReadonlySet<number>, down: ReadonlySet<number>, size: number): number[][] {
  const involved = new Set([...peers, ...[...down].map((peer) => (peer + 1) % size)]);
  const runs: number[][] = [];
  for (const first of involved) {
    if (down.has((first + size - 1) % size)) continue;
    const run = [first];
    for (let last = first; down.has(last); run.push(last)) last = (last + 1) % size;
    runs.push(run);
  }
  return runs;
}

/** What ails the NICs of a run, whatever their numbers are. */
function signatureOf(run: readonly number[], columns: readonly (readonly ColumnNode[])[], tensorPeers: number): string {
  const parts = columns.flatMap((members) => {
    const own = members.flatMap(({ place, nics }) =>
      nics
        .filter(({ nic }) => run.includes(nic % tensorPeers))
        .map(({ nic, capacityFactor }) => {
          const block = Math.floor(nic / tensorPeers);
          return `${place}.${block}.${run.indexOf(nic % tensorPeers)}=${capacityFactor}`;
        }),
    );
    if (own.length === 0) return [];
    const whole = members.map(({ place, slowFactor, nics }) => {
      const factors = nics.map(({ capacityFactor }) => capacityFactor).sort((a, b) => a - b);
      return `${place}:${slowFactor}:${factors.join(',')}`;
    });
    return [`${own.join(' ')} of ${whole.join(' ')}`];
  });
  return `${run.length} ${[...new Set(parts)].sort().join('; ')}`;
}
