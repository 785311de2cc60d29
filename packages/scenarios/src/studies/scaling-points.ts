import type { Cluster, Job } from '@regatta/sim-core';
import { InputError, type InputIssue } from '../schema/input-error.js';
import { jobProblems } from '../schema/job-problems.js';
import type { Resolution } from '../schema/resolve-scenario.js';
import { clusterOf, jobOf } from '../schema/to-core.js';
import { perturbationProblems } from './perturbation-problems.js';

export type ScalingMode = 'weak' | 'strong';

export interface ScalingRequest {
  /** GPU counts; empty: the one that the scenario itself asks for. */
  readonly gpus: readonly number[];
  readonly scaling: ScalingMode;
  /** GPU count that the others are compared with; absent: the smallest. */
  readonly baseline?: number;
}

/** One job and cluster of a scaling study. */
export interface ScalingPointInput {
  readonly gpus: number;
  readonly job: Job;
  readonly cluster: Cluster;
}

export interface ScalingPoints {
  readonly baselineGpus: number;
  /** In ascending order; the baseline is among them. */
  readonly points: readonly ScalingPointInput[];
  readonly warnings: readonly string[];
}

/** GPU count that a scenario asks for by itself: its data-parallel size, what its launch names, or all of its cluster. */
function ownGpus({ scenario, gpus }: Resolution): number {
  const { tensor, pipeline, context, data } = scenario.job.parallel;
  const whole = tensor * pipeline * context;
  return data === 'auto' ? (gpus ?? scenario.cluster.nodes * scenario.cluster.gpusPerNode) : whole * data;
}

/**
 * Lays a scenario over each GPU count: the data-parallel size follows, the cluster grows or shrinks, in weak scaling the global
 * batch grows with the GPUs (contract: flags).
 * @throws InputError when one of the counts cannot run; every mistake of every count is listed.
 */
export function scalingPoints(resolution: Resolution, request: ScalingRequest): ScalingPoints {
  const { scenario } = resolution;
  const issues: InputIssue[] = [];
  const warnings: string[] = [];
  const issue = (path: string, message: string, expected: string, at = path): void => {
    issues.push({ code: 'scaling', ...resolution.locate(at.split('.')), path, message, expected, received: '' });
  };
  const counts = [...new Set(request.gpus.length > 0 ? request.gpus : [ownGpus(resolution)])].sort((a, b) => a - b);
  const baselineGpus = request.baseline ?? counts[0] ?? 1;
  if (!counts.includes(baselineGpus)) counts.unshift(baselineGpus);
  counts.sort((a, b) => a - b);
  const { tensor, pipeline, context, data: fixed } = scenario.job.parallel;
  const whole = tensor * pipeline * context;
  const { gpusPerNode } = scenario.cluster;
  const available = scenario.cluster.nodes * gpusPerNode;
  const points: ScalingPointInput[] = [];
  for (const gpus of counts) {
    const before = issues.length;
    if (gpus % whole !== 0) {
      issue(
        '--gpus',
        `${gpus} GPUs are not a multiple of tensor x pipeline x context = ${tensor} x ${pipeline} x ${context}`,
        `a multiple of ${whole}`,
        'job.parallel',
      );
    } else if (fixed !== 'auto' && fixed * whole !== gpus) {
      issue(
        'job.parallel.data',
        `data ${fixed} needs ${fixed * whole} GPUs, not ${gpus}`,
        'auto, or the data-parallel size of the GPU count',
      );
    }
    if (gpus > available && resolution.nodesFixed) {
      issue(
        'cluster.nodes',
        `${gpus} GPUs do not fit ${scenario.cluster.nodes} nodes of ${gpusPerNode}`,
        `at most ${available} GPUs`,
      );
    } else if (gpus > available && !resolution.usualCluster) {
      warnings.push(
        `the cluster${resolution.clusterName === undefined ? '' : ` ${resolution.clusterName}`} is grown from ${available} to ${gpus} GPUs`,
      );
    }
    const globalBatch =
      request.scaling === 'weak' ? (scenario.job.globalBatch * gpus) / baselineGpus : scenario.job.globalBatch;
    if (!Number.isInteger(globalBatch)) {
      issue(
        'job.globalBatch',
        `weak scaling from ${baselineGpus} to ${gpus} GPUs gives a global batch of ${globalBatch}`,
        'a whole number',
      );
    }
    if (issues.length > before) continue;
    const job = jobOf(scenario, gpus / whole, globalBatch);
    for (const problem of jobProblems(job)) {
      const text = counts.length > 1 ? `${problem.message} (at ${gpus} GPUs)` : problem.message;
      if (!issues.some((known) => known.path === problem.path && known.message === text))
        issue(problem.path, text, problem.expected);
    }
    const cluster = clusterOf(scenario, Math.ceil(gpus / gpusPerNode));
    // What a smaller point has not, it is not perturbed by.
    if (gpus === counts.at(-1))
      for (const { path, message, expected } of perturbationProblems(scenario, cluster, gpus))
        issue(path, message, expected);
    points.push({ gpus, job, cluster });
  }
  if (issues.length > 0) throw new InputError(issues);
  return { baselineGpus, points, warnings };
}
