import { type Decision, fifo, firstFit, type JobView } from '@regatta/sim-core';
import type { Mutant } from './mutant.js';

const importance = (job: JobView): number => job.spec.priority ?? 0;

/** Policies that treat tenants or running jobs wrongly. */
export const shareMutants: readonly Mutant[] = [
  {
    expected: 'S4',
    why: 'loses a preempted job: throws it away instead of letting it wait',
    policy: {
      name: 'job-loser',
      reasonsIn: 'pool',
      decide(view) {
        const decisions: Decision[] = [];
        const job = view.queue.first();
        if (job === undefined) return [];
        if (view.trial().take(job)) return [{ kind: 'start', job: job.id }];
        const victim = [...view.running].find((other) => importance(other) < importance(job));
        if (victim !== undefined) {
          decisions.push({ kind: 'preempt', job: victim.id }, { kind: 'reject', job: victim.id, reason: 'preempted' });
        }
        return decisions;
      },
    },
  },
  {
    expected: 'S8',
    why: 'preempts without regard to the minimum run time',
    policy: {
      name: 'impatient',
      reasonsIn: 'pool',
      queueKey: (job) => -importance(job),
      decide(view) {
        const job = view.queue.first();
        if (job === undefined) return [];
        if (view.trial().take(job)) return [{ kind: 'start', job: job.id }];
        const victim = [...view.running].find((other) => importance(other) < importance(job));
        return victim === undefined ? [] : [{ kind: 'preempt', job: victim.id }];
      },
    },
  },
  {
    expected: 'S14',
    why: 'ignores quotas: first come, first served',
    policy: { ...fifo, name: 'quota-blind', claims: { quota: true } },
  },
  {
    expected: 'S14',
    why: 'ignores borrowing limits and never reclaims',
    policy: { ...firstFit, name: 'lender', claims: { quota: true } },
  },
  {
    expected: 'S15',
    why: 'lets opportunistic jobs keep the cells of others',
    policy: { ...firstFit, name: 'cell-squatter', requiresNodes: true, claims: { cells: true } },
  },
];
