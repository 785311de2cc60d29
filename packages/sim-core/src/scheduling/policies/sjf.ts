import type { SchedulingPolicy } from '../policy.js';
import { startUntilBlocked } from './fifo.js';

/** Shortest job first by the user's estimate, not preemptive; the shortest blocks when it does not fit. */
export const sjf: SchedulingPolicy = {
  name: 'sjf',
  reasonsIn: 'nodes',
  queueKey: (job) => job.spec.estimateSeconds,
  decide: startUntilBlocked,
};
