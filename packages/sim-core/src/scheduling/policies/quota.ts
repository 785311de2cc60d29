import type { Tenant } from '../job-spec.js';
import type { ClusterView, JobView, SchedulingPolicy } from '../policy.js';
import { isProtected } from './greedy-preemptive.js';
import { PreemptionPlan } from './preemption-plan.js';
import { victimsFor } from './victims.js';
import { WaitingLine } from './waiting-line.js';

/**
 * Quotas by tenant with borrowing and reclaim. A tenant's running guaranteed jobs count against its quota in order of start;
 * what is beyond it, and every job that is not guaranteed, is borrowed. A waiting guaranteed job whose tenant has quota left
 * starts, reclaiming borrowed GPUs (latest started first) if it must; what is then free is lent in queue order, up to each
 * tenant's borrowing limit.
 */
export const quota: SchedulingPolicy = {
  name: 'quota',
  reasonsIn: 'nodes',
  perTenant: true,
  claims: { quota: true },
  decide(view) {
    const trial = view.trial();
    const plan = new PreemptionPlan();
    const { owned, borrowed } = splitByQuota(view);
    const held = new Map(view.tenants.map(({ name }) => [name, view.heldBy(name)]));
    const add = (job: JobView, gpus: number): void => {
      held.set(job.tenant, (held.get(job.tenant) ?? 0) + gpus);
    };
    const limits = new Map(view.tenants.map((tenant) => [tenant.name, limitOf(tenant)]));
    const line = new WaitingLine(view, () => 0);
    let lent = borrowed
      .filter((job) => !isProtected(view, job))
      .sort((a, b) => b.startSeconds - a.startSeconds || b.rank - a.rank);
    const started = new Set<JobView>();
    const serve = ({ name, quotaGpus = 0 }: Tenant): boolean => {
      const before = started.size;
      for (const job of view.queueOf(name)) {
        const used = owned.get(name) ?? 0;
        if (used >= quotaGpus) break;
        if (started.has(job) || job.spec.guaranteed === false || used + job.gpus > quotaGpus) continue;
        if ((held.get(name) ?? 0) + job.gpus > (limits.get(name) ?? 0)) continue;
        const victims = trial.fits(job) ? [] : victimsFor(job, lent, trial);
        if (victims === undefined) continue;
        for (const victim of victims) {
          plan.preempt(victim, job);
          line.add(victim);
          add(victim, -victim.heldGpus);
        }
        lent = lent.filter((other) => !victims.includes(other));
        trial.take(job);
        owned.set(name, used + job.gpus);
        add(job, job.gpus);
        started.add(job);
        plan.start(job);
      }
      return started.size > before;
    };
    // What one tenant reclaims may bring another below its borrowing limit.
    while (view.tenants.filter(serve).length > 0);
    let job = line.next({ maxGpus: trial.freeGpus });
    for (; job !== undefined; job = line.next({ maxGpus: trial.freeGpus })) {
      if (started.has(job)) continue;
      const limit = limits.get(job.tenant) ?? Number.POSITIVE_INFINITY;
      if ((held.get(job.tenant) ?? 0) + job.gpus > limit || !trial.take(job)) continue;
      add(job, job.gpus);
      plan.start(job);
    }
    return plan.decisions(view);
  },
};

/** Most GPUs that a tenant may hold, borrowed ones included. */
function limitOf({ quotaGpus = 0, borrowLimitGpus = Number.POSITIVE_INFINITY }: Tenant): number {
  return quotaGpus + borrowLimitGpus;
}

/** GPUs of each tenant's running jobs that are within its quota, and the jobs that are beyond. */
function splitByQuota(view: ClusterView): { owned: Map<string, number>; borrowed: JobView[] } {
  const quotas = new Map(view.tenants.map(({ name, quotaGpus = 0 }) => [name, quotaGpus]));
  const owned = new Map<string, number>();
  const borrowed: JobView[] = [];
  const running = [...view.running].sort((a, b) => a.startSeconds - b.startSeconds || a.rank - b.rank);
  for (const job of running) {
    const used = owned.get(job.tenant) ?? 0;
    const within = job.spec.guaranteed !== false && used + job.heldGpus <= (quotas.get(job.tenant) ?? 0);
    if (within) owned.set(job.tenant, used + job.heldGpus);
    else borrowed.push(job);
  }
  return { owned, borrowed };
}
