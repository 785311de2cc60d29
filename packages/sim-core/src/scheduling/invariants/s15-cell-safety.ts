import type { ClusterShape } from '../cluster-shape.js';
import type { Tenant } from '../job-spec.js';
import { tenantOf } from '../job-spec.js';
import { hasConstantSpeed, isCostless } from './conditions.js';
import { type CheckedRun, type Invariant, slack } from './invariant.js';

/** S15: a guaranteed job starts no later in the shared cluster than in a private one of its tenant's own nodes (HiveD). */
export const cellSafety: Invariant = {
  id: 'S15',
  title: 'HiveD safety',
  applies: (run) =>
    run.input.policy.claims?.cells === true &&
    run.input.cluster.model === 'nodes' &&
    run.input.cluster.spares === 0 &&
    (run.input.terms?.minimumRunSeconds ?? 0) === 0 &&
    hasConstantSpeed(run) &&
    isCostless(run),
  check(run) {
    const shared = new Map(run.outcome.jobs.map((job) => [job.spec.id, job.startSeconds]));
    for (const tenant of run.input.tenants ?? []) {
      if ((tenant.nodes ?? []).length === 0) continue;
      for (const { spec, startSeconds } of privateRun(run, tenant)) {
        const start = shared.get(spec.id) ?? Number.NaN;
        if (Number.isNaN(startSeconds) || start <= startSeconds + slack(startSeconds)) continue;
        const message = `job ${spec.id} starts at ${startSeconds} s in a private cluster of tenant ${tenant.name}, at ${start} s in the shared one`;
        return [{ invariant: 'S15', timeSeconds: startSeconds, job: spec.id, message }];
      }
    }
    return [];
  },
};

function privateRun(run: CheckedRun, tenant: Tenant): ReturnType<CheckedRun['rerun']>['jobs'] {
  const nodes = [...(tenant.nodes ?? [])].sort((a, b) => a - b);
  const { cluster, jobs, nodeEvents = [] } = run.input;
  const pick = (of: readonly number[]): number[] => nodes.map((node) => of[node] ?? 0);
  const shape: ClusterShape = {
    model: 'nodes',
    nodeGpus: pick(cluster.nodeGpus),
    leafOf: pick(cluster.leafOf),
    podOf: pick(cluster.podOf),
    spares: 0,
  };
  const own = jobs.filter((job) => tenantOf(job) === tenant.name && job.guaranteed !== false);
  const events = nodeEvents.flatMap((event) => {
    const node = nodes.indexOf(event.node);
    return node < 0 ? [] : [{ ...event, node }];
  });
  const tenants = [{ ...tenant, nodes: nodes.map((_, index) => index) }];
  return run.rerun({ cluster: shape, jobs: own, nodeEvents: events, tenants }).jobs;
}
