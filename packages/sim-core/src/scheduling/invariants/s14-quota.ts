import type { Tenant } from '../job-spec.js';
import { tenantOf } from '../job-spec.js';
import { isScoped } from './conditions.js';
import type { CheckedRun, Invariant, Violation } from './invariant.js';
import { LogReplay } from './log-replay.js';

/**
 * S14: no tenant holds more than its quota and what it may borrow, and the first waiting guaranteed job of a tenant that has
 * quota left has started by the end of the pass (asked while all quotas together fit what is up, and nobody is protected).
 */
export const quotaKept: Invariant = {
  id: 'S14',
  title: 'quota',
  applies: (run) => run.input.policy.claims?.quota === true,
  check(run) {
    const tenants = run.input.tenants ?? [];
    const promised = tenants.reduce((sum, tenant) => sum + (tenant.quotaGpus ?? 0), 0);
    const replay = new LogReplay(run);
    while (replay.stepInstant().length > 0) {
      for (const tenant of tenants) {
        const over = overLimit(replay, tenant);
        if (over !== undefined) return [over];
        if (promised > replay.gpusIn('up') || (run.input.terms?.minimumRunSeconds ?? 0) > 0) continue;
        const denied = deniedJob(run, replay, tenant);
        if (denied !== undefined) return [denied];
      }
    }
    return [];
  },
};

function heldBy(replay: LogReplay, tenant: Tenant): number {
  return replay.running().reduce((sum, job) => sum + (tenantOf(job.spec) === tenant.name ? job.gpus : 0), 0);
}

function overLimit(replay: LogReplay, tenant: Tenant): Violation | undefined {
  const limit = (tenant.quotaGpus ?? 0) + (tenant.borrowLimitGpus ?? Number.POSITIVE_INFINITY);
  const held = heldBy(replay, tenant);
  if (held <= limit) return undefined;
  const message = `tenant ${tenant.name} holds ${held} GPUs, its quota and borrowing limit are ${limit}`;
  return { invariant: 'S14', timeSeconds: replay.timeSeconds, message };
}

function deniedJob(run: CheckedRun, replay: LogReplay, tenant: Tenant): Violation | undefined {
  const first = replay.queued().find((job) => tenantOf(job.spec) === tenant.name && job.spec.guaranteed !== false);
  if (first === undefined || isScoped(run, first.spec)) return undefined;
  const held = heldBy(replay, tenant);
  if (held + first.spec.gpus > (tenant.quotaGpus ?? 0)) return undefined;
  const { id, gpus } = first.spec;
  const message = `job ${id} needs ${gpus} GPUs and waits, tenant ${tenant.name} holds ${held} of its quota of ${tenant.quotaGpus}`;
  return { invariant: 'S14', timeSeconds: replay.timeSeconds, job: id, message };
}
