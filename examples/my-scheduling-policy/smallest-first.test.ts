/** The whole test of a policy: one line. Run with vitest. */
import { schedulerInvariants } from '@regatta/sim-core/testing';
import { test } from 'vitest';
import smallestFirst from './smallest-first.js';

test('smallest-first keeps every invariant of cluster scheduling', () => schedulerInvariants(smallestFirst));
