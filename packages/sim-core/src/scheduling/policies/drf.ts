import type { ClusterView, JobView, SchedulingPolicy } from '../policy.js';
import { serveTenants } from './serve-tenants.js';

/** What a cluster has beside GPUs, when dominant shares are to count it. */
export interface ResourceTotals {
  readonly cpus?: number;
  readonly memoryBytes?: number;
}

interface Usage {
  gpus: number;
  cpus: number;
  memoryBytes: number;
}

/**
 * Dominant resource fairness (Ghodsi et al., NSDI 2011, algorithm 1): the next job is one of the tenant whose largest share of
 * any resource, over its weight, is smallest. Not preemptive; a tenant's jobs that do not fit are skipped.
 */
export function drf(totals: ResourceTotals = {}): SchedulingPolicy {
  return {
    name: 'drf',
    reasonsIn: 'nodes',
    perTenant: true,
    claims: { workConserving: true },
    decide(view) {
      const usage = new Map<string, Usage>();
      const add = (job: JobView, gpus: number): void => {
        const used = usage.get(job.tenant) ?? { gpus: 0, cpus: 0, memoryBytes: 0 };
        used.gpus += gpus;
        used.cpus += job.spec.cpus ?? 0;
        used.memoryBytes += job.spec.memoryBytes ?? 0;
        usage.set(job.tenant, used);
      };
      for (const job of view.running) add(job, job.heldGpus);
      return serveTenants(
        view,
        (tenant) => dominantShare(usage.get(tenant.name), view, totals) / (tenant.weight ?? 1),
        (job) => add(job, job.gpus),
      );
    },
  };
}

function dominantShare(used: Usage | undefined, view: ClusterView, totals: ResourceTotals): number {
  if (used === undefined) return 0;
  return Math.max(
    used.gpus / Math.max(1, view.capacityGpus),
    used.cpus / (totals.cpus ?? Number.POSITIVE_INFINITY),
    used.memoryBytes / (totals.memoryBytes ?? Number.POSITIVE_INFINITY),
  );
}
