import { builtInPolicy, policyNames } from '@regatta/sim-core';
import { schedulerInvariants } from '@regatta/sim-core/testing';
import { describe, test } from 'vitest';

// The spec asks for 1000 worlds a policy; `npx vitest` with INVARIANT_RUNS=10000 searches longer.
const runs = Number(process.env.INVARIANT_RUNS ?? 1000);

describe('every built-in policy keeps every invariant that it claims', () => {
  test.each(policyNames)('%s', (name) => {
    const policy = builtInPolicy(name, { lasThresholdsGpuSeconds: [10, 50] });
    if (policy === undefined) throw new Error(`no policy ${name}`);
    schedulerInvariants(policy, { runs });
  });
});
