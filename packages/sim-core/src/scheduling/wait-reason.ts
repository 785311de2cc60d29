import type { ClusterRunInput } from './cluster-run.js';
import type { ClusterView, JobView } from './policy.js';

/** Why a job that stands in the queue after a pass was not started: the policy's words, or what the state says. */
export function waitReason(view: ClusterView, input: ClusterRunInput, job: JobView): string {
  const explained = input.policy.explain?.(view, job);
  if (explained !== undefined) return explained;
  if (job.gpus > view.capacityGpus) return `needs ${job.gpus} GPUs, ${view.capacityGpus} are in service`;
  if (job.gpus > view.freeGpus) return `needs ${job.gpus} GPUs, ${view.freeGpus} are free`;
  const { within = 'any', spill = false } = job.spec;
  if (within !== 'any' && !spill && !view.trial().take(job)) {
    return `needs ${job.gpus} GPUs within one ${within}, ${view.freeGpus} are free but not together`;
  }
  const head = view.queue.first();
  if (head !== undefined && head.id !== job.id) return `waits behind job ${head.id}, which needs ${head.gpus} GPUs`;
  return `held back by policy ${input.policy.name}`;
}
