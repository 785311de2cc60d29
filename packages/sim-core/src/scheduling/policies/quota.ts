import type { ClusterView, Decision, JobView, SchedulingPolicy } from '../policy.js';
import { isProtected } from './greedy-preemptive.js';
import { victimsFor } from './victims.js';

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
    const decisions: Decision[] = [];
    const trial = view.trial();
    const { owned, borrowed } = splitByQuota(view);
    const held = new Map(view.tenants.map(({ name }) => [name, view.heldBy(name)]));
    const started = new Set<string>();
    const begin = (job: JobView): void => {
      started.add(job.id);
      decisions.push({ kind: 'start', job: job.id });
      held.set(job.tenant, (held.get(job.tenant) ?? 0) + job.gpus);
    };
    let lent = borrowed
      .filter((job) => !isProtected(view, job))
      .sort((a, b) => b.startSeconds - a.startSeconds || b.rank - a.rank);
    for (const { name, quotaGpus = 0 } of view.tenants) {
      for (const job of view.queueOf(name)) {
        if (job.spec.guaranteed === false) continue;
        const used = owned.get(name) ?? 0;
        if (used + job.gpus > quotaGpus) break;
        const victims = trial.fits(job) ? [] : victimsFor(job, lent, trial);
        if (victims === undefined) break;
        for (const victim of victims) {
          decisions.push({ kind: 'preempt', job: victim.id, for: job.id });
          held.set(victim.tenant, (held.get(victim.tenant) ?? 0) - victim.heldGpus);
        }
        lent = lent.filter((other) => !victims.includes(other));
        trial.take(job);
        owned.set(name, used + job.gpus);
        begin(job);
      }
    }
    const limits = new Map(
      view.tenants.map(({ name, quotaGpus = 0, borrowLimitGpus = Number.POSITIVE_INFINITY }) => [
        name,
        quotaGpus + borrowLimitGpus,
      ]),
    );
    let job = view.queue.first({ maxGpus: trial.freeGpus });
    for (; job !== undefined; job = view.queue.next(job, { maxGpus: trial.freeGpus })) {
      if (started.has(job.id)) continue;
      const limit = limits.get(job.tenant) ?? Number.POSITIVE_INFINITY;
      if ((held.get(job.tenant) ?? 0) + job.gpus > limit || !trial.take(job)) continue;
      begin(job);
    }
    return decisions;
  },
};

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
