import type { GpuInventory } from './gpu-inventory.js';
import type { JobState } from './job-state.js';
import type { PlacementPolicy } from './placement-policy.js';

export interface FoundPlacement {
  /** undefined in the pool model. */
  readonly gpuIds: readonly number[] | undefined;
  /** The scope was a wish that could not be met. */
  readonly spilled: boolean;
}

/** GPUs for a job under the placement policy and the job's scope; undefined when they cannot be had now. */
export function findPlacement(
  placement: PlacementPolicy,
  inventory: GpuInventory,
  job: JobState,
  gpus: number,
): FoundPlacement | undefined {
  if (gpus > inventory.freeGpus) return undefined;
  if (inventory.cluster.model === 'pool') return { gpuIds: undefined, spilled: false };
  const { within = 'any', spill = false } = job.spec;
  const request = { job: job.id, gpus, within, stretch: job.stretches };
  const shares = placement.place(request, inventory);
  if (shares !== undefined) return { gpuIds: inventory.gpusOf(shares), spilled: false };
  if (!spill || within === 'any') return undefined;
  const spilled = placement.place({ ...request, within: 'any' }, inventory);
  return spilled === undefined ? undefined : { gpuIds: inventory.gpusOf(spilled), spilled: true };
}
