import type { ClusterView, Decision, JobView, SchedulingPolicy } from '../policy.js';
import { greedyPreemptive } from './greedy-preemptive.js';

/**
 * Discretised two-dimensional least attained service (Tiresias, NSDI 2019, section 3.3): a job sinks one queue at each
 * threshold of GPU-seconds that its attained service reaches, and never rises. Queue order within a level, preemptive, skipping.
 * @param thresholdsGpuSeconds Ascending (default 1 and 10 GPU-hours).
 */
export function las(thresholdsGpuSeconds: readonly number[] = [3600, 36_000]): SchedulingPolicy {
  const levelOf = (job: JobView): number => lasLevel(job.serviceGpuSeconds, thresholdsGpuSeconds);
  return {
    name: 'las',
    reasonsIn: 'pool',
    claims: { workConserving: true, scaleFree: false, lasThresholdsGpuSeconds: thresholdsGpuSeconds },
    queueKey: levelOf,
    decide(view) {
      const decisions = greedyPreemptive(view, levelOf);
      const wakeSeconds = nextCrossing(view, decisions, thresholdsGpuSeconds);
      if (Number.isFinite(wakeSeconds)) decisions.push({ kind: 'wake', atSeconds: wakeSeconds });
      return decisions;
    },
  };
}

/** Number of thresholds that the service has reached, to within rounding. */
export function lasLevel(serviceGpuSeconds: number, thresholds: readonly number[]): number {
  let level = 0;
  for (const threshold of thresholds) if (serviceGpuSeconds >= threshold - 1e-9 * Math.max(1, threshold)) level++;
  return level;
}

/** First instant at which a job that runs after these decisions reaches its next threshold. */
function nextCrossing(view: ClusterView, decisions: readonly Decision[], thresholds: readonly number[]): number {
  let first = Number.POSITIVE_INFINITY;
  const consider = (job: JobView, gpus: number): void => {
    const service = job.serviceGpuSeconds;
    const threshold = thresholds[lasLevel(service, thresholds)];
    if (threshold === undefined) return;
    const crossing = view.timeSeconds + job.overheadLeftSeconds + (threshold - service) / gpus;
    if (crossing > view.timeSeconds) first = Math.min(first, crossing);
  };
  const preempted = new Set(decisions.flatMap((decision) => (decision.kind === 'preempt' ? [decision.job] : [])));
  for (const job of view.running) if (!preempted.has(job.id)) consider(job, job.heldGpus);
  for (const decision of decisions) {
    const job = decision.kind === 'start' ? view.job(decision.job) : undefined;
    if (job !== undefined) consider(job, job.gpus);
  }
  return first;
}
