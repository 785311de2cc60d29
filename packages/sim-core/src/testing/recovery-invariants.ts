import fc from 'fast-check';
import { noAilments } from '../reliability/ailment.js';
import { checkedRecovery } from '../reliability/checked-recovery.js';
import { synchronousScheme } from '../reliability/checkpoint-tiers.js';
import { JobNodes } from '../reliability/job-nodes.js';
import type { RecoverableJob, RecoveryPolicyFactory } from '../reliability/recovery-policy.js';
import { runJob } from '../reliability/run-job.js';
import type { RunEvent } from '../reliability/run-plan.js';
import { recoverableJob } from './recoverable-job.js';

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Throws what a property throws for the smallest counterexample, and which that is. */
function assertHolds<Ts extends unknown[]>(property: fc.IPropertyWithHooks<Ts>): void {
  const { failed, errorInstance, counterexample } = fc.check(property);
  if (!failed) return;
  const message = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  throw new Error(`${message}; counterexample ${fc.stringify(counterexample)}`, { cause: errorInstance });
}

/**
 * Property-tests a recovery policy; one line in any test runner: `test('my policy', () => recoveryInvariants(myPolicy))`. Healthy is
 * configuration 0 at speed 1 on all nodes; the same nodes missing give the same configuration, in whatever order they left; a configuration
 * runs on nodes that are there (or on all of them, with gaps), no faster than the healthy one, and no faster with a node that ails; the
 * books of whole runs balance.
 * @throws Error with the smallest counterexample.
 */
export function recoveryInvariants(factory: RecoveryPolicyFactory, job: RecoverableJob = recoverableJob()): void {
  const policy = checkedRecovery('under test', factory, job);
  demand(
    policy.nodesInUse(0) === job.nodes,
    `the healthy configuration uses ${policy.nodesInUse(0)} of ${job.nodes} nodes`,
  );
  demand(Math.abs(policy.speed(0, noAilments) - 1) < 1e-9, `the healthy speed is ${policy.speed(0, noAilments)}`);
  const node = fc.nat(job.nodes - 1);
  assertHolds(
    fc.property(fc.uniqueArray(node), node, (missing, ailing) => {
      const configuration = policy.configuration(missing);
      const sorted = [...missing].sort((a, b) => a - b);
      demand(policy.configuration(sorted) === configuration, `the order of ${missing.join(', ')} matters`);
      if (configuration < 0) return;
      const used = policy.nodesInUse(configuration);
      const there = job.nodes - missing.length;
      demand(
        used <= there || used === job.nodes,
        `configuration ${configuration} uses ${used} nodes, ${there} are there`,
      );
      const speed = policy.speed(configuration, noAilments);
      demand(speed <= 1 + 1e-9, `configuration ${configuration} is faster than the healthy one: ${speed}`);
      const slow = { firstNode: ailing, nodeCount: 1, slowFactor: 2, nics: [], capacityFactor: 1 };
      demand(
        policy.speed(configuration, [slow]) <= speed + 1e-9,
        `configuration ${configuration} gains by a slow node`,
      );
    }),
  );
  const event = fc.record({ time: fc.nat(500), firstNode: node, repairSeconds: fc.constantFrom(0, 20, 400) });
  assertHolds(
    fc.property(fc.array(event, { maxLength: 20 }), fc.nat(2), (failures, spares) => {
      const events = failures.sort((a, b) => a.time - b.time).map((failure): RunEvent => ({ ...ordinary, ...failure }));
      // Throws when the books don't balance.
      const books = runJob(plan, new JobNodes(policy, spares), events, 1000);
      demand(books.work <= books.useful + 1e-9, `work of ${books.work} in ${books.useful} s`);
    }),
  );
}

const ordinary: RunEvent = {
  time: 0,
  name: 'node',
  mode: 'stop',
  firstNode: 0,
  nodeCount: 1,
  detectSeconds: 1,
  repairSeconds: 0,
  slowFactor: 1,
  nics: [],
  capacityFactor: 1,
  transient: false,
  ownNodeOnly: false,
};

const plan = {
  solveSeconds: Number.POSITIVE_INFINITY,
  checkpoint: synchronousScheme(30, 2, 1),
  restartSeconds: 5,
  stepSeconds: 1,
  horizonSeconds: 100,
};
