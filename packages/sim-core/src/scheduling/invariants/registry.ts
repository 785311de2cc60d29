import type { ClusterRunInput } from '../cluster-run.js';
import { type CheckedRun, checkedRun, type Invariant, type Violation } from './invariant.js';
import { capacity } from './s01-capacity.js';
import { exclusiveGpus } from './s02-exclusive-gpus.js';
import { gangWhole } from './s03-gang.js';
import { jobConservation } from './s04-conservation.js';
import { workDone } from './s05-work-done.js';
import { monotonicTime } from './s06-monotonic-time.js';
import { gpuSeconds } from './s07-gpu-seconds.js';
import { preemptionTerms } from './s08-preemption.js';
import { failedNodes } from './s09-failed-nodes.js';
import { fifoOrder } from './s10-fifo-order.js';
import { workConservation } from './s11-work-conservation.js';
import { easyHead } from './s12-easy-head.js';
import { conservativePrefix } from './s13-conservative.js';
import { quotaKept } from './s14-quota.js';
import { cellSafety } from './s15-cell-safety.js';
import { determinism } from './s16-determinism.js';
import { elasticResize } from './s17-elastic-resize.js';
import { noStarvation } from './s18-no-starvation.js';
import { bounds } from './s19-bounds.js';
import { scopeKept } from './s20-placement.js';
import { idempotentPass } from './s21-idempotent-pass.js';
import { scale } from './s22-scale.js';
import { attainedService } from './s23-attained-service.js';

/** All invariants of spec/scheduling.md A, in the order in which a breach is most telling. */
export const invariants: readonly Invariant[] = [
  capacity,
  exclusiveGpus,
  gangWhole,
  jobConservation,
  workDone,
  monotonicTime,
  preemptionTerms,
  failedNodes,
  gpuSeconds,
  fifoOrder,
  easyHead,
  conservativePrefix,
  quotaKept,
  cellSafety,
  scopeKept,
  elasticResize,
  attainedService,
  workConservation,
  bounds,
  noStarvation,
  determinism,
  idempotentPass,
  scale,
];

/** Invariants whose check is one walk over the log, without another run: what can watch runs of any size. */
export const singleRunInvariants: readonly Invariant[] = [
  capacity,
  exclusiveGpus,
  gangWhole,
  jobConservation,
  workDone,
  monotonicTime,
  preemptionTerms,
  failedNodes,
  gpuSeconds,
];

/** Breaches of a run: the first of each invariant that applies to it. */
export function violationsOf(run: CheckedRun, checks: readonly Invariant[] = invariants): Violation[] {
  return checks.flatMap((invariant) => (invariant.applies(run) ? invariant.check(run).slice(0, 1) : []));
}

/** Runs the input and returns the first breach of each invariant that applies. */
export function checkRun(input: ClusterRunInput, checks: readonly Invariant[] = invariants): Violation[] {
  return violationsOf(checkedRun(input), checks);
}
