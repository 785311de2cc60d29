import type { JobSpec } from './job-spec.js';

/** What of a placement bears on speed; equal shapes have equal speed, which is what a caller memoises on. */
export interface PlacementShape {
  readonly gpus: number;
  readonly nodes: number;
  readonly leaves: number;
  readonly pods: number;
  /** The nodes that it uses; undefined in the pool model. */
  readonly nodeList?: readonly number[];
}

/** How fast a job runs where it sits: work in a second, 1 = the speed that `runSeconds` was measured at. */
export interface JobSpeedModel {
  speedOf(job: JobSpec, placement: PlacementShape): number;
}

/** Speed that follows the GPU count alone: 1 at the request, the job's own `scaling` or proportional elsewhere. */
export const countSpeed: JobSpeedModel = {
  speedOf: (job, placement) =>
    placement.gpus === job.gpus ? 1 : throughputAt(job, placement.gpus) / throughputAt(job, job.gpus),
};

/** `countSpeed` times a factor for each level of the network that the placement crosses: a stand-in for the step model. */
export function localitySpeed(factors: {
  acrossNodes: number;
  acrossLeaves: number;
  acrossPods: number;
}): JobSpeedModel {
  return {
    speedOf(job, placement) {
      const crossing =
        placement.pods > 1
          ? factors.acrossPods
          : placement.leaves > 1
            ? factors.acrossLeaves
            : placement.nodes > 1
              ? factors.acrossNodes
              : 1;
      return crossing * countSpeed.speedOf(job, placement);
    },
  };
}

/** Remembers the speed of each (application, request, shape): the step model is asked once for each. */
export function memoisedSpeed(model: JobSpeedModel): JobSpeedModel {
  const known = new Map<string, number>();
  return {
    speedOf(job, placement) {
      const scaling = job.scaling === undefined ? '' : job.scaling.join(';');
      const key = `${job.application ?? ''}|${job.gpus}|${scaling}|${placement.gpus}|${placement.nodes}|${placement.leaves}|${placement.pods}`;
      let speed = known.get(key);
      if (speed === undefined) {
        speed = model.speedOf(job, placement);
        known.set(key, speed);
      }
      return speed;
    },
  };
}

/** Throughput of a job by its own scaling curve: linear between points, proportional before the first, flat after the last. */
export function throughputAt(job: JobSpec, gpus: number): number {
  const curve = job.scaling;
  const first = curve?.[0];
  if (curve === undefined || first === undefined) return gpus;
  if (gpus <= first[0]) return (first[1] * gpus) / first[0];
  let [fromGpus, fromThroughput] = first;
  for (const [toGpus, toThroughput] of curve) {
    if (gpus <= toGpus) {
      return toGpus === fromGpus
        ? toThroughput
        : fromThroughput + ((toThroughput - fromThroughput) * (gpus - fromGpus)) / (toGpus - fromGpus);
    }
    fromGpus = toGpus;
    fromThroughput = toThroughput;
  }
  return fromThroughput;
}

/** One running job as the contention hook sees it. */
export interface SharingJob {
  readonly id: string;
  readonly placement: PlacementShape;
}

/** How jobs that share spines slow each other: factors (0, 1] on the speed of the jobs, by id; absent = 1. */
export interface ContentionModel {
  factors(running: readonly SharingJob[]): ReadonlyMap<string, number>;
}

/**
 * Jobs that cross leaves share the uplinks of each leaf: a leaf of n nodes with oversubscription s carries n/s nodes' worth of
 * traffic; when the jobs that cross it have more nodes there than that, each gets its share. A job runs at its slowest leaf,
 * for the fraction `networkShare` of its time that is communication across leaves.
 */
export function uplinkContention(
  leafOf: readonly number[],
  oversubscription: number,
  networkShare = 0.3,
): ContentionModel {
  const nodesOfLeaf = new Map<number, number>();
  for (const leaf of leafOf) nodesOfLeaf.set(leaf, (nodesOfLeaf.get(leaf) ?? 0) + 1);
  return {
    factors(running) {
      const crossing = running.filter((job) => job.placement.leaves > 1);
      const demand = new Map<number, number>();
      const leavesOf = (job: SharingJob): number[] => (job.placement.nodeList ?? []).map((node) => leafOf[node] ?? 0);
      for (const job of crossing) for (const leaf of leavesOf(job)) demand.set(leaf, (demand.get(leaf) ?? 0) + 1);
      const result = new Map<string, number>();
      for (const job of crossing) {
        let slowest = 1;
        for (const leaf of leavesOf(job)) {
          const supply = (nodesOfLeaf.get(leaf) ?? 1) / oversubscription;
          slowest = Math.min(slowest, supply / (demand.get(leaf) ?? 1));
        }
        if (slowest < 1) result.set(job.id, 1 / (1 - networkShare + networkShare / slowest));
      }
      return result;
    },
  };
}
