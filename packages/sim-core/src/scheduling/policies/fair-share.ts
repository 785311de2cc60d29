import type { ClusterView, SchedulingPolicy } from '../policy.js';
import { serveTenants } from './serve-tenants.js';

/** What the policy remembers: decayed GPU-seconds by tenant up to an instant, and what each held from then on. */
interface UsageMemo {
  readonly atSeconds: number;
  readonly usage: ReadonlyMap<string, number>;
  readonly held: ReadonlyMap<string, number>;
}

/**
 * Weighted fair share of the past (as Slurm's multifactor fair share): the next job is one of the tenant with the least
 * decayed GPU-seconds over its weight. Not preemptive; a tenant's jobs that do not fit are skipped.
 * @param halfLifeSeconds Time in which past use counts half (default a week).
 */
export function fairShare(halfLifeSeconds = 604_800): SchedulingPolicy {
  const rate = Math.LN2 / halfLifeSeconds;
  return {
    name: 'fair',
    reasonsIn: 'nodes',
    perTenant: true,
    claims: { workConserving: true, scaleFree: false },
    decide(view) {
      const usage = usageNow(view, rate);
      const held = new Map(view.tenants.map(({ name }) => [name, view.heldBy(name)]));
      // What a tenant starts now counts at once, or one tenant would take all that is free at this instant.
      const decisions = serveTenants(
        view,
        ({ name, weight = 1 }) => ((usage.get(name) ?? 0) + (held.get(name) ?? 0) / rate) / weight,
        (job) => held.set(job.tenant, (held.get(job.tenant) ?? 0) + job.gpus),
      );
      const memo: UsageMemo = { atSeconds: view.timeSeconds, usage, held };
      return [...decisions, { kind: 'remember', memo }];
    },
  };
}

/** Usage decayed to now: held GPUs h over a span t add h (1 - exp(-rate t)) / rate. */
function usageNow(view: ClusterView, rate: number): Map<string, number> {
  const memo = isUsageMemo(view.memo) ? view.memo : undefined;
  const usage = new Map<string, number>();
  if (memo === undefined) return usage;
  const decay = Math.exp(-rate * (view.timeSeconds - memo.atSeconds));
  for (const { name } of view.tenants) {
    usage.set(name, (memo.usage.get(name) ?? 0) * decay + ((memo.held.get(name) ?? 0) * (1 - decay)) / rate);
  }
  return usage;
}

function isUsageMemo(memo: unknown): memo is UsageMemo {
  return typeof memo === 'object' && memo !== null && 'usage' in memo && 'held' in memo && 'atSeconds' in memo;
}
