import type { Cluster } from '../../platform/cluster.js';
import type { Device } from '../../platform/device.js';
import { noPerturbation, type Parallel } from '../job.js';
import { RankPlaces } from './placement-map.js';

/** A kind of device on which ranks of a pipeline stage run, and the first of them. */
export interface StageDevice {
  readonly device: Device;
  readonly rank: number;
}

/** Kinds of device that hold the ranks of each pipeline rank, by the first rank on each. */
export function devicesOfStages(
  parallel: Pick<Parallel, 'tensor' | 'context' | 'data' | 'pipeline'>,
  cluster: Cluster,
): StageDevice[][] {
  const stageRanks = parallel.tensor * parallel.context * parallel.data;
  const ranks = stageRanks * parallel.pipeline;
  const places = new RankPlaces(cluster, noPerturbation, ranks);
  return Array.from({ length: parallel.pipeline }, (_, stage) => {
    const first = stage * stageRanks;
    if (!cluster.deviceRanges) return [{ device: cluster.device, rank: first }];
    const found = new Map<number, number>();
    // Devices change at node borders only.
    for (let rank = first; rank < first + stageRanks; rank += cluster.gpusPerNode - (rank % cluster.gpusPerNode)) {
      const at = places.deviceOf(rank);
      if (!found.has(at)) found.set(at, rank);
    }
    return [...found].map(([at, rank]) => ({ device: places.devices[at] ?? cluster.device, rank }));
  });
}
