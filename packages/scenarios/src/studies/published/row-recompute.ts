import { type Cluster, type Job, type RecomputeModule, stepMemory } from '@regatta/sim-core';

const withOptions = (job: Job, options: Partial<Job['options']>, recompute = job.recompute): Job => ({
  ...job,
  recompute,
  options: { ...job.options, ...options },
});

/** Modules in the order in which Megatron-Bridge's recipes (scripts/performance/configs) take them as memory gets short. */
const modulesOf = (job: Job): RecomputeModule[] =>
  job.model.experts
    ? [...(job.model.mla ? (['mlaUpProjection'] as const) : []), 'moeActivation', 'layerNorm', 'mlp', 'sharedExperts']
    : [];

/** The least n in 1..most with which the job fits, if any; more of it never takes more memory. */
function leastCount(most: number, fits: (n: number) => boolean): number | undefined {
  if (!fits(most)) return undefined;
  let low = 0;
  let high = most;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * The job with the least recomputation with which it fits its devices, as its software's recipes choose it where they do not
 * publish it: modules one after the other for experts, activations in host memory for FSDP (as few layers as can be), else whole layers. A job
 * that nothing of this makes fit stays as it is.
 */
export function withLeastRecompute(job: Job, cluster: Cluster, assumed: string[]): Job {
  const fits = (candidate: Job): boolean => stepMemory(candidate, cluster).fits;
  if (job.recompute !== 'none' || fits(job)) return job;
  const said = 'least that fits';
  const modules = modulesOf(job);
  for (let n = 1; n <= modules.length; n++) {
    const recomputeModules = modules.slice(0, n);
    const candidate = withOptions(job, { recomputeModules }, 'selective');
    if (!fits(candidate)) continue;
    assumed.push(`recomputation: ${recomputeModules.join(', ')} (${said})`);
    return candidate;
  }
  const perRank = Math.ceil(job.model.layers / job.parallel.pipeline);
  if (job.parallel.zero === 3) {
    const offloaded = (n: number): Job => withOptions(job, { offloadActivationLayers: n });
    const n = leastCount(perRank, (count) => fits(offloaded(count)));
    if (n === undefined) return job;
    assumed.push(`activations of ${n} layers in host memory (${said})`);
    return offloaded(n);
  }
  const perStage = Math.ceil(perRank / job.parallel.virtualStages);
  const recomputed = (n: number): Job => withOptions(job, { recomputeLayers: n }, 'full');
  const n = leastCount(perStage, (count) => fits(recomputed(count)));
  if (n === undefined) return job;
  assumed.push(`recomputation: full of ${n} layers of a chunk (${said})`);
  return recomputed(n);
}
