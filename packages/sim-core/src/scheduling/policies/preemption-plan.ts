import type { AllocationTrial, ClusterView, Decision, JobView } from '../policy.js';

interface Step {
  readonly job: JobView;
  /** Set for a preemption: the job that it makes room for. */
  readonly beneficiary?: JobView;
}

/**
 * What a preempting pass decides, step by step: whom to stop and for whom, whom to start (a stopped job may start elsewhere).
 * The order is kept, since under a placement rule what fits depends on it.
 */
export class PreemptionPlan {
  readonly #steps: Step[] = [];

  preempt(job: JobView, beneficiary: JobView): void {
    this.#steps.push({ job, beneficiary });
  }

  start(job: JobView): void {
    this.#steps.push({ job });
  }

  /** The decisions, without preemptions that turned out needless: all the other steps go through without them. */
  decisions(view: ClusterView): Decision[] {
    let steps: readonly Step[] = this.#steps;
    for (const { job, beneficiary } of this.#steps) {
      if (beneficiary === undefined) continue;
      const without = steps.filter((step) => step.job !== job);
      if (goesThrough(without, view.trial())) steps = without;
    }
    return steps.map(({ job, beneficiary }) =>
      beneficiary === undefined
        ? { kind: 'start', job: job.id }
        : { kind: 'preempt', job: job.id, for: beneficiary.id },
    );
  }
}

function goesThrough(steps: readonly Step[], trial: AllocationTrial): boolean {
  return steps.every(({ job, beneficiary }) => {
    if (beneficiary === undefined) return trial.take(job);
    trial.release(job);
    return true;
  });
}
