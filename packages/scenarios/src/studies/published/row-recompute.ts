import { type Cluster, type Job, type RecomputeModule, stepMemory } from '@regatta/sim-core';

const withOptions = (job: Job, options: Partial<Job['options']>, recompute = job.recompute): Job => ({
  ...job,
  recompute,
  options: { ...job.options, ...options },
});

/** Modules in the order in which Megatron-Bridge's recipes (scripts/performance/configs) take them as memory gets short. */
const shortOfMemory: readonly RecomputeModule[] = ['moe_act', 'layernorm', 'mlp', 'shared_experts'];

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
 * The job as Megatron-Bridge's recipes run it where a row does not publish its recomputation. Models with MLA compute the up
 * projections again and keep 16-bit moments, in every DeepSeek recipe; beyond that as little as its memory needs, in the order of
 * what it costs: segments that grow in place, modules one after the other for experts, activations in host memory for FSDP, else whole
 * layers. A job that nothing of this makes fit stays as it is.
 */
export function withLeastRecompute(asked: Job, cluster: Cluster, assumed: string[]): Job {
  if (asked.recompute !== 'none') return asked;
  const fits = (candidate: Job): boolean => stepMemory(candidate, cluster).fits;
  const said = 'least that fits';
  const base: readonly RecomputeModule[] = asked.model.mla ? ['mla_up_proj'] : [];
  let job = asked;
  if (base.length > 0) {
    assumed.push("recomputation: mla_up_proj, moments in 16 bit (its recipes')");
    job = withOptions(job, { recomputeModules: base, momentBytes: 2 }, 'selective');
  }
  if (fits(job)) return job;
  const grown = withOptions(job, { expandableSegments: true });
  if (fits(grown)) {
    assumed.push(`expandable segments (${said})`);
    return grown;
  }
  for (let n = 1; job.model.experts && n <= shortOfMemory.length; n++) {
    const recomputeModules = [...base, ...shortOfMemory.slice(0, n)];
    const candidate = withOptions(grown, { recomputeModules }, 'selective');
    if (!fits(candidate)) continue;
    assumed.push(`expandable segments; recomputation: ${recomputeModules.join(', ')} (${said})`);
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
  const recomputed = (n: number): Job => withOptions(grown, { recomputeLayers: n }, 'full');
  const n = leastCount(perStage, (count) => fits(recomputed(count)));
  if (n === undefined) return job;
  assumed.push(`expandable segments; recomputation: full of ${n} layers of a chunk (${said})`);
  return recomputed(n);
}
