import type { ClusterView, Decision, JobView } from '../policy.js';
import { PreemptionPlan } from './preemption-plan.js';
import { victimsFor } from './victims.js';
import { WaitingLine } from './waiting-line.js';

type Keyed = { readonly job: JobView; readonly key: number };

/**
 * Gives GPUs to waiting and running jobs alike in the order of `keyOf` (ties by rank), skipping what does not fit; running
 * jobs that get none are preempted, those within the minimum run time are served first. `keyOf` of a waiting job must be its
 * queue key, `returnKeyOf` is the key under which a running job would stand if preempted now. Costs O(running x log running + starts x log queue).
 */
export function greedyPreemptive(
  view: ClusterView,
  keyOf: (job: JobView) => number,
  returnKeyOf: (job: JobView) => number = keyOf,
): Decision[] {
  // Nobody waits: everyone stays.
  if (view.queue.size === 0) return [];
  const running: Keyed[] = [...view.running].map((job) => ({
    job,
    key: isProtected(view, job) ? Number.NEGATIVE_INFINITY : keyOf(job),
  }));
  running.sort((a, b) => a.key - b.key || a.job.rank - b.job.rank);
  if (view.scoped) return preemptForScope(view, running, returnKeyOf);
  const { free: openGpus, openOf } = releaseAll(view);
  let free = openGpus;
  const outgoing: JobView[] = [];
  const incoming: JobView[] = [];
  let waiting = view.queue.first({ maxGpus: free });
  const startBefore = (key: number, rank: number): void => {
    while (waiting !== undefined && (waiting.queueKey < key || (waiting.queueKey === key && waiting.rank < rank))) {
      if (waiting.gpus <= free) {
        incoming.push(waiting);
        free -= waiting.gpus;
      }
      waiting = view.queue.next(waiting, { maxGpus: free });
    }
  };
  for (const { job, key } of running) {
    startBefore(key, job.rank);
    const open = openOf(job);
    if (open <= free) free -= open;
    else outgoing.push(job);
  }
  startBefore(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  return decisionsOf(outgoing, incoming);
}

/** GPUs that would be free if nothing ran, and how many of them each running job holds: a draining node's come back to nobody. */
export function releaseAll(view: ClusterView): { free: number; openOf: (job: JobView) => number } {
  let held = 0;
  for (const job of view.running) held += job.heldGpus;
  if (view.freeGpus + held === view.capacityGpus) return { free: view.capacityGpus, openOf: (job) => job.heldGpus };
  const trial = view.trial();
  const open = new Map<JobView, number>();
  for (const job of view.running) {
    const before = trial.freeGpus;
    trial.release(job);
    open.set(job, trial.freeGpus - before);
  }
  return { free: trial.freeGpus, openOf: (job) => open.get(job) ?? 0 };
}

/** Whether the job has not yet run for the minimum time. */
export function isProtected(view: ClusterView, job: JobView): boolean {
  return view.minimumRunSeconds > 0 && view.timeSeconds - job.startSeconds < view.minimumRunSeconds;
}

/**
 * The same where counts do not say whether a job fits: a waiting job that does not preempts running jobs behind it in the
 * order, the last first, if that makes room for it under the placement rule, and is skipped otherwise.
 */
function preemptForScope(
  view: ClusterView,
  running: readonly Keyed[],
  returnKeyOf: (job: JobView) => number,
): Decision[] {
  const trial = view.trial();
  const plan = new PreemptionPlan();
  const line = new WaitingLine(view, returnKeyOf);
  let lower = [...running].reverse();
  for (let job = line.next(); job !== undefined; job = line.next()) {
    const waiting = job;
    const own = waiting.heldGpus > 0 ? returnKeyOf(waiting) : waiting.queueKey;
    if (!trial.fits(waiting)) {
      const behind = lower.filter(({ job: other, key }) => key > own || (key === own && other.rank > waiting.rank));
      const victims = victimsFor(
        waiting,
        behind.map((other) => other.job),
        trial,
      );
      if (victims === undefined) continue;
      lower = lower.filter((other) => !victims.includes(other.job));
      for (const victim of victims) {
        plan.preempt(victim, waiting);
        line.add(victim);
      }
    }
    trial.take(waiting);
    plan.start(waiting);
  }
  return plan.decisions(view);
}

function decisionsOf(preempted: readonly JobView[], started: readonly JobView[]): Decision[] {
  return [
    ...preempted.map((job): Decision => ({ kind: 'preempt', job: job.id })),
    ...started.map((job): Decision => ({ kind: 'start', job: job.id })),
  ];
}
