import type { SchedulingPolicy } from '../policy.js';
import { greedyPreemptive } from './greedy-preemptive.js';

/** Shortest remaining time first by the true run time, preemptive, skipping what does not fit: an oracle to compare with. */
export const srtf: SchedulingPolicy = {
  name: 'srtf',
  reasonsIn: 'pool',
  claims: { workConserving: true },
  queueKey: (job) => job.remainingSeconds,
  decide: (view) =>
    greedyPreemptive(
      view,
      (job) => job.remainingSeconds,
      (job) => job.remainingIfPreemptedSeconds,
    ),
};
