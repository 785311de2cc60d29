import type { Cluster } from '../platform/cluster.js';
import type { Device } from '../platform/device.js';
import type { Job } from './job.js';
import { layerBackward, layerForward } from './operators/index.js';
import { layerKind } from './parameters.js';
import { devicesOfStages } from './plan/stage-devices.js';
import { placeOfStage, scheduleShape, stagesOf } from './schedules/index.js';
import { layersBySpeed } from './stage-layers.js';

/** Compute seconds of one layer, forward and backward, of one micro-batch. */
function layerSeconds(job: Job, device: Device): number {
  const kind = layerKind(job.model, job.model.layers - 1);
  const operators = [...layerForward(job, device, kind), ...layerBackward(job, device, kind, job.recompute)];
  return operators.reduce((sum, o) => sum + (o.kind === 'communication' ? 0 : o.seconds), 0);
}

/**
 * The job with the layers of its stages written out where they follow the speed of the devices (`options.stageSplit`); any
 * other job as it is. Ranks of one stage on several kinds of device run at the pace of the slowest.
 * @throws RangeError when there are fewer layers than stages.
 */
export function withStageLayers(job: Job, cluster: Cluster): Job {
  const { pipeline } = job.parallel;
  if (job.options.stageSplit === 'even' || job.options.stageLayers || pipeline === 1 || !cluster.deviceRanges)
    return job;
  const { layout, chunks } = scheduleShape(job.schedule, job.parallel.virtualStages);
  const secondsOf = new Map<Device, number>();
  const secondsOfRank = devicesOfStages(job.parallel, cluster).map((devices) =>
    Math.max(
      ...devices.map(({ device }) => {
        const known = secondsOf.get(device) ?? layerSeconds(job, device);
        secondsOf.set(device, known);
        return known;
      }),
    ),
  );
  const both = layout === 'bidirectional';
  // A stage of a bidirectional schedule lies on two ranks, each of which holds its mirror image too.
  const rankOfStage = Array.from({ length: stagesOf(layout, pipeline, chunks) }, (_, stage) =>
    both ? Math.min(stage, pipeline - 1 - stage) : placeOfStage(layout, pipeline, stage, 0).rank,
  );
  const seconds = secondsOfRank.map((own, rank) =>
    both ? Math.max(own, secondsOfRank[pipeline - 1 - rank] ?? own) : own,
  );
  return { ...job, options: { ...job.options, stageLayers: layersBySpeed(job.model.layers, rankOfStage, seconds) } };
}
