import { findPlacement } from './find-placement.js';
import type { GpuInventory } from './gpu-inventory.js';
import type { JobState } from './job-state.js';
import type { PlacementPolicy } from './placement-policy.js';
import type { AllocationTrial, JobView } from './policy.js';

interface Step {
  readonly job: JobState;
  readonly gpus: number;
  /** Gives back what the run has the job hold, or what it took on this trial. */
  readonly kind: 'take' | 'release' | 'undo';
}

/** What a trial needs of the run. */
export interface TrialContext {
  readonly inventory: GpuInventory;
  readonly placement: PlacementPolicy;
  /** Whether any job of the run has a scope: without one, counting is exact. */
  readonly scoped: boolean;
  /** The job behind a view. */
  lookup(view: JobView): JobState;
}

/**
 * Counts while jobs may sit anywhere, since then every count that fits can be placed. The first job with a scope makes it
 * copy the inventory and replay the steps so far, so that it answers for the very GPUs that would be free.
 */
export class Trial implements AllocationTrial {
  freeGpus: number;
  readonly #context: TrialContext;
  #steps: Step[] = [];
  /** GPUs that jobs took on this trial, by rank: how many, and once there is a copy, which. */
  readonly #taken = new Map<number, { readonly gpus: number; readonly gpuIds: readonly number[] | undefined }>();
  #copy: GpuInventory | undefined;

  constructor(context: TrialContext) {
    this.#context = context;
    this.freeGpus = context.inventory.freeGpus;
  }

  fits(view: JobView, gpus = view.gpus): boolean {
    if (gpus > this.freeGpus) return false;
    const job = this.#context.lookup(view);
    if (!this.#isScoped(job)) return true;
    return findPlacement(this.#context.placement, this.#materialise(), job, gpus) !== undefined;
  }

  take(view: JobView, gpus = view.gpus): boolean {
    if (gpus > this.freeGpus) return false;
    const job = this.#context.lookup(view);
    if (this.#isScoped(job)) this.#materialise();
    if (this.#copy !== undefined) return this.#apply(this.#copy, { job, gpus, kind: 'take' });
    if (this.#context.scoped) this.#steps.push({ job, gpus, kind: 'take' });
    this.#taken.set(job.rank, { gpus, gpuIds: undefined });
    this.freeGpus -= gpus;
    return true;
  }

  release(view: JobView): void {
    const job = this.#context.lookup(view);
    const taken = this.#taken.get(job.rank);
    const kind = taken === undefined ? 'release' : 'undo';
    const gpus = taken?.gpus ?? job.heldGpus;
    if (this.#copy !== undefined) {
      this.#apply(this.#copy, { job, gpus, kind });
      return;
    }
    if (this.#context.scoped) this.#steps.push({ job, gpus, kind });
    this.freeGpus += taken === undefined ? this.#openGpus(job) : gpus;
    this.#taken.delete(job.rank);
  }

  fork(): Trial {
    const fork = new Trial(this.#context);
    fork.freeGpus = this.freeGpus;
    fork.#steps = this.#steps.slice();
    for (const [rank, taken] of this.#taken) fork.#taken.set(rank, taken);
    fork.#copy = this.#copy?.clone();
    return fork;
  }

  /** What of the job's GPUs is on nodes that take jobs: a draining node's come back to nobody. */
  #openGpus(job: JobState): number {
    const { inventory } = this.#context;
    if (job.gpuIds === undefined || inventory.closedNodes === 0) return job.heldGpus;
    return job.gpuIds.filter((gpu) => inventory.takesJobs(inventory.nodeOfGpu(gpu))).length;
  }

  /** Whether the job cannot go just anywhere. */
  #isScoped(job: JobState): boolean {
    const { within = 'any', spill = false } = job.spec;
    return this.#context.scoped && within !== 'any' && !spill;
  }

  #materialise(): GpuInventory {
    if (this.#copy !== undefined) return this.#copy;
    const copy = this.#context.inventory.clone();
    for (const step of this.#steps) this.#apply(copy, step);
    this.#copy = copy;
    return copy;
  }

  #apply(copy: GpuInventory, { job, gpus, kind }: Step): boolean {
    if (kind === 'take') {
      const found = findPlacement(this.#context.placement, copy, job, gpus);
      if (found === undefined) return false;
      copy.book(found.gpuIds, gpus, 1);
      this.#taken.set(job.rank, { gpus, gpuIds: found.gpuIds });
    } else if (kind === 'undo') {
      copy.book(this.#taken.get(job.rank)?.gpuIds, gpus, -1);
      this.#taken.delete(job.rank);
    } else copy.book(job.gpuIds, gpus, -1);
    this.freeGpus = copy.freeGpus;
    return true;
  }
}
