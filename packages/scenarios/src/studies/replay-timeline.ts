import { type StepOptions, type StepTimeline, stepTimeline } from '@regatta/sim-core';
import type { Resolution } from '../schema/resolve-scenario.js';
import { perturbationOf } from '../schema/to-core.js';
import { type ScalingRequest, scalingPoints } from './scaling-points.js';

/** The step of one GPU count in time. */
export interface ReplayTimeline {
  readonly gpus: number;
  readonly timeline: StepTimeline;
}

/** What every class of ranks did when, at the largest GPU count of a replay. @throws InputError as `scalingPoints` does. */
export function replayTimeline(
  resolution: Resolution,
  request: ScalingRequest,
  options: StepOptions = {},
): ReplayTimeline {
  const largest = scalingPoints(resolution, request).points.at(-1);
  if (!largest) throw new Error('replayTimeline: no GPU count');
  const { job, cluster, gpus } = largest;
  return { gpus, timeline: stepTimeline(job, cluster, perturbationOf(resolution.scenario), options) };
}
