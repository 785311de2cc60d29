import type { Tenant } from '../job-spec.js';
import type { ClusterView, Decision, JobView } from '../policy.js';

/**
 * Starts jobs one by one, each of the tenant with the smallest `shareOf` (ties by name) among those that have a job which
 * fits; `onStart` tells the caller, whose shares then change.
 */
export function serveTenants(
  view: ClusterView,
  shareOf: (tenant: Tenant) => number,
  onStart: (job: JobView) => void,
): Decision[] {
  const decisions: Decision[] = [];
  const trial = view.trial();
  const next = new Map<Tenant, JobView | undefined>();
  for (const tenant of view.tenants) next.set(tenant, view.queueOf(tenant.name).first({ maxGpus: trial.freeGpus }));
  while (trial.freeGpus > 0) {
    let poorest: Tenant | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [tenant, job] of next) {
      if (job === undefined) continue;
      const share = shareOf(tenant);
      if (poorest === undefined || share < least) {
        poorest = tenant;
        least = share;
      }
    }
    const job = poorest === undefined ? undefined : next.get(poorest);
    if (poorest === undefined || job === undefined) break;
    if (job.gpus <= trial.freeGpus && trial.take(job)) {
      decisions.push({ kind: 'start', job: job.id });
      onStart(job);
    }
    next.set(poorest, view.queueOf(poorest.name).next(job, { maxGpus: trial.freeGpus }));
  }
  return decisions;
}
