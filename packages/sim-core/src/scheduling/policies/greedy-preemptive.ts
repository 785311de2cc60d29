import type { AllocationTrial, ClusterView, Decision, JobView } from '../policy.js';

/**
 * Gives GPUs to waiting and running jobs alike in the order of `keyOf` (ties by rank), skipping what does not fit; running
 * jobs that get none are preempted, those within the minimum run time are served first. `keyOf` of a waiting job must be its
 * queue key. Costs O(running x log running + starts x log queue).
 */
export function greedyPreemptive(view: ClusterView, keyOf: (job: JobView) => number): Decision[] {
  const running = [...view.running].map((job) => ({
    job,
    key: isProtected(view, job) ? Number.NEGATIVE_INFINITY : keyOf(job),
  }));
  running.sort((a, b) => a.key - b.key || a.job.rank - b.job.rank);
  let free = view.freeGpus;
  for (const { job } of running) free += job.heldGpus;
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
    if (job.heldGpus <= free) free -= job.heldGpus;
    else outgoing.push(job);
  }
  startBefore(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  return swap(view, outgoing, incoming);
}

/** Whether the job has not yet run for the minimum time. */
export function isProtected(view: ClusterView, job: JobView): boolean {
  return view.minimumRunSeconds > 0 && view.timeSeconds - job.startSeconds < view.minimumRunSeconds;
}

/**
 * Preempts the outgoing jobs and starts the incoming ones. When a scope keeps an incoming job out, preemptions that served
 * nobody are taken back.
 */
function swap(view: ClusterView, outgoing: readonly JobView[], incoming: readonly JobView[]): Decision[] {
  const started = placeable(view.trial(), outgoing, incoming);
  let preempted = [...outgoing];
  if (started.length < incoming.length) {
    for (const job of outgoing) {
      const without = preempted.filter((other) => other !== job);
      if (placeable(view.trial(), without, started).length === started.length) preempted = without;
    }
  }
  return [
    ...preempted.map((job): Decision => ({ kind: 'preempt', job: job.id })),
    ...started.map((job): Decision => ({ kind: 'start', job: job.id })),
  ];
}

function placeable(trial: AllocationTrial, released: readonly JobView[], wanted: readonly JobView[]): JobView[] {
  for (const job of released) trial.release(job);
  return wanted.filter((job) => trial.take(job));
}
