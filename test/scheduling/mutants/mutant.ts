import type { SchedulingPolicy } from '@regatta/sim-core';
import type { InvariantId } from '@regatta/sim-core/testing';

/** A policy that is broken on purpose, and the invariant that must say so. */
export interface Mutant {
  readonly expected: InvariantId;
  readonly why: string;
  readonly policy: SchedulingPolicy;
}
