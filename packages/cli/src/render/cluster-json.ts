import type { ClusterRequest } from '../commands/cluster-request.js';
import type { ClusterTaskResult } from '../workers/cluster-task.js';

/** A row that is no job, or a job that the cluster can never run. */
export interface RejectedJob {
  readonly line: number | null;
  readonly job?: string;
  readonly reason: string;
}

/**
 * What `cluster --json` prints (docs/scheduling.md). `summary` and `jobs` are those of the first policy; `results` has them for
 * every policy when there are several.
 */
export function clusterJson(
  request: ClusterRequest,
  result: ClusterTaskResult,
  rejected: readonly RejectedJob[],
): unknown {
  const { study, violations } = result;
  const { cluster, jobs } = request.task.input;
  const [first] = study.results;
  return {
    schemaVersion: 1,
    command: 'cluster',
    trace: { file: request.file, format: request.trace.format, jobs: jobs.length, leftOut: request.leftOut },
    cluster: {
      model: cluster.model,
      nodes: cluster.model === 'pool' ? 0 : cluster.nodeGpus.length,
      gpus: cluster.nodeGpus.reduce((sum, gpus) => sum + gpus, 0),
      spares: cluster.spares,
    },
    placement: request.task.placement,
    seed: request.task.seed,
    ...first,
    ...(study.results.length > 1 ? { results: study.results, differences: study.differences } : {}),
    rejected,
    warnings: request.warnings,
    violations,
  };
}
