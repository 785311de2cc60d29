import {
  type CheckpointScheme,
  JobNodes,
  type PhaseInterval,
  type RunEvent,
  type RunNodes,
  runJob,
  synchronousScheme,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { failure } from '../support/job-under-failures.js';
import { networkedJob } from '../support/networked-job.js';
import { PlainJobNodes } from '../support/plain-job-nodes.js';

const nicsPerNode = 3;
const anyEvent = fc.record({
  // Whole numbers, and few: much falls together.
  time: fc.integer({ min: 0, max: 300 }),
  mode: fc.constantFrom('stop' as const, 'slow' as const, 'slow' as const, 'planned' as const),
  firstNode: fc.nat(6),
  nodeCount: fc.constantFrom(0, 1, 1, 1, 2),
  detectSeconds: fc.constantFrom(0, 7, 40, 100),
  repairSeconds: fc.constantFrom(0, 5, 100, Number.POSITIVE_INFINITY),
  slowFactor: fc.constantFrom(1, 1.5),
  nics: fc.constantFrom([], [0], [1], [2], [0, 1], [1, 2], [0, 1, 2]),
  capacityFactor: fc.constantFrom(1, 0.5, 0, 0, 0),
  transient: fc.boolean(),
  ownNodeOnly: fc.boolean(),
});
const inMemory: CheckpointScheme = {
  intervalSeconds: 10,
  stallSeconds: 0,
  tiers: [
    { persistSeconds: 1, everySeconds: 0, restoreSeconds: 1, replicas: 2 },
    { persistSeconds: 5, everySeconds: 50, restoreSeconds: 20, replicas: 0 },
  ],
};

const seen = { interruptions: 0, found: 0, wentOn: 0 };
/** Counts how standstills end. */
class CountedNodes extends JobNodes {
  override reconnect(time: number): void {
    seen.wentOn++;
    super.reconnect(time);
  }

  override takeAway(event: RunEvent, found: number): void {
    if (this.standstill) seen.found++;
    super.takeAway(event, found);
  }
}

test('are what two plain lists say: the same books and phases, whatever piles up', () => {
  const policies = ['restart', 'shrink', 'replan', 'reroute'].flatMap((name) =>
    ([0, 1] as const).map((zero) => networkedJob(name, nicsPerNode, { zero })),
  );
  const scheme = fc.constantFrom(synchronousScheme(30, 2, 3), inMemory);
  fc.assert(
    fc.property(
      fc.array(anyEvent, { maxLength: 30 }),
      fc.constantFrom(...policies),
      scheme,
      fc.nat(4),
      (events, policy, checkpoint, spares) => {
        const all = events.sort((a, b) => a.time - b.time).map((event) => ({ ...failure, ...event }));
        const of = (nodes: RunNodes) => {
          const phases: PhaseInterval[] = [];
          const plan = { solveSeconds: 200, checkpoint, restartSeconds: 5, stepSeconds: 1, horizonSeconds: 100 };
          return { books: runJob(plan, nodes, all, 1000, (phase) => phases.push(phase)), phases };
        };
        const { books, phases } = of(new CountedNodes(policy, spares, nicsPerNode));
        expect({ books, phases }).toEqual(of(new PlainJobNodes(policy, spares, nicsPerNode)));
        seen.interruptions += books.interruptions;
      },
    ),
    { numRuns: 3000 },
  );
  expect(seen.interruptions).toBeGreaterThan(1000);
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
});
