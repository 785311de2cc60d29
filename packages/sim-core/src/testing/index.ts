export {
  type CheckedRun,
  checkedRun,
  type Invariant,
  type InvariantId,
  observedRun,
  type Violation,
} from '../scheduling/invariants/invariant.js';
export { checkRun, invariants, singleRunInvariants, violationsOf } from '../scheduling/invariants/registry.js';
export * from './counterexample.js';
export * from './jobs.js';
export * from './node-events.js';
export * from './recoverable-job.js';
export * from './recovery-invariants.js';
export * from './scheduler-invariants.js';
export * from './tenants.js';
export * from './terms.js';
export * from './timeline.js';
export * from './world.js';
