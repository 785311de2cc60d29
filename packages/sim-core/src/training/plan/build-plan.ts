import type { Cluster } from '../../platform/cluster.js';
import { isHybrid, type Job, type Perturbation } from '../job.js';
import { FoldedPlan } from './folded-plan.js';
import { GroupPlacements } from './group-placement.js';
import { initialColouring } from './initial-colouring.js';
import { refineWithLinks } from './link-refinement.js';
import { wrapsAround } from './link-use.js';
import { RankPlaces } from './placement-map.js';
import type { Plan } from './plan.js';
import { activeKinds, singleRankBlocks } from './rank-blocks.js';
import { RankGrid } from './rank-grid.js';
import { finest } from './refinement.js';
import { singleRanks, startingPartition } from './starting-partition.js';
import { refineOverTorus } from './torus-refinement.js';
import { torusTransfers } from './torus-transfers.js';

export interface PlanOptions {
  /** false: every rank is a class of its own. */
  readonly fold: boolean;
}

/** Ranks draw for themselves: then no two are alike. */
const drawsByRank = ({ jitter, pauses }: Perturbation): boolean => jitter.sigma > 0 || (pauses?.perHostHour ?? 0) > 0;

/**
 * Lays a job's ranks over a cluster and folds those that cannot be told apart (spec/model.md 4.1 and 8). With jitter every rank
 * is a class of its own.
 * @throws RangeError when the parallel shape needs more devices than the cluster has.
 */
export function buildPlan(job: Job, cluster: Cluster, perturbation: Perturbation, options: PlanOptions): Plan {
  const grid = new RankGrid(job.parallel, isHybrid(job) ? job.options.shardGroup : 0);
  if (grid.ranks > cluster.nodes * cluster.gpusPerNode) {
    throw new RangeError(
      `buildPlan: job needs ${grid.ranks} devices, cluster has ${cluster.nodes * cluster.gpusPerNode}`,
    );
  }
  const places = new RankPlaces(cluster, perturbation, grid.ranks);
  const kinds = activeKinds(job);
  const placements = new GroupPlacements(grid, places);
  const fold = options.fold && !drawsByRank(perturbation);
  const { fabric } = cluster;
  if (fabric.kind === 'torus') {
    const blocks = singleRankBlocks(grid, places, kinds);
    const transfers = torusTransfers(job, fabric, grid, places, kinds, wrapsAround(job));
    const folded = fold
      ? refineOverTorus(initialColouring(blocks, grid, places, kinds, placements), transfers, grid.stageRanks)
      : undefined;
    const colouring = folded ?? finest(blocks.count);
    const torus = { transfers, linkColourOf: folded?.linkColourOf };
    return new FoldedPlan(job, cluster, grid, places, kinds, placements, blocks, colouring, [], torus);
  }
  const { blocks, links } = (fold ? startingPartition : singleRanks)(grid, places, kinds, wrapsAround(job));
  const colouring = fold
    ? refineWithLinks(blocks, initialColouring(blocks, grid, places, kinds, placements), grid, links)
    : finest(blocks.count);
  return new FoldedPlan(job, cluster, grid, places, kinds, placements, blocks, colouring, links.links);
}
