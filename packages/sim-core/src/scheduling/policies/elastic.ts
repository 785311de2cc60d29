import type { ClusterView, Decision, JobView, SchedulingPolicy } from '../policy.js';
import { releaseAll } from './greedy-preemptive.js';

interface Share {
  readonly job: JobView;
  readonly sizes: readonly number[];
  /** Index into `sizes`. */
  step: number;
}

/**
 * Elastic allocation by marginal speedup (as Pollux, OSDI 2021, and Sia, SOSP 2023, with the jobs' own scaling curves instead of
 * a fitted goodput model): jobs start in queue order on the least GPUs that they can run on, and what is left goes, step by
 * step, where a GPU adds most to the job's speed relative to its least. Jobs shrink, never below their least, for those that
 * wait. Sizes are those that keep the global batch. Rigid jobs keep their size; so do jobs with a scope.
 */
export const elastic: SchedulingPolicy = {
  name: 'elastic',
  reasonsIn: 'pool',
  elastic: true,
  decide(view) {
    const { free: openGpus, openOf } = releaseAll(view);
    let free = openGpus;
    const shares: Share[] = [];
    for (const job of view.running) {
      const open = openOf(job);
      // A job that sits on a draining node keeps what it has.
      const share = open < job.heldGpus ? { job, sizes: [job.heldGpus], step: 0 } : shareOf(view, job);
      free -= Math.min(open, sizeOf(share));
      shares.push(share);
    }
    const incoming: Share[] = [];
    const trial = view.trial();
    let exact = true;
    let hidden = false;
    for (let job = view.queue.first(); job !== undefined; job = view.queue.next(job)) {
      const share = shareOf(view, job);
      if (sizeOf(share) > free) break;
      // What shrinking will free is not on the trial: behind a job that needs it, a scope is tried in another pass.
      const placed: boolean = exact && trial.take(job, sizeOf(share));
      if (!placed && isScoped(job)) {
        hidden = !exact;
        break;
      }
      exact = placed;
      free -= sizeOf(share);
      incoming.push(share);
    }
    grow(view, [...shares, ...incoming], free);
    const shrinking = shares.filter((share) => sizeOf(share) < share.job.heldGpus);
    const growing = shares.filter((share) => sizeOf(share) > share.job.heldGpus);
    const resize = (share: Share): Decision => ({ kind: 'resize', job: share.job.id, gpus: sizeOf(share) });
    // Where scopes matter, jobs start at the size that was tried for them, in that order, and then grow.
    const grownLater = view.scoped ? incoming.filter((share) => share.step > 0) : [];
    return [
      ...shrinking.map(resize),
      ...incoming.map((share): Decision => {
        const gpus = view.scoped ? (share.sizes[0] ?? share.job.gpus) : sizeOf(share);
        return { kind: 'start', job: share.job.id, gpus };
      }),
      ...grownLater.map(resize),
      ...growing.map(resize),
      ...(hidden ? [{ kind: 'again' } as const] : []),
    ];
  },
};

function shareOf(view: ClusterView, job: JobView): Share {
  return { job, sizes: isScoped(job) ? [job.gpus] : view.sizesOf(job), step: 0 };
}

function isScoped(job: JobView): boolean {
  return (job.spec.within ?? 'any') !== 'any' && job.spec.spill !== true;
}

function sizeOf(share: Share): number {
  return share.sizes[share.step] ?? share.job.gpus;
}

/** Hands out the free GPUs, each time to the job whose next step adds the most relative speed for each GPU; ties by rank. */
function grow(view: ClusterView, shares: readonly Share[], freeGpus: number): void {
  let free = freeGpus;
  const gains = shares.map((share) => gainOf(view, share));
  for (;;) {
    let best = -1;
    for (let i = 0; i < shares.length; i++) {
      const share = shares[i];
      const gain = gains[i] ?? 0;
      if (share === undefined || gain <= 0 || stepGpus(share) > free) continue;
      const leader = shares[best];
      const leading = gains[best] ?? 0;
      if (leader === undefined || gain > leading || (gain === leading && share.job.rank < leader.job.rank)) best = i;
    }
    const chosen = shares[best];
    if (chosen === undefined) return;
    free -= stepGpus(chosen);
    chosen.step++;
    gains[best] = gainOf(view, chosen);
  }
}

/** GPUs that the next step takes; Infinity at the largest size. */
function stepGpus(share: Share): number {
  const next = share.sizes[share.step + 1];
  return next === undefined ? Number.POSITIVE_INFINITY : next - sizeOf(share);
}

/** Speed that each GPU of the next step adds, relative to the speed at the least size; 0 at the largest size. */
function gainOf(view: ClusterView, share: Share): number {
  const next = share.sizes[share.step + 1];
  if (next === undefined) return 0;
  const least = view.speedAt(share.job, share.sizes[0] ?? share.job.gpus);
  return (view.speedAt(share.job, next) - view.speedAt(share.job, sizeOf(share))) / least / stepGpus(share);
}
