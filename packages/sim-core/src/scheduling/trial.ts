import { findPlacement } from './find-placement.js';
import type { GpuInventory } from './gpu-inventory.js';
import type { JobState } from './job-state.js';
import type { PlacementPolicy } from './placement-policy.js';
import type { AllocationTrial, JobView } from './policy.js';

interface Step {
  readonly job: JobState;
  readonly gpus: number;
  readonly release: boolean;
  /** GPUs taken on the copy. */
  gpuIds?: readonly number[] | undefined;
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
  readonly #taken = new Map<number, Step>();
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
    const step: Step = { job, gpus, release: false };
    if (this.#isScoped(job)) this.#materialise();
    if (this.#copy !== undefined) {
      if (!this.#apply(this.#copy, step)) return false;
      this.freeGpus = this.#copy.freeGpus;
    } else {
      if (this.#context.scoped) this.#steps.push(step);
      this.freeGpus -= gpus;
    }
    this.#taken.set(job.rank, step);
    return true;
  }

  release(view: JobView): void {
    const job = this.#context.lookup(view);
    const taken = this.#taken.get(job.rank);
    if (taken !== undefined) {
      this.#taken.delete(job.rank);
      if (this.#copy !== undefined) this.#copy.book(taken.gpuIds, taken.gpus, -1);
      else this.#steps = this.#steps.filter((step) => step !== taken);
      this.freeGpus = this.#copy?.freeGpus ?? this.freeGpus + taken.gpus;
      return;
    }
    const step: Step = { job, gpus: job.heldGpus, release: true };
    if (this.#copy === undefined) {
      if (this.#context.scoped) this.#steps.push(step);
      this.freeGpus += this.#openGpus(job);
    } else {
      this.#apply(this.#copy, step);
      this.freeGpus = this.#copy.freeGpus;
    }
  }

  fork(): Trial {
    const fork = new Trial(this.#context);
    fork.freeGpus = this.freeGpus;
    fork.#steps = this.#steps.slice();
    for (const [rank, step] of this.#taken) fork.#taken.set(rank, step);
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

  #apply(copy: GpuInventory, step: Step): boolean {
    if (step.release) {
      copy.book(step.job.gpuIds, step.gpus, -1);
      return true;
    }
    const found = findPlacement(this.#context.placement, copy, step.job, step.gpus);
    if (found === undefined) return false;
    step.gpuIds = found.gpuIds;
    copy.book(found.gpuIds, step.gpus, 1);
    return true;
  }
}
