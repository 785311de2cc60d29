import fc from 'fast-check';
import type { RunTerms } from '../scheduling/run-terms.js';

/** What starting, stopping and saving may cost. */
export function arbitraryTerms(): fc.Arbitrary<Partial<RunTerms>> {
  return fc.record(
    {
      restartSeconds: fc.integer({ min: 0, max: 4 }),
      resizeSeconds: fc.integer({ min: 0, max: 2 }),
      checkpointIntervalSeconds: fc.integer({ min: 1, max: 8 }),
      checkpointWriteSeconds: fc.integer({ min: 0, max: 1 }),
      preemption: fc.constantFrom('lossless' as const, 'lastCheckpoint' as const),
      minimumRunSeconds: fc.constantFrom(0, 0, 3),
      overrun: fc.constantFrom('extend' as const, 'kill' as const),
    },
    { requiredKeys: [] },
  );
}
