import { builtInRecovery, type RecoveryPolicyFactory } from '@regatta/sim-core';
import { recoverableJob, recoveryInvariants } from '@regatta/sim-core/testing';
import { describe, expect, test } from 'vitest';
import oneReplicaLess from '../../examples/my-recovery-policy/one-replica-less.js';

describe('recoveryInvariants', () => {
  test.each(Object.entries(builtInRecovery))('%s keeps them', (_, factory) => {
    recoveryInvariants(factory);
    const job = recoverableJob();
    recoveryInvariants(factory, { ...job, parallel: { ...job.parallel, zero: 1 } });
  });

  test('examples/my-recovery-policy keeps them', () => recoveryInvariants(oneReplicaLess));

  const wait: RecoveryPolicyFactory = ({ nodes, states }) => ({
    configuration: (missing) => (missing.length === 0 ? 0 : -1),
    nodesInUse: () => nodes,
    speed: (_, ailments) => states.asItIs(ailments),
  });
  test.each<[string, RecoveryPolicyFactory, RegExp]>([
    [
      'not a whole number',
      (job) => ({ ...wait(job), configuration: (missing) => missing.length / 2 }),
      /must be a whole number/,
    ],
    ['not 0 in health', (job) => ({ ...wait(job), configuration: () => 3 }), /must be 0/],
    [
      'nodes that are not there',
      (job) => ({ ...wait(job), configuration: (m) => m.length, nodesInUse: (c) => (c === 0 ? 8 : 7) }),
      /uses 7 nodes, \d are there/,
    ],
    [
      'more nodes than there are',
      (job) => ({ ...wait(job), nodesInUse: () => 9 }),
      /must be a whole number from 1 to 8/,
    ],
    [
      'the order matters',
      (job) => ({ ...wait(job), configuration: (m) => m[0] ?? 0, nodesInUse: () => 8 }),
      /the order of .* matters|uses/,
    ],
    [
      'faster than healthy',
      (job) => ({ ...wait(job), configuration: (m) => Math.min(1, m.length), speed: (c) => 1 + c }),
      /faster than the healthy one/,
    ],
    [
      'gains by a slow node',
      (job) => ({ ...wait(job), speed: (_, ailments) => 1 + ailments.length }),
      /gains by a slow node/,
    ],
    ['no speed', (job) => ({ ...wait(job), speed: () => Number.NaN }), /must be a number above 0/],
  ])('a policy is caught: %s', (_, factory, message) => {
    expect(() => recoveryInvariants(factory)).toThrow(message);
  });
});
