import { findCounterexample } from '@regatta/sim-core/testing';
import { describe, expect, test } from 'vitest';
import { allocationMutants } from './mutants/allocation.js';
import { orderMutants } from './mutants/order.js';
import { shareMutants } from './mutants/shares.js';

const mutants = [...allocationMutants, ...orderMutants, ...shareMutants];

describe('the kit catches every broken policy by the right invariant within 1000 worlds', () => {
  test('there are at least twelve', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(12);
  });

  test.each(mutants.map((mutant) => [mutant.policy.name, mutant] as const))('%s', (_, { policy, expected }) => {
    const found = findCounterexample(policy, { runs: 1000 });
    const broken = found?.violations.map(({ invariant }) => invariant);
    expect(broken, found?.error?.message).toContain(expected);
    // Shrinking must leave something that fits on a screen.
    expect(found?.world.jobs.length).toBeLessThanOrEqual(8);
  });
});
