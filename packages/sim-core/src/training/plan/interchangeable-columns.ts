import type { Cluster } from '../../platform/cluster.js';
import { isHybrid, type Job, type Perturbation } from '../job.js';
import { leastCommonMultiple } from './group-placement.js';
import { RankPlaces } from './placement-map.js';
import { RankGrid } from './rank-grid.js';
import { needsRoutes } from './routed-links.js';
import { zoneTiers } from './zone-tiers.js';

/**
 * Columns of ranks that may change places, in all pipeline stages at once, without any group, node, domain or message ending up
 * otherwise than before: a step then lasts as long as before.
 */
export interface InterchangeableColumns {
  /** Consecutive ranks of a stage in one column: whole nodes, replicas, groups of experts and of shards. */
  readonly columnRanks: number;
  /** Columns of each stage. */
  readonly columns: number;
  /**
   * GPU t of every tensor group, with its NIC, may also change places with GPU u of every one; 0: they may not. Otherwise the size of
   * a tensor group, which lies within a node.
   */
  readonly tensorPeers: number;
}

/**
 * Columns of a job on a cluster that may change places. Undefined where something of the cluster or of the perturbation tells them
 * apart: several kinds of device, links of the fabric that can be full (those of a torus), ranks that are slow or draw for themselves.
 */
export function interchangeableColumns(
  job: Job,
  cluster: Cluster,
  perturbation: Perturbation,
): InterchangeableColumns | undefined {
  const { tensor, context, expert, expertTensor } = job.parallel;
  const shard = isHybrid(job) ? job.options.shardGroup : 0;
  const grid = new RankGrid(job.parallel, shard);
  const places = new RankPlaces(cluster, perturbation, grid.ranks);
  if (
    cluster.fabric.kind === 'torus' ||
    tellsApart(perturbation) ||
    cluster.deviceRanges ||
    needsRoutes(places) ||
    zoneTiers(places).length > 0
  )
    return undefined;
  const blocks = [places.gpusPerNode, places.domainRanks, tensor * context, tensor * Math.max(1, shard)];
  if (job.model.experts) blocks.push(expert * expertTensor);
  const columnRanks = blocks.reduce(leastCommonMultiple);
  if (grid.stageRanks % columnRanks !== 0) return undefined;
  const ownNics = places.nicsPerNode === places.gpusPerNode;
  const expertsApart =
    !job.model.experts || (expertTensor === 1 && expert % tensor === 0) || (expertTensor === tensor && tensor > 1);
  return {
    columnRanks,
    columns: grid.stageRanks / columnRanks,
    tensorPeers: ownNics && expertsApart && places.gpusPerNode % tensor === 0 ? tensor : 0,
  };
}

const tellsApart = ({ slowRanks, links, traffic, jitter, slowFraction, pauses }: Perturbation): boolean =>
  slowRanks.length > 0 ||
  links.length > 0 ||
  (traffic?.length ?? 0) > 0 ||
  jitter.sigma > 0 ||
  (slowFraction?.fraction ?? 0) > 0 ||
  (pauses?.perHostHour ?? 0) > 0;
