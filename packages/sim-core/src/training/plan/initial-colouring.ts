import type { GroupPlacements } from './group-placement.js';
import type { RankPlaces } from './placement-map.js';
import type { RankBlocks } from './rank-blocks.js';
import type { GroupKind, RankGrid } from './rank-grid.js';
import { type Colouring, colouringOf } from './refinement.js';

/**
 * Colours of ranks by what each is of its own: stage, device, slow factor, rates of its port and NIC, which neighbours share
 * its scale-up domain, and how its groups lie on domains and NICs.
 */
export function initialColouring(
  blocks: RankBlocks,
  grid: RankGrid,
  places: RankPlaces,
  kinds: readonly GroupKind[],
  placements: GroupPlacements,
): Colouring {
  const keys = Array.from(blocks.representative, (rank, block) => {
    const first = rank % grid.stageRanks;
    const ahead = rank + grid.stageRanks;
    const domain = places.domainOf(rank);
    const hops = `${domain === places.domainOf(first)}${ahead < grid.ranks && places.domainOf(ahead) === domain}`;
    const nic = places.nicFactorOf(places.nicOf(rank));
    const groups = kinds.map((kind) => placements.idOf(kind, rank)).join('/');
    return `${blocks.stage[block]}|${places.deviceOf(rank)}|${places.slowFactorOf(rank)}|${places.portFactorOf(rank)}|${nic}|${hops}|${groups}`;
  });
  return colouringOf(keys);
}
